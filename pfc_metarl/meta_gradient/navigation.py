"""A point in the plane that is to find a goal it cannot see: the first reinforcement-learning world of MAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.task import TimeStep

Length = Annotated[float, Field(gt=0.0, le=100.0)]


@dataclass(frozen=True)
class NavigationState:
    """Where the point is, and where it should be."""

    position: Float[Tensor, "subject episode 2"]
    goal: Float[Tensor, "subject episode 2"]
    step: int


class Navigation(Configuration):
    """Two-dimensional navigation: an episode begins at the origin, and its problem is the goal.

    Written like a task, pure and batched, but for its actions: a velocity along x and y, in units
    of the greatest one, beyond which it is clipped. The position is all that is seen. Every step
    costs the distance from the goal, and the episode ends at the goal.

    References
    ----------
    Finn et al. (2017), section 5.3, "2D navigation". The text says squared distance, the released code
    takes the distance itself, and only the distance fits the published returns: a point that stays at the
    origin loses 38 a hundred steps, and 17 if squared.
    """

    steps: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Steps after which an episode ends, wherever the point is."""

    reach: Length = 0.5
    """Goals are uniform in a square that extends so far to either side of the origin."""

    speed: Length = 0.1
    """Greatest velocity along each axis, per step."""

    arrival: Length = 0.01
    """An episode ends where the point is closer than this to the goal along both axes."""

    @property
    def features(self) -> int:
        return 2

    @property
    def start_draws(self) -> int:
        return 2

    @property
    def step_draws(self) -> int:
        return 0

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[NavigationState, TimeStep]:
        """Begin an episode with the goal that the uniform numbers name."""
        state = NavigationState(torch.zeros_like(uniform), self.reach * (2 * uniform - 1), 0)
        nothing = torch.zeros_like(uniform[..., 0])
        # Whoever begins at the goal has not arrived yet: every episode has a step.
        return state, TimeStep(state.position, nothing, nothing.bool())

    def step(
        self,
        state: NavigationState,
        action: Float[Tensor, "subject episode 2"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[NavigationState, TimeStep]:
        """Move every point; nothing is left to chance."""
        del uniform
        moved = NavigationState(state.position + self.speed * action.clamp(-1, 1), state.goal, state.step + 1)
        away = moved.goal - moved.position
        ended = (away.abs() < self.arrival).all(dim=-1) | (moved.step >= self.steps)
        return moved, TimeStep(moved.position, -away.norm(dim=-1), ended)

"""Restless bandits: two arms whose probabilities walk at random, slowly or fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_normal
from pfc_metarl.tasks.walk_filter import WalkFilter, favours_first

StepSize = Annotated[float, Field(gt=0.0, le=1.0)]


class RestlessBanditConfiguration(Configuration):
    """Two arms that pay with p and 1-p, where p walks at random."""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Choices per episode; one network step each. Example: --trials 50"""

    volatility: Literal["either", "low", "high"] = "either"
    """Size of the walk's steps: low or high, or either, drawn for each episode. Example: --volatility high"""

    low_step: StepSize = 0.02
    """Standard deviation of a step in episodes of low volatility. Example: --low-step 0.01"""

    high_step: StepSize = 0.2
    """Standard deviation of a step in episodes of high volatility. Example: --high-step 0.1"""


@dataclass(frozen=True)
class RestlessBanditState:
    """What is in force before the next choice.

    Attributes
    ----------
    probability : that the first arm pays; the second pays with 1 minus it.
    volatile : whether this is an episode of high volatility.
    trial : choices made in this episode.
    """

    probability: Float[Tensor, "subject episode"]
    volatile: Bool[Tensor, "subject episode"]
    trial: int


class RestlessBandit(Task[RestlessBanditState]):
    """Restless bandits of Wang et al. (2016), section 3.1.4.

    The first arm's probability begins anywhere between 0 and 1 and takes a Gaussian step after each
    choice, reflected at 0 and 1; the second arm pays with 1 minus it. Nothing tells whether steps
    are small or large, and there is nothing to see.
    """

    configuration_type = RestlessBanditConfiguration
    configuration: RestlessBanditConfiguration

    def __init__(self, configuration: RestlessBanditConfiguration | None = None) -> None:
        super().__init__(configuration or RestlessBanditConfiguration())
        self.actions = 2
        self.features = 0
        self.steps = self.configuration.trials
        self.start_draws = 2
        self.step_draws = 2

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[RestlessBanditState, TimeStep]:
        share = {"low": 0.0, "high": 1.0}.get(self.configuration.volatility, 0.5)
        state = RestlessBanditState(uniform[..., 0], uniform[..., 1] < share, trial=0)
        return state, self._show(state, torch.zeros_like(state.probability))

    def step(
        self,
        state: RestlessBanditState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[RestlessBanditState, TimeStep]:
        paid = uniform[..., 0] < self.expected_reward(state).gather(-1, action[..., None])[..., 0]
        size = torch.where(state.volatile, self.configuration.high_step, self.configuration.low_step)
        moved = state.probability + size * draw_normal(uniform[..., 1])
        following = RestlessBanditState(reflected(moved), state.volatile, state.trial + 1)
        return following, self._show(following, paid.to(uniform.dtype))

    def truth(self, state: RestlessBanditState) -> Mapping[str, Truth]:
        """Reveal both arms' probabilities, the better arm, and whether the walk is fast."""
        return {
            "arm_probability": Truth(self.expected_reward(state), ("arm",)),
            "better_arm": Truth((state.probability < 0.5).long()),
            "volatile": Truth(state.volatile),
        }

    def expected_reward(self, state: RestlessBanditState) -> Float[Tensor, "subject episode action"]:
        return torch.stack([state.probability, 1 - state.probability], dim=-1)

    def belief(
        self,
        action: Int[Tensor, "subject episode step"],
        reward: Float[Tensor, "subject episode step"],
    ) -> Mapping[str, Truth]:
        """The first arm's probability, and that of high volatility, by an exact filter that knows the task."""
        filter_, steps = self._filter, action.shape[2]
        belief = filter_.prior(*action.shape[:2])
        first, volatile = torch.empty(2, steps, *action.shape[:2]).unbind()
        square = torch.empty_like(first)
        favours = favours_first(action, reward).cpu()
        for step in range(steps):
            where = filter_.where(belief)
            first[step], square[step] = where @ filter_.position, where @ filter_.position**2
            volatile[step] = filter_.size(belief)[..., -1]
            belief = filter_.following(belief, favours[:, :, step])
        found = {
            "believed_probability": first,
            "believed_probability_uncertainty": (square - first**2).clamp(min=0).sqrt(),
            "believed_volatile": volatile,
            "believed_volatile_uncertainty": (volatile * (1 - volatile)).clamp(min=0).sqrt(),
        }
        return {name: Truth(values.movedim(0, -1).to(reward.device)) for name, values in found.items()}

    @cached_property
    def _filter(self) -> WalkFilter:
        return WalkFilter(step_sizes(self.configuration))

    def _show(self, state: RestlessBanditState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool)
        return TimeStep(reward.new_empty(*reward.shape, 0), reward, ended)


def step_sizes(configuration: RestlessBanditConfiguration) -> tuple[float, float]:
    """Sizes of step that an observer reckons with: both, since none is told which one it is."""
    return configuration.low_step, configuration.high_step


def reflected(moved: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Fold a free walk between mirrors at 0 and 1, like a paper strip."""
    folded = moved.remainder(2)
    return torch.minimum(folded, 2 - folded)

"""Random Markov decision processes, met again and again within an episode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.planning import optimal_action_values
from pfc_metarl.tasks.task import SMALLEST, Task, TimeStep, Truth, draw_normal, one_hot

# Prior of the mean rewards, whose standard deviation is that of a single reward too.
PRIOR_MEAN, REWARD_DEVIATION = 1.0, 1.0


class TabularMDPConfiguration(Configuration):
    """Random tabular world: a trial is a fixed number of steps from the first state, an episode many trials."""

    states: Annotated[int, Field(ge=2, le=1000)] = 10
    """Number of states. Example: --states 5"""

    actions: Annotated[int, Field(ge=2, le=1000)] = 5
    """Number of actions. Example: --actions 3"""

    horizon: Annotated[int, Field(ge=1, le=1000)] = 10
    """Steps of a trial, an "episode" of Duan et al.; each begins in the first state. Example: --horizon 5"""

    trials: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Trials in the same world, a "trial" of Duan et al. with n episodes. Example: --trials 25"""


@dataclass(frozen=True)
class TabularWorld:
    """One world per episode, drawn at its start and fixed within it."""

    mean_reward: Float[Tensor, "subject episode state action"]
    transition: Float[Tensor, "subject episode state action following"]
    horizon: int

    @cached_property
    def optimal_action_values(self) -> Float[Tensor, "subject episode stage state action"]:
        """Expected reward of the rest of a trial, for one who knows this world."""
        return optimal_action_values(self.mean_reward, self.transition, self.horizon)


@dataclass(frozen=True)
class TabularMDPState:
    """The world, the state that the subject is in, and the steps taken in this episode."""

    world: TabularWorld
    place: Int[Tensor, "subject episode"]
    step: int


class TabularMDP(Task[TabularMDPState]):
    """Tabular worlds of Duan et al. (2016), section 3.2.

    Every episode has a world of its own: an action's mean reward in a state is drawn from a normal distribution with
    mean 1 and deviation 1, its transitions from a flat Dirichlet distribution. A reward is normal around its mean,
    with deviation 1. An episode consists of trials of ``horizon`` steps that all begin in the first state; the
    network's state crosses the trials of an episode and starts afresh at the next episode. What Duan et al. call an
    episode is a trial here, and what they call a trial is an episode.

    The observation is the state, one-hot, and whether the last action ended a trial.
    """

    configuration_type = TabularMDPConfiguration
    configuration: TabularMDPConfiguration

    def __init__(self, configuration: TabularMDPConfiguration | None = None) -> None:
        super().__init__(configuration or TabularMDPConfiguration())
        states, actions = self.configuration.states, self.configuration.actions
        self.phases = tuple(range(self.configuration.horizon))
        self.actions = actions
        self.features = states + 1
        self.steps = self.configuration.trials * self.configuration.horizon
        self.start_draws = states * actions * (states + 1)
        self.step_draws = 2

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[TabularMDPState, TimeStep]:
        states, actions = self.configuration.states, self.configuration.actions
        reward, transition = uniform.split((states * actions, states * actions * states), dim=-1)
        # Exponential numbers divided by their sum are a draw from a flat Dirichlet distribution.
        weight = -torch.log1p(-transition.clamp(min=SMALLEST)).unflatten(-1, (states, actions, states))
        world = TabularWorld(
            mean_reward=PRIOR_MEAN + draw_normal(reward).unflatten(-1, (states, actions)),
            transition=weight / weight.sum(dim=-1, keepdim=True),
            horizon=self.configuration.horizon,
        )
        place = torch.zeros_like(uniform[..., 0], dtype=torch.int64)
        state = TabularMDPState(world, place, step=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: TabularMDPState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[TabularMDPState, TimeStep]:
        chosen = action[..., None]
        mean = _in_place(state.world.mean_reward, state.place).gather(-1, chosen)[..., 0]
        following = _in_place(state.world.transition, state.place)
        following = following.gather(2, chosen[..., None].expand(-1, -1, -1, following.shape[-1]))[:, :, 0]
        # Rounding can leave the last cumulative just below 1; it is not compared.
        place = (uniform[..., :1] >= following.cumsum(dim=-1)[..., :-1]).sum(dim=-1)
        state = replace(state, place=place, step=state.step + 1)
        if self._phase(state) == 0:
            state = replace(state, place=torch.zeros_like(place))
        return state, self._show(state, mean + REWARD_DEVIATION * draw_normal(uniform[..., 1]))

    def truth(self, state: TabularMDPState) -> Mapping[str, Truth]:
        """Reveal the state, and of each action in it the mean reward and the optimal value.

        ``optimal_value`` is the expected reward from now to the end of the trial if this action is taken and the
        best ones follow. What an action gives up of it adds up to a trial's regret.
        """
        phase = self._phase(state)
        return {
            "phase": Truth(torch.full_like(state.place, phase)),
            "place": Truth(state.place),
            "mean_reward": Truth(_in_place(state.world.mean_reward, state.place), ("action",)),
            "optimal_value": Truth(_in_place(state.world.optimal_action_values[:, :, phase], state.place), ("action",)),
        }

    def _phase(self, state: TabularMDPState) -> int:
        return state.step % self.configuration.horizon

    def _show(self, state: TabularMDPState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        place = one_hot(state.place, self.configuration.states, reward.dtype)
        returned = torch.full_like(place[..., :1], state.step > 0 and self._phase(state) == 0)
        ended = torch.full_like(reward, state.step >= self.steps, dtype=torch.bool)
        return TimeStep(torch.cat([place, returned], dim=-1), reward, ended)


def _in_place(
    table: Float[Tensor, "subject episode state *rest"], place: Int[Tensor, "subject episode"]
) -> Float[Tensor, "subject episode *rest"]:
    """Take from a table over all states the part of the state that each subject is in."""
    index = place.reshape(*place.shape, *(1 for _ in table.shape[2:]))
    return table.gather(2, index.expand(-1, -1, 1, *table.shape[3:]))[:, :, 0]

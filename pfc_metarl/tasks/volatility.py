"""Two arms whose probabilities hold still for a while and change often for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Trials = Annotated[int, Field(ge=1, le=100_000)]
Schedule = Literal["training", "test", "stable-first", "volatile-first"]


class VolatilityConfiguration(Configuration):
    """Two arms that pay with r and 1-r, in stable and volatile blocks."""

    trials: Trials = 200
    """Choices per episode; one network step each. Example: --trials 100"""

    schedule: Schedule = "training"
    """How blocks follow each other: training draws their length and the times of swaps; stable-first and
    volatile-first are the test sessions, of one block of either kind; test is one of the two at random.
    Example: --schedule test"""

    stable_probability: Probability = 0.75
    """Payoff of the better arm in stable blocks; the other arm pays 1 minus it."""

    volatile_probability: Probability = 0.8
    """Payoff of the better arm in volatile blocks; the other arm pays 1 minus it."""

    hazard: Probability = 1 / 25
    """Probability, after each training trial of a volatile block, that the arms swap. Example: --hazard 0.05"""

    shortest_block: Trials = 50
    """Trials of the shortest training block; lengths are uniform up to the longest."""

    longest_block: Trials = 150
    """Trials of the longest training block."""

    test_block: Trials = 100
    """Trials of the first block of a test session; the second block takes the rest."""

    swap_every: Trials = 25
    """Trials between swaps in the volatile block of a test session."""

    @model_validator(mode="after")
    def _agree(self) -> VolatilityConfiguration:
        if self.shortest_block > self.longest_block:
            raise ValueError(
                f"shortest_block is {self.shortest_block} and longest_block {self.longest_block}: "
                "the shortest cannot be longer"
            )
        return self


@dataclass(frozen=True)
class VolatilityState:
    """What is in force before the next choice.

    Attributes
    ----------
    better : the arm that pays more.
    volatile : whether this block is volatile.
    remaining : trials of this block still to come.
    block : how many blocks came before in this episode.
    trial : choices made in this episode.
    """

    better: Int[Tensor, "subject episode"]
    volatile: Bool[Tensor, "subject episode"]
    remaining: Int[Tensor, "subject episode"]
    block: Int[Tensor, "subject episode"]
    trial: int


class Volatility(Task[VolatilityState]):
    """Volatility task of Wang et al. (2018), Simulation 2, after Behrens et al. (2007).

    One step is one choice between two arms that pay 1 with probabilities r and 1-r; there is
    no fixation, and nothing to see. In stable blocks the better arm stays; in volatile blocks
    the arms swap again and again.

    The law of the paper's training episodes is not published. Here stable and volatile blocks
    take turns, beginning with either; their length is uniform and goes on past the episode's
    end; each block draws its better arm anew; in volatile blocks the arms swap with a fixed
    hazard. A test session has two blocks; in the volatile one the arms swap at fixed times.
    Its swaps lie inside the volatile block: from one block to the next the better arm stays.
    """

    configuration_type = VolatilityConfiguration
    configuration: VolatilityConfiguration

    def __init__(self, configuration: VolatilityConfiguration | None = None) -> None:
        super().__init__(configuration or VolatilityConfiguration())
        self.actions = 2
        self.features = 0
        self.steps = self.configuration.trials
        self.start_draws = 3
        self.step_draws = 3

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[VolatilityState, TimeStep]:
        better = (uniform[..., 0] < 0.5).long()
        schedule = self.configuration.schedule
        volatile = uniform[..., 1] < {"stable-first": 0.0, "volatile-first": 1.0}.get(schedule, 0.5)
        length = torch.full_like(better, self.configuration.test_block)
        if schedule == "training":
            length = self._length(uniform[..., 2])
        state = VolatilityState(better, volatile, length, torch.zeros_like(better), trial=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: VolatilityState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[VolatilityState, TimeStep]:
        paid = uniform[..., 0] < self._payoff(state).gather(-1, action[..., None])[..., 0]
        if self.configuration.schedule == "training":
            following = self._next_drawn(state, uniform[..., 1], uniform[..., 2])
        else:
            following = self._next_fixed(state)
        return following, self._show(following, paid.to(uniform.dtype))

    def truth(self, state: VolatilityState) -> Mapping[str, Truth]:
        """Reveal both arms' probabilities, the better arm, and the kind and count of the block."""
        return {
            "reward_probability": Truth(self._payoff(state), ("arm",)),
            "better_arm": Truth(state.better),
            "volatile": Truth(state.volatile),
            "block": Truth(state.block),
        }

    def expected_reward(self, state: VolatilityState) -> Float[Tensor, "subject episode action"]:
        return self._payoff(state)

    def _payoff(self, state: VolatilityState) -> Float[Tensor, "subject episode arm"]:
        """Probability that each arm pays."""
        arm = torch.arange(2, device=state.better.device)
        high = torch.where(
            state.volatile, self.configuration.volatile_probability, self.configuration.stable_probability
        )[..., None]
        return torch.where(arm == state.better[..., None], high, 1 - high)

    def _length(self, uniform: Float[Tensor, "subject episode"]) -> Int[Tensor, "subject episode"]:
        """Draw the length of a training block, uniform over whole numbers, both ends included."""
        shortest, longest = self.configuration.shortest_block, self.configuration.longest_block
        return shortest + draw_below(uniform, longest + 1 - shortest)

    def _next_drawn(
        self, state: VolatilityState, swap: Float[Tensor, "subject episode"], length: Float[Tensor, "subject episode"]
    ) -> VolatilityState:
        """Go to the next training trial; the draw that may swap the arms also draws a new block's better arm."""
        over = state.remaining == 1
        probability = torch.where(over, 0.5, self.configuration.hazard * state.volatile)
        return VolatilityState(
            better=torch.where(swap < probability, 1 - state.better, state.better),
            volatile=state.volatile ^ over,
            remaining=torch.where(over, self._length(length), state.remaining - 1),
            block=state.block + over,
            trial=state.trial + 1,
        )

    def _next_fixed(self, state: VolatilityState) -> VolatilityState:
        """Go to the next trial of a test session."""
        trial, first = state.trial + 1, self.configuration.test_block
        within = trial if trial < first else trial - first
        swap = state.volatile & (within > 0) & (within % self.configuration.swap_every == 0)
        return VolatilityState(
            better=torch.where(swap, 1 - state.better, state.better),
            volatile=state.volatile ^ (trial == first),
            remaining=state.remaining - 1 if trial != first else torch.full_like(state.remaining, self.steps - first),
            block=state.block + (trial == first),
            trial=trial,
        )

    def _show(self, state: VolatilityState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool)
        return TimeStep(reward.new_empty(*reward.shape, 0), reward, ended)

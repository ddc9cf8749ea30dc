"""Baited foraging: an option left alone becomes likelier to pay, so that no option is best for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.tasks.fixation import CENTRE, FixationConfiguration, abandoned_after, is_allowed, show_cue
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below

FIXATION, STIMULUS = 0, 1

# Base rates of the two arms sum to this.
TOTAL = 0.5

# Base rates of the left arm that training leaves out, each from the first number up to below the second.
HELD_OUT = ((0.1, 0.2), (0.3, 0.4))

# Points of the grid on which an ideal observer weighs base rates, equally likely beforehand; as many in
# each of the three stretches that training keeps.
GRID = 120


class ForagingConfiguration(FixationConfiguration):
    """Baited foraging: each arm pays with its base rate, and the more surely the longer it was left alone."""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Trials per episode, or the most of them. Example: --trials 50"""

    minimum_trials: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Fewest trials per episode; each episode draws its number evenly from here to trials.
    None: every episode has all trials. Example: --minimum-trials 50"""

    base_rates: Literal["all", "training"] = "all"
    """Where the left arm's base rate comes from: all of [0, .5], or all but the held-out
    [.1, .2) and [.3, .4); the right arm has .5 minus it. Example: --base-rates training"""

    @model_validator(mode="after")
    def _agree(self) -> ForagingConfiguration:
        if self.minimum_trials is not None and self.minimum_trials > self.trials:
            raise ValueError(
                f"minimum_trials is {self.minimum_trials} and trials {self.trials}; give no more than trials"
            )
        return self


@dataclass(frozen=True)
class ForagingState:
    """What is in force before the next action.

    Attributes
    ----------
    base_rate : probability that an arm pays if it was chosen in the trial before.
    trials_since_chosen : trials in which an arm was left alone since it was last chosen.
    trials : of this episode.
    abandoned : whether an invalid response has ended this trial.
    step : steps taken in this episode.
    """

    base_rate: Float[Tensor, "subject episode arm"]
    trials_since_chosen: Int[Tensor, "subject episode arm"]
    trials: Int[Tensor, "subject episode"]
    abandoned: Bool[Tensor, "subject episode"]
    step: int


class Foraging(Task[ForagingState]):
    r"""Baited foraging of Wang et al. (2018), Simulation 1, after Tsutsui et al. (2016).

    A trial has two steps, and its cue is all that is seen. *Fixation* wants the central
    action, *stimulus* wants left or right. The chosen arm pays 1 or 0, with probability

    .. math:: p(a) = 1 - (1 - p_0(a))^{n(a) + 1}

    where :math:`p_0` is the arm's base rate, fixed for an episode, and :math:`n` counts the
    trials since it was last chosen; at the first trial it is 0.

    Any other response earns ``invalid_reward`` and the trial goes on; a trial without a
    choice leaves both arms alone. Whether the paper's trials go on or end is not stated;
    ``invalid_ends_trial`` ends them. An ended episode pays nothing more.

    The observation is one-hot over fixation (if there is any) and stimulus.
    """

    configuration_type = ForagingConfiguration
    configuration: ForagingConfiguration

    def __init__(self, configuration: ForagingConfiguration | None = None) -> None:
        super().__init__(configuration or ForagingConfiguration())
        self.phases = (FIXATION, STIMULUS) if self.configuration.fixation else (STIMULUS,)
        self.actions = 3
        self.features = len(self.phases)
        self.steps = self.configuration.trials * len(self.phases)
        self.start_draws = 1 if self.configuration.minimum_trials is None else 2
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[ForagingState, TimeStep]:
        left = self._base_rate(uniform[..., 0])
        base_rate = torch.stack([left, TOTAL - left], dim=-1)
        state = ForagingState(
            base_rate=base_rate,
            trials_since_chosen=torch.zeros_like(base_rate, dtype=torch.int64),
            trials=self._trials(uniform),
            abandoned=torch.zeros_like(left, dtype=torch.bool),
            step=0,
        )
        return state, self._show(state, torch.zeros_like(left))

    def step(
        self,
        state: ForagingState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[ForagingState, TimeStep]:
        expected = self.expected_reward(state).gather(-1, action[..., None])[..., 0]
        allowed = is_allowed(self._allowed(state), action)
        # What an allowed response expects is the probability of 1; what any other expects, it earns.
        paid = (uniform[..., 0] < expected).to(expected.dtype)
        reward = torch.where(allowed, paid, expected)
        reward = reward.masked_fill(self._ended(state), 0.0)
        following = self._after(state, action)
        return following, self._show(following, reward)

    def truth(self, state: ForagingState) -> Mapping[str, Truth]:
        """Reveal what is hidden, and what a table of trials is made from.

        ``arm_probability`` is what each arm would pay now, baits included. ``held_out`` tells
        episodes whose base rates training leaves out. ``allowed`` tells the responses that
        this step wants.
        """
        left = state.base_rate[..., 0]
        within = [(left >= low) & (left < high) for low, high in HELD_OUT]
        return {
            "phase": Truth(torch.full_like(state.trials, self._phase(state))),
            "base_rate": Truth(state.base_rate, ("arm",)),
            "arm_probability": Truth(self._probability(state), ("arm",)),
            "trials_since_chosen": Truth(state.trials_since_chosen, ("arm",)),
            "held_out": Truth(torch.stack(within).any(dim=0)),
            "allowed": Truth(self._allowed(state), ("action",)),
        }

    def belief(
        self, action: Int[Tensor, "subject episode step"], reward: Float[Tensor, "subject episode step"]
    ) -> Mapping[str, Truth]:
        """Posterior mean and standard deviation of the left arm's base rate, on a grid over its prior.

        After an episode has ended it means nothing.
        """
        left = self._base_rate((torch.arange(GRID, device=reward.device) + 0.5).to(reward.dtype) / GRID)
        rates = torch.stack([left, TOTAL - left])
        weight = torch.full((*reward.shape[:2], GRID), 1 / GRID, device=reward.device)
        nothing = torch.zeros_like(action[..., 0])
        alone = torch.stack([nothing, nothing], dim=-1)
        state = ForagingState(weight[..., :2], alone, nothing, nothing.bool(), step=0)
        means, squares = [], []
        for step in range(action.shape[-1]):
            means.append(weight @ left)
            squares.append(weight @ left**2)
            weight = self._learned(weight, rates, state, action[..., step], reward[..., step] > 0)
            state = self._after(state, action[..., step])
        mean = torch.stack(means, dim=-1)
        deviation = (torch.stack(squares, dim=-1) - mean**2).clamp(min=0).sqrt()
        return {"believed_left_rate": Truth(mean), "believed_left_rate_uncertainty": Truth(deviation)}

    def expected_reward(self, state: ForagingState) -> Float[Tensor, "subject episode action"]:
        """Mean reward of each action at this step; what it does to the baits is not counted."""
        payoff = torch.cat([self._probability(state), torch.zeros_like(state.base_rate[..., :1])], dim=-1)
        payoff = payoff.masked_fill(state.abandoned[..., None], 0.0)
        return torch.where(self._allowed(state), payoff, self.configuration.invalid_reward)

    def _base_rate(self, uniform: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Draw the left arm's base rate."""
        if self.configuration.base_rates == "all":
            return uniform * TOTAL
        rate = uniform * (TOTAL - sum(high - low for low, high in HELD_OUT))
        for low, high in HELD_OUT:
            rate = torch.where(rate >= low, rate + (high - low), rate)
        return rate

    def _trials(self, uniform: Float[Tensor, "subject episode draw"]) -> Int[Tensor, "subject episode"]:
        """Draw how many trials each episode has."""
        most, fewest = self.configuration.trials, self.configuration.minimum_trials
        if fewest is None:
            return torch.full_like(uniform[..., 0], most, dtype=torch.int64)
        return fewest + draw_below(uniform[..., 1], most - fewest + 1)

    def _after(self, state: ForagingState, action: Int[Tensor, "subject episode"]) -> ForagingState:
        """What a response does to the baits and to the trial."""
        alone, choosing = state.trials_since_chosen, self._phase(state) == STIMULUS
        if choosing:
            arm = torch.arange(2, device=action.device)
            chosen = (action[..., None] == arm) & ~state.abandoned[..., None]
            alone = torch.where(chosen, 0, alone + 1)
        allowed = is_allowed(self._allowed(state), action)
        abandoned = abandoned_after(self.configuration, state.abandoned, allowed, last=choosing)
        return replace(state, trials_since_chosen=alone, abandoned=abandoned, step=state.step + 1)

    def _learned(
        self,
        weight: Float[Tensor, "subject episode point"],
        rates: Float[Tensor, "arm point"],
        state: ForagingState,
        action: Int[Tensor, "subject episode"],
        paid: Bool[Tensor, "subject episode"],
    ) -> Float[Tensor, "subject episode point"]:
        """Bayes' rule on what one response earned; where no arm was chosen, nothing is learned."""
        if self._phase(state) != STIMULUS:
            return weight
        arm = action.clamp(max=1)
        alone = state.trials_since_chosen.gather(-1, arm[..., None])
        none = (1 - rates[arm]) ** (alone + 1)
        learned = weight * torch.where(paid[..., None], 1 - none, none)
        answered = (action != CENTRE) & ~state.abandoned
        return torch.where(answered[..., None], learned / learned.sum(-1, keepdim=True), weight)

    def _phase(self, state: ForagingState) -> int:
        return self.phases[state.step % len(self.phases)]

    def _ended(self, state: ForagingState) -> Bool[Tensor, "subject episode"]:
        return state.step >= state.trials * len(self.phases)

    def _probability(self, state: ForagingState) -> Float[Tensor, "subject episode arm"]:
        """Probability that each arm pays if it is chosen now."""
        return 1 - (1 - state.base_rate) ** (state.trials_since_chosen + 1)

    def _allowed(self, state: ForagingState) -> Bool[Tensor, "subject episode action"]:
        """Responses that this step wants; any, in an abandoned trial."""
        central = torch.arange(self.actions, device=state.trials.device) == CENTRE
        wanted = ~central if self._phase(state) == STIMULUS else central
        return wanted | state.abandoned[..., None]

    def _show(self, state: ForagingState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        # The stimulus is the last feature, with a fixation step or without.
        cue = 0 if self._phase(state) == FIXATION else self.features - 1
        place = torch.full_like(state.trials, cue)
        return TimeStep(show_cue(place, state.abandoned, self.features), reward, self._ended(state))

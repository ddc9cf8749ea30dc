"""Risky choice: a small reward for certain, or a large one with a probability that changes between blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.tasks.fixation import (
    CENTRE,
    LEFT,
    RIGHT,
    FixationConfiguration,
    Probability,
    abandoned_after,
    is_allowed,
    show_cue,
)
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below, uncertainty

FIXATION, CHOICE = 0, 1

# Cues of the choice step, after that of fixation.
BOTH_LEVERS, ONLY_LEFT = 0, 1

Reward = Annotated[float, Field(ge=0.0, le=1000.0)]


class RiskyChoiceConfiguration(FixationConfiguration):
    """Risky choice: one lever always pays a little, the other sometimes pays much."""

    blocks: Annotated[int, Field(ge=1, le=1000)] = 2
    """Blocks per episode; the large reward's probability is drawn anew for each. Example: --blocks 1"""

    forced_trials: Annotated[int, Field(ge=0, le=1000)] = 5
    """Trials per lever at the start of a block in which it is the only one. Example: --forced-trials 2"""

    free_trials: Annotated[int, Field(ge=1, le=1000)] = 20
    """Trials per block in which both levers are there. Example: --free-trials 30"""

    probabilities: Annotated[tuple[Probability, ...], Field(min_length=1)] = (0.5, 0.125)
    """Probabilities of the large reward, one of which holds in a block. Example: --probabilities 0.5"""

    large: Reward = 4.0
    """Pay of the risky lever when it pays. Example: --large 8"""

    small: Reward = 1.0
    """Pay of the certain lever. Example: --small 2"""


@dataclass(frozen=True)
class RiskyChoiceState:
    """What is in force before the next action.

    Attributes
    ----------
    risky_side : the risky lever, 0 left or 1 right; the same for a whole episode.
    probability : of the large reward, in each block.
    abandoned : whether an invalid response has ended this trial.
    step : steps taken in this episode.
    """

    risky_side: Int[Tensor, "subject episode"]
    probability: Float[Tensor, "subject episode block"]
    abandoned: Bool[Tensor, "subject episode"]
    step: int


class RiskyChoice(Task[RiskyChoiceState]):
    """Risky choice of Wang et al. (2018), Simulation 6, after Stopper et al. (2014).

    A trial has two steps. *Fixation* wants the central action. *Choice* shows the levers and
    wants left or right: one lever pays ``small`` for certain, the other ``large`` with the
    block's probability and otherwise nothing. A block begins with forced trials, which show one
    lever alone, left and right in turn. Any other response, a lever that is not there among them,
    earns ``invalid_reward``, and the trial goes on. Whether the paper's trials go on or end is not
    stated; ``invalid_ends_trial`` ends them.

    Neither the probability nor which lever is the risky one is shown; both can only be learned
    from what the levers pay. The side is drawn for each episode, the probability for each block
    by itself, so that one block tells nothing about the next.

    The observation is one-hot over fixation (if there is any), both levers, left alone, right alone.
    """

    configuration_type = RiskyChoiceConfiguration
    configuration: RiskyChoiceConfiguration

    def __init__(self, configuration: RiskyChoiceConfiguration | None = None) -> None:
        super().__init__(configuration or RiskyChoiceConfiguration())
        settings = self.configuration
        self.phases = (FIXATION, CHOICE) if settings.fixation else (CHOICE,)
        self.block_trials = 2 * settings.forced_trials + settings.free_trials
        self.actions = 3
        self.features = len(self.phases) + 2
        self.steps = settings.blocks * self.block_trials * len(self.phases)
        self.start_draws = 1 + settings.blocks
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[RiskyChoiceState, TimeStep]:
        probabilities = torch.stack([uniform.new_full((), each) for each in self.configuration.probabilities])
        which = draw_below(uniform[..., 1:], len(probabilities))
        risky_side = (uniform[..., 0] < 0.5).long()
        abandoned = torch.zeros_like(risky_side, dtype=torch.bool)
        state = RiskyChoiceState(risky_side, probabilities[which], abandoned, step=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: RiskyChoiceState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[RiskyChoiceState, TimeStep]:
        settings = self.configuration
        reward = torch.zeros_like(uniform[..., 0])
        choosing = self._phase(state) == CHOICE
        if choosing:
            won = uniform[..., 0] < self._probability(state)
            risky = torch.where(won, settings.large, 0.0)
            reward = torch.where(action == state.risky_side, risky, settings.small).to(uniform.dtype)
        allowed = is_allowed(self._allowed(state), action)
        reward = torch.where(allowed, reward, settings.invalid_reward).masked_fill(state.abandoned, 0.0)
        abandoned = abandoned_after(settings, state.abandoned, allowed, last=choosing)
        following = replace(state, abandoned=abandoned, step=state.step + 1)
        return following, self._show(following, reward)

    def truth(self, state: RiskyChoiceState) -> Mapping[str, Truth]:
        """Reveal what is hidden, and what a table of trials is made from.

        ``forced`` tells whether one lever is alone in this trial, ``allowed`` the responses that
        this step wants.
        """

        def everywhere(value: int | bool) -> Truth:
            return Truth(torch.full(state.risky_side.shape, value, device=state.risky_side.device))

        return {
            "phase": everywhere(self._phase(state)),
            "block": everywhere(self._block(state)),
            "forced": everywhere(self._forced_side(state) is not None),
            "risky_side": Truth(state.risky_side),
            "risky_probability": Truth(self._probability(state)),
            "allowed": Truth(self._allowed(state), ("action",)),
        }

    def belief(
        self, action: Int[Tensor, "subject episode step"], reward: Float[Tensor, "subject episode step"]
    ) -> Mapping[str, Truth]:
        """What the pay so far tells of the risky lever's side and of the large reward's probability in this block."""
        probabilities = reward.new_tensor(self.configuration.probabilities)
        weight = torch.full((*reward.shape[:2], 2, len(probabilities)), 0.5 / len(probabilities), device=reward.device)
        nothing = torch.zeros_like(action[..., 0])
        state = RiskyChoiceState(nothing, weight[..., 0, :1], nothing.bool(), step=0)
        beliefs: dict[str, list[Tensor]] = {}
        for step in range(action.shape[-1]):
            state = replace(state, step=step)
            if step % (self.block_trials * len(self.phases)) == 0:
                weight = weight.mean(-1, keepdim=True).expand_as(weight)
            right, values = weight[..., 1, :].sum(-1), weight.sum(-2)
            mean = values @ probabilities
            spread = (values @ probabilities**2 - mean**2).clamp(min=0).sqrt()
            named = {"believed_right_risky": (right, uncertainty(right)), "believed_risky_probability": (mean, spread)}
            for name, (expected, deviation) in named.items():
                beliefs.setdefault(name, []).append(expected)
                beliefs.setdefault(f"{name}_uncertainty", []).append(deviation)
            weight, state = self._learned(weight, state, action[..., step], reward[..., step])
        return {name: Truth(torch.stack(values, dim=-1)) for name, values in beliefs.items()}

    def expected_reward(self, state: RiskyChoiceState) -> Float[Tensor, "subject episode action"]:
        settings = self.configuration
        probability = self._probability(state)[..., None].expand(*state.risky_side.shape, self.actions)
        allowed = self._allowed(state)
        pay = torch.zeros_like(probability)
        if self._phase(state) == CHOICE:
            action = torch.arange(self.actions, device=probability.device)
            risky = action == state.risky_side[..., None]
            pay = torch.where(risky, settings.large * probability, settings.small)
        return torch.where(allowed, pay.masked_fill(state.abandoned[..., None], 0.0), settings.invalid_reward)

    def _learned(
        self,
        weight: Float[Tensor, "subject episode side probability"],
        state: RiskyChoiceState,
        action: Int[Tensor, "subject episode"],
        reward: Float[Tensor, "subject episode"],
    ) -> tuple[Float[Tensor, "subject episode side probability"], RiskyChoiceState]:
        """Bayes' rule on what one response earned; where no lever answered, nothing is learned."""
        settings, choosing = self.configuration, self._phase(state) == CHOICE
        allowed = is_allowed(self._allowed(state), action)
        if choosing:
            probability = reward.new_tensor(settings.probabilities)
            large, none, small = ((reward == value)[..., None, None] for value in (settings.large, 0.0, settings.small))
            risky = (action[..., None] == torch.arange(2, device=action.device))[..., None]
            likelihood = torch.where(risky, probability * large + (1 - probability) * none, small)
            answered = (allowed & ~state.abandoned)[..., None, None]
            learned = weight * likelihood
            possible = learned.sum((-2, -1), keepdim=True)
            weight = torch.where(answered & (possible > 0), learned / possible, weight)
        return weight, replace(state, abandoned=abandoned_after(settings, state.abandoned, allowed, last=choosing))

    def _phase(self, state: RiskyChoiceState) -> int:
        return self.phases[state.step % len(self.phases)]

    def _block(self, state: RiskyChoiceState) -> int:
        """The present block; after the last step still the last one."""
        return min(state.step // (self.block_trials * len(self.phases)), self.configuration.blocks - 1)

    def _probability(self, state: RiskyChoiceState) -> Float[Tensor, "subject episode"]:
        return state.probability[..., self._block(state)]

    def _forced_side(self, state: RiskyChoiceState) -> int | None:
        """The only lever of this trial, or None where both are there."""
        trial = state.step // len(self.phases) % self.block_trials
        if trial >= 2 * self.configuration.forced_trials:
            return None
        return LEFT if trial % 2 == 0 else RIGHT

    def _allowed(self, state: RiskyChoiceState) -> Bool[Tensor, "subject episode action"]:
        """Responses that this step wants; any, in an abandoned trial."""
        action = torch.arange(self.actions, device=state.risky_side.device)
        only = self._forced_side(state)
        if self._phase(state) == FIXATION:
            wanted = action == CENTRE
        elif only is None:
            wanted = action != CENTRE
        else:
            wanted = action == only
        return wanted | state.abandoned[..., None]

    def _show(self, state: RiskyChoiceState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        only = self._forced_side(state)
        levers = self.features - 3 + (BOTH_LEVERS if only is None else ONLY_LEFT + only)
        place = torch.full_like(state.risky_side, 0 if self._phase(state) == FIXATION else levers)
        ended = torch.full_like(reward, state.step >= self.steps, dtype=torch.bool)
        return TimeStep(show_cue(place, state.abandoned, self.features), reward, ended)

"""The two-step task: a choice leads, usually but not always, to one of two states that pay differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.tasks.fixation import CENTRE, FixationConfiguration, Probability, abandoned_after, is_allowed, show_cue
from pfc_metarl.tasks.task import Task, TimeStep, Truth, uncertainty

FIXATION, STAGE_1, STAGE_2 = 0, 1, 2

# Stands for a second-stage state where none is shown.
NOWHERE = -1


class TwoStepConfiguration(FixationConfiguration):
    """Two-step task: left leads to state A and right to state B, except for uncommon transitions."""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Trials per episode."""

    common: Probability = 0.8
    """Probability of the common transition: left to A, right to B."""

    reward_probability: Probability = 0.9
    """Probability that the good second-stage state pays 1; the other pays with 1 minus it."""

    switch_probability: Probability = 0.025
    """Probability, at the start of each trial, that good and bad second-stage state swap."""


@dataclass(frozen=True)
class TwoStepState:
    """What is in force before the next action.

    Attributes
    ----------
    good_state : the second-stage state that pays more, 0 for A and 1 for B.
    second_state : the second-stage state shown now; -1 where none is shown.
    common : whether the transition to it was common; false where none is shown.
    believed_b : an ideal observer's probability that B is the good state.
    abandoned : whether an invalid response has ended this trial.
    step : steps taken in this episode.
    """

    good_state: Int[Tensor, "subject episode"]
    second_state: Int[Tensor, "subject episode"]
    common: Bool[Tensor, "subject episode"]
    believed_b: Float[Tensor, "subject episode"]
    abandoned: Bool[Tensor, "subject episode"]
    step: int


class TwoStep(Task[TwoStepState]):
    """Two-step task of Wang et al. (2018), Simulation 4, after Miller, Botvinick & Brody (2017).

    A trial has three steps, and its cue is all that is seen. *Fixation* wants the central
    action. *Stage 1* wants left or right, which leads to second-stage state A or B. *Stage 2*
    shows that state and wants the central action again: the paper names a response but no
    choice there, and one wanted action keeps the state from being answered by habit of the
    hand. The outcome, 1 or 0, is the reward of the stage-2 step.

    Any other response earns ``invalid_reward`` and the trial goes on. At stage 1 it leads
    nowhere: stage 2 shows nothing, takes any response and earns 0. At stage 2 it forgoes the
    outcome. Whether the paper's trials go on or end is not stated; ``invalid_ends_trial`` ends them.

    The observation is one-hot over fixation (if there is any), stage-1 cue, state A, state B.
    """

    configuration_type = TwoStepConfiguration
    configuration: TwoStepConfiguration

    def __init__(self, configuration: TwoStepConfiguration | None = None) -> None:
        super().__init__(configuration or TwoStepConfiguration())
        self.phases = (FIXATION, STAGE_1, STAGE_2) if self.configuration.fixation else (STAGE_1, STAGE_2)
        self.actions = 3
        self.features = len(self.phases) + 1
        self.steps = self.configuration.trials * len(self.phases)
        self.start_draws = 1
        self.step_draws = 2

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[TwoStepState, TimeStep]:
        good = (uniform[..., 0] < 0.5).long()
        state = TwoStepState(
            good_state=good,
            second_state=torch.full_like(good, NOWHERE),
            common=torch.zeros_like(good, dtype=torch.bool),
            believed_b=torch.full_like(uniform[..., 0], 0.5),
            abandoned=torch.zeros_like(good, dtype=torch.bool),
            step=0,
        )
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: TwoStepState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[TwoStepState, TimeStep]:
        phase = self._phase(state)
        allowed = is_allowed(self._allowed(state), action)
        reward = torch.where(allowed, 0.0, self.configuration.invalid_reward).to(uniform.dtype)
        abandoned = abandoned_after(self.configuration, state.abandoned, allowed, last=phase == STAGE_2)
        following = replace(state, abandoned=abandoned, step=state.step + 1)
        if phase == STAGE_1:
            following = self._transit(following, action, uniform[..., 0])
        elif phase == STAGE_2:
            answered = allowed & (state.second_state != NOWHERE)
            paid = answered & (uniform[..., 0] < self._payoff(state.good_state, state.second_state))
            reward = torch.where(paid, 1.0, reward)
            following = self._next_trial(following, answered, paid, uniform[..., 1])
        return following, self._show(following, reward)

    def truth(self, state: TwoStepState) -> Mapping[str, Truth]:
        """Reveal what is hidden, and what a table of trials is made from.

        ``good_state`` is also the better stage-1 action where common transitions are likelier.
        ``believed_b`` is the exact posterior from everything shown, given the task's parameters,
        and ``believed_b_uncertainty`` its standard deviation.
        ``allowed`` tells the responses that this step wants.
        """
        both = torch.arange(2, device=state.good_state.device).expand(*state.good_state.shape, 2)
        return {
            "phase": Truth(torch.full_like(state.good_state, self._phase(state))),
            "good_state": Truth(state.good_state),
            "second_state": Truth(state.second_state),
            "common": Truth(state.common),
            "reward_probability": Truth(self._payoff(state.good_state[..., None].expand_as(both), both), ("state",)),
            "believed_b": Truth(state.believed_b),
            "believed_b_uncertainty": Truth(uncertainty(state.believed_b)),
            "allowed": Truth(self._allowed(state), ("action",)),
        }

    def _phase(self, state: TwoStepState) -> int:
        return self.phases[state.step % len(self.phases)]

    def _allowed(self, state: TwoStepState) -> Bool[Tensor, "subject episode action"]:
        """Responses that this step wants; any, where nothing is shown."""
        action = torch.arange(self.actions, device=state.good_state.device)
        phase = self._phase(state)
        allowed = action != CENTRE if phase == STAGE_1 else action == CENTRE
        nothing = state.abandoned | ((state.second_state == NOWHERE) & (phase == STAGE_2))
        return allowed | nothing[..., None]

    def _payoff(self, good: Int[Tensor, "*batch"], second: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Probability that a second-stage state pays, given which one is good."""
        high = self.configuration.reward_probability
        return torch.where(good == second, high, 1 - high)

    def _transit(
        self,
        state: TwoStepState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode"],
    ) -> TwoStepState:
        """Go from stage 1 to a second-stage state, or nowhere."""
        somewhere = (action != CENTRE) & ~state.abandoned
        common = uniform < self.configuration.common
        second = torch.where(common, action, 1 - action)
        return replace(state, second_state=torch.where(somewhere, second, NOWHERE), common=common & somewhere)

    def _next_trial(
        self,
        state: TwoStepState,
        answered: Bool[Tensor, "subject episode"],
        paid: Bool[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode"],
    ) -> TwoStepState:
        """Leave the second stage; perhaps good and bad swap."""
        hazard = self.configuration.switch_probability
        believed = self._posterior(state, answered, paid)
        return replace(
            state,
            good_state=torch.where(uniform < hazard, 1 - state.good_state, state.good_state),
            second_state=torch.full_like(state.second_state, NOWHERE),
            common=torch.zeros_like(state.common),
            believed_b=believed * (1 - hazard) + (1 - believed) * hazard,
        )

    def _posterior(
        self,
        state: TwoStepState,
        answered: Bool[Tensor, "subject episode"],
        paid: Bool[Tensor, "subject episode"],
    ) -> Float[Tensor, "subject episode"]:
        """Bayes' rule on one outcome; without an outcome nothing is learned."""

        def likelihood(good: int) -> Float[Tensor, "subject episode"]:
            payoff = self._payoff(torch.full_like(state.good_state, good), state.second_state)
            return torch.where(paid, payoff, 1 - payoff)

        b_good = state.believed_b * likelihood(1)
        a_good = (1 - state.believed_b) * likelihood(0)
        return torch.where(answered, b_good / (a_good + b_good), state.believed_b)

    def _show(self, state: TwoStepState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.step >= self.steps, dtype=torch.bool)
        phase = self._phase(state)
        cue = self.features - 3
        if phase == STAGE_2:
            place = torch.where(state.second_state == NOWHERE, self.features, cue + 1 + state.second_state)
        else:
            place = torch.full_like(state.second_state, cue if phase == STAGE_1 else 0)
        return TimeStep(show_cue(place, state.abandoned, self.features), reward, ended)

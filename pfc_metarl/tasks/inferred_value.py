"""Inferred value: one of two targets pays, the roles reverse, and one target's outcome tells about both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.tasks.fixation import CENTRE, FixationConfiguration, Probability, abandoned_after, is_allowed, show_cue
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below, uncertainty

FIXATION, STIMULUS, OUTCOME = 0, 1, 2


class InferredValueConfiguration(FixationConfiguration):
    """Inferred value: saccades to a target left or right, of which one side pays until the roles reverse."""

    trials: Annotated[int, Field(ge=1, le=10_000)] = 24
    """Trials per episode. Example: --trials 30"""

    earliest_reversal: Probability = 0.25
    """Share of the episode before which the roles never reverse. Example: --earliest-reversal 0"""

    latest_reversal: Probability = 0.75
    """Share of the episode by which the roles have reversed. Example: --latest-reversal 1"""

    outcome_step: bool = True
    """Show nothing for one step after the saccade, when its reward has arrived; any response will do there.
    Without it the reward arrives with the next fixation cue. Example: --no-outcome-step"""

    @model_validator(mode="after")
    def _agree(self) -> InferredValueConfiguration:
        if self.earliest_reversal > self.latest_reversal:
            raise ValueError(
                f"earliest_reversal is {self.earliest_reversal:g} and latest_reversal {self.latest_reversal:g}; "
                "the earliest cannot come after the latest"
            )
        return self


@dataclass(frozen=True)
class InferredValueState:
    """What is in force before the next action.

    Attributes
    ----------
    first_side : the side that pays until the reversal, 0 left and 1 right.
    reversal_trial : the first trial on which the other side pays, counted from 0.
    target : the side of this trial's target.
    possible : pairs of first side and reversal trial that agree with every outcome seen.
    abandoned : whether an invalid response has ended this trial.
    step : steps taken in this episode.
    """

    first_side: Int[Tensor, "subject episode"]
    reversal_trial: Int[Tensor, "subject episode"]
    target: Int[Tensor, "subject episode"]
    possible: Bool[Tensor, "subject episode side reversal"]
    abandoned: Bool[Tensor, "subject episode"]
    step: int


class InferredValue(Task[InferredValueState]):
    """Inferred value of Wang et al. (2018), Simulation 3, after Bromberg-Martin et al. (2010).

    A trial has three steps. *Fixation* wants the central action. *Stimulus* shows one target,
    left or right with equal chance, and wants a saccade to it; that earns 1 if this side pays
    and 0 if not. At *outcome* nothing is shown, and the reward has arrived. There is nothing to
    choose: what can be learned is which side pays. It changes once an episode, on a trial drawn
    uniformly from the window that the configuration gives.

    Any other response to fixation or stimulus earns ``invalid_reward`` and the trial goes on.
    Whether the paper's trials go on or end, and what follows its saccade, is not stated;
    ``invalid_ends_trial`` ends them.

    The observation is one-hot over fixation (if there is any), left target, right target.
    """

    configuration_type = InferredValueConfiguration
    configuration: InferredValueConfiguration

    def __init__(self, configuration: InferredValueConfiguration | None = None) -> None:
        super().__init__(configuration or InferredValueConfiguration())
        present = {FIXATION: self.configuration.fixation, STIMULUS: True, OUTCOME: self.configuration.outcome_step}
        self.phases = tuple(phase for phase, there in present.items() if there)
        self.reversals = self._reversals()
        self.actions = 3
        self.features = 3 if self.configuration.fixation else 2
        self.steps = self.configuration.trials * len(self.phases)
        self.start_draws = 3
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[InferredValueState, TimeStep]:
        reversal = self.reversals.start + draw_below(uniform[..., 1], len(self.reversals))
        state = InferredValueState(
            first_side=_side(uniform[..., 0]),
            reversal_trial=reversal,
            target=_side(uniform[..., 2]),
            possible=torch.ones(*reversal.shape, 2, len(self.reversals), dtype=torch.bool, device=reversal.device),
            abandoned=torch.zeros_like(reversal, dtype=torch.bool),
            step=0,
        )
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: InferredValueState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[InferredValueState, TimeStep]:
        reward = self.expected_reward(state).gather(-1, action[..., None])[..., 0]
        phase, allowed = self._phase(state), is_allowed(self._allowed(state), action)
        abandoned = abandoned_after(self.configuration, state.abandoned, allowed, last=phase == self.phases[-1])
        following = replace(state, abandoned=abandoned, step=state.step + 1)
        if phase == STIMULUS:
            answered = allowed & ~state.abandoned
            following = replace(following, possible=self._agreeing(state, answered))
        if self._trial(following) > self._trial(state):
            following = replace(following, target=_side(uniform[..., 0]))
        return following, self._show(following, reward)

    def truth(self, state: InferredValueState) -> Mapping[str, Truth]:
        """Reveal what is hidden, and what a table of trials is made from.

        ``rewarded_side`` is the latent state, 0 left and 1 right. ``believed_right`` is the exact
        posterior that right pays on this trial, from all outcomes before, and
        ``believed_right_uncertainty`` its standard deviation. ``target`` is also told where it is
        not shown, as at fixation. ``allowed`` tells the responses that this step wants.
        """
        believed = self._believed_right(state)
        return {
            "phase": Truth(torch.full_like(state.target, self._phase(state))),
            "target": Truth(state.target),
            "rewarded_side": Truth(self._rewarded_side(state)),
            "reversal_trial": Truth(state.reversal_trial),
            "believed_right": Truth(believed),
            "believed_right_uncertainty": Truth(uncertainty(believed)),
            "allowed": Truth(self._allowed(state), ("action",)),
        }

    def expected_reward(self, state: InferredValueState) -> Float[Tensor, "subject episode action"]:
        """What each action earns here; nothing about it is left to chance."""
        answerable = ~state.abandoned & (self._phase(state) == STIMULUS)
        paid = answerable & (state.target == self._rewarded_side(state))
        invalid = torch.full_like(paid, self.configuration.invalid_reward, dtype=torch.float32)
        return torch.where(self._allowed(state), paid[..., None].to(torch.float32), invalid[..., None])

    def _reversals(self) -> range:
        """Trials on which the roles may reverse; never the first, where nothing would be reversed."""
        trials = self.configuration.trials
        first = max(1, math.floor(self.configuration.earliest_reversal * trials))
        return range(first, max(first + 1, math.floor(self.configuration.latest_reversal * trials)))

    def _phase(self, state: InferredValueState) -> int:
        return self.phases[state.step % len(self.phases)]

    def _trial(self, state: InferredValueState) -> int:
        return state.step // len(self.phases)

    def _rewarded_side(self, state: InferredValueState) -> Int[Tensor, "subject episode"]:
        reversed_now = self._trial(state) >= state.reversal_trial
        return torch.where(reversed_now, 1 - state.first_side, state.first_side)

    def _allowed(self, state: InferredValueState) -> Bool[Tensor, "subject episode action"]:
        """Responses that this step wants; any, at the outcome and in an abandoned trial."""
        wanted = state.target if self._phase(state) == STIMULUS else torch.full_like(state.target, CENTRE)
        action = torch.arange(self.actions, device=wanted.device)
        anything = state.abandoned | (self._phase(state) == OUTCOME)
        return (action == wanted[..., None]) | anything[..., None]

    def _right_pays(self, state: InferredValueState) -> Bool[Tensor, "side reversal"]:
        """Whether right pays on this trial, under each first side and reversal trial."""
        device = state.target.device
        reversal = torch.arange(self.reversals.start, self.reversals.stop, device=device)
        side = torch.arange(2, device=device)
        return (side[:, None] == 1) ^ (self._trial(state) >= reversal)

    def _agreeing(
        self, state: InferredValueState, answered: Bool[Tensor, "subject episode"]
    ) -> Bool[Tensor, "subject episode side reversal"]:
        """Keep what agrees with the outcome of this trial; without an answer there is none."""
        right_pays = self._rewarded_side(state) == 1
        agrees = self._right_pays(state) == right_pays[..., None, None]
        return state.possible & (agrees | ~answered[..., None, None])

    def _believed_right(self, state: InferredValueState) -> Float[Tensor, "subject episode"]:
        """Posterior that right pays; all that is possible is equally likely."""
        right = (state.possible & self._right_pays(state)).sum((-2, -1))
        return right / state.possible.sum((-2, -1))

    def _show(self, state: InferredValueState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.step >= self.steps, dtype=torch.bool)
        phase = self._phase(state)
        # The targets are the last two cues.
        places = {FIXATION: torch.zeros_like(state.target), STIMULUS: self.features - 2 + state.target}
        place = places.get(phase, torch.full_like(state.target, self.features))
        return TimeStep(show_cue(place, state.abandoned, self.features), reward, ended)


def _side(uniform: Float[Tensor, "subject episode"]) -> Int[Tensor, "subject episode"]:
    """Left or right with equal chance."""
    return (uniform < 0.5).long()

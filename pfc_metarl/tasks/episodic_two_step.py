"""The two-step task with reminders: later trials show the context of an earlier one, whose outcome may come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.fixation import CENTRE, LEFT, Probability
from pfc_metarl.tasks.recurrence import barcodes, draw_different
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Remembering, Task, TimeStep, Truth, one_hot
from pfc_metarl.tasks.two_step import STAGE_1, STAGE_2, TwoStep, TwoStepConfiguration, TwoStepState

# Stands for what is remembered where no trial is called back.
NOTHING = -1


class EpisodicTwoStepConfiguration(Configuration):
    """Two-step task whose second half calls back the trials of the first, one by one."""

    trials: Annotated[int, Field(ge=4, le=1000, multiple_of=4)] = 100
    """Trials per episode: the first half without cues; the third quarter cues the trials of the first, and the last
    quarter those of the second. Example: --trials 200"""

    common: Probability = 0.9
    """Probability of the common transition: left to A, right to B. Example: --common 0.8"""

    reward_probability: Probability = 0.9
    """Probability that the good second-stage state pays 1; the other pays with 1 minus it.
    Example: --reward-probability 0.8"""

    switch_probability: Probability = 0.1
    """Probability, at the start of each trial, that good and bad second-stage state swap.
    Example: --switch-probability 0.025"""

    bits: Annotated[int, Field(ge=2, le=16)] = 10
    """Length of the barcode that is a trial's context; no two trials of an episode share one. Example: --bits 8"""

    @model_validator(mode="after")
    def _enough_barcodes(self) -> EpisodicTwoStepConfiguration:
        if self.trials > 2**self.bits:
            raise ValueError(
                f"{self.trials} trials need different barcodes, and {self.bits} bits make {2**self.bits}: "
                "give more bits"
            )
        return self


@dataclass(frozen=True)
class Outcomes:
    """What the trials of the first half brought; a trial that has not been reads as zeros."""

    action: Int[Tensor, "subject episode trial"]
    second_state: Int[Tensor, "subject episode trial"]
    reward: Float[Tensor, "subject episode trial"]


@dataclass(frozen=True)
class EpisodicTwoStepState:
    """What is in force before the next action.

    Attributes
    ----------
    present : the plain two-step task as it stands now.
    following : the same as it will stand when the next trial begins.
    code : barcode that each trial shows with a new outcome.
    cue : trial that each trial of the second half calls back.
    past : what those trials brought.
    returned : whether the outcome shown now is the one that was called back.
    """

    present: TwoStepState
    following: TwoStepState
    code: Int[Tensor, "subject episode trial"]
    cue: Int[Tensor, "subject episode cued_trial"]
    past: Outcomes
    returned: Bool[Tensor, "subject episode"]


class EpisodicTwoStep(Task[EpisodicTwoStepState]):
    """Episodic two-step task of Ritter, Wang, Kurth-Nelson & Botvinick (2018), after Vikbladh et al. (2017).

    A trial has two steps. *Stage 1* asks for left or right. *Stage 2* shows all that came of it: the second-stage
    state, the trial's context, which is a barcode, and the reward, which the subject receives with them; any
    response leads on to the next trial. So a state stored after stage 2, under the context shown there, can hold
    choice, second-stage state and reward.

    In the second half of an episode stage 1 shows the context of an earlier trial as its cue. Whoever then lands in
    the same second-stage state as in that trial meets its context and its reward again; elsewhere, and without a
    cue, the reward is drawn anew and the context is new. Rewards that come back say nothing about the states.

    The observation is the cue's bits and the context's bits, 1 and -1, or zeros where none is shown, followed by
    one-hot stage 1, state A, state B.
    """

    configuration_type = EpisodicTwoStepConfiguration
    configuration: EpisodicTwoStepConfiguration
    phases = (STAGE_1, STAGE_2)

    def __init__(self, configuration: EpisodicTwoStepConfiguration | None = None) -> None:
        super().__init__(configuration or EpisodicTwoStepConfiguration())
        settings = self.configuration
        shared = settings.model_dump(exclude={"bits"})
        self.plain = TwoStep(TwoStepConfiguration(**shared, fixation=False, invalid_reward=0.0))
        self.looks = barcodes(settings.bits)
        self.actions = 2
        self.features = 2 * settings.bits + 3
        self.steps = self.plain.steps
        self.uncued = settings.trials // 2
        self.remembering = Remembering(
            cue=range(settings.bits),
            context=range(settings.bits, 2 * settings.bits),
            storing=tuple(range(1, self.steps, 2)),
        )
        self.start_draws = self.plain.start_draws + 2 * settings.trials + self.uncued
        # The transition, the outcome, and whether the states swap.
        self.step_draws = 3

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[EpisodicTwoStepState, TimeStep]:
        settings, begun = self.configuration, self.plain.start_draws
        first, codes, order = uniform.tensor_split([begun, begun + 2 * settings.trials], dim=-1)
        present, _ = self.plain.start(first)
        nothing = torch.zeros_like(order, dtype=torch.int64)
        # Each quarter is called back in an order of its own.
        earlier, later = (half.argsort(-1) for half in order.chunk(2, dim=-1))
        state = EpisodicTwoStepState(
            present=present,
            following=present,
            code=draw_different(codes, len(self.looks)),
            cue=torch.cat([earlier, later + self.uncued // 2], dim=-1),
            past=Outcomes(nothing, nothing, torch.zeros_like(order)),
            returned=torch.zeros_like(present.abandoned),
        )
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: EpisodicTwoStepState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[EpisodicTwoStepState, TimeStep]:
        if self._phase(state) == STAGE_2:
            state = replace(state, present=state.following, returned=torch.zeros_like(state.returned))
            return state, self._show(state, torch.zeros_like(uniform[..., 0]))
        present, _ = self.plain.step(state.present, action, uniform[..., :2])
        remembered = self._remembered(state)
        returned = remembered["state"] == present.second_state
        # Where an outcome comes back the plain task must draw none, which it does not after a wrong response.
        response = torch.where(returned, LEFT, CENTRE)
        following, drawn = self.plain.step(present, response, uniform[..., 1:])
        reward = torch.where(returned, remembered["reward"].to(uniform.dtype), drawn.reward)
        past = self._kept(state, action, present.second_state, reward)
        state = replace(state, present=present, following=following, past=past, returned=returned)
        return state, self._show(state, reward)

    def truth(self, state: EpisodicTwoStepState) -> Mapping[str, Truth]:
        """Reveal what is hidden, and of the trial that is called back what was done, reached and earned in it.

        These ``remembered`` values are -1 where none is called back. ``returned`` tells, at stage 2, whether that
        outcome has come back. ``believed_b`` is an ideal observer's probability that B is the good state, from all
        outcomes that were drawn anew. ``common`` and ``second_state`` say nothing at stage 1.
        """
        plain = self.plain.truth(state.present)
        kept = ("good_state", "second_state", "common", "reward_probability", "believed_b", "believed_b_uncertainty")
        return {
            "phase": Truth(torch.full_like(state.present.good_state, self._phase(state))),
            **{name: plain[name] for name in kept},
            "cued": Truth(torch.full_like(state.returned, self._trial(state) >= self.uncued)),
            "returned": Truth(state.returned),
            **{f"remembered_{name}": Truth(values) for name, values in self._remembered(state).items()},
        }

    def expected_reward(self, state: EpisodicTwoStepState) -> Float[Tensor, "subject episode action"]:
        """Mean reward of each action at this step: of left and right at stage 1, nothing at stage 2."""
        pays = self.plain.truth(state.present)["reward_probability"].values
        if self._phase(state) == STAGE_2:
            return torch.zeros_like(pays)
        remembered = self._remembered(state)
        here = remembered["state"][..., None] == torch.arange(2, device=pays.device)
        pays = torch.where(here, remembered["reward"][..., None].to(pays.dtype), pays)
        return self.configuration.common * pays + (1 - self.configuration.common) * pays.flip(-1)

    def _phase(self, state: EpisodicTwoStepState) -> int:
        return self.phases[state.present.step % 2]

    def _trial(self, state: EpisodicTwoStepState) -> int:
        """The present trial, from 0; the last one where all are over."""
        return min(state.present.step // 2, self.configuration.trials - 1)

    def _remembered(self, state: EpisodicTwoStepState) -> dict[str, Int[Tensor, "subject episode"]]:
        """Trial, action, second-stage state and reward that the present trial calls back."""
        place = self._trial(state) - self.uncued
        if place < 0:
            nothing = torch.full_like(state.present.good_state, NOTHING)
            return dict.fromkeys(("trial", "action", "state", "reward"), nothing)
        called, past = state.cue[..., place], state.past
        values = {"action": past.action, "state": past.second_state, "reward": past.reward.long()}
        return {"trial": called} | {name: each.gather(-1, called[..., None])[..., 0] for name, each in values.items()}

    def _kept(
        self,
        state: EpisodicTwoStepState,
        action: Int[Tensor, "subject episode"],
        second_state: Int[Tensor, "subject episode"],
        reward: Float[Tensor, "subject episode"],
    ) -> Outcomes:
        """The past with this trial, if it is one that will be called back."""
        here = torch.arange(self.uncued, device=action.device) == self._trial(state)
        past = state.past
        return Outcomes(
            torch.where(here, action[..., None], past.action),
            torch.where(here, second_state[..., None], past.second_state),
            torch.where(here, reward[..., None], past.reward),
        )

    def _show(self, state: EpisodicTwoStepState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        trial, looks = self._trial(state), on_device(self.looks, reward.device)
        called, own = self._remembered(state)["trial"].clamp(min=0), state.code[..., trial]
        called_code = state.code.gather(-1, called[..., None])[..., 0]
        blank = torch.zeros_like(looks[own])
        if self._phase(state) == STAGE_1:
            cue, context = (looks[called_code] if trial >= self.uncued else blank), blank
            place = torch.zeros_like(own)
        else:
            cue, context = blank, looks[torch.where(state.returned, called_code, own)]
            place = 1 + state.present.second_state
        ended = torch.full_like(reward, state.present.step >= self.steps, dtype=torch.bool)
        return TimeStep(torch.cat([cue, context, one_hot(place, 3, reward.dtype)], dim=-1), reward, ended)

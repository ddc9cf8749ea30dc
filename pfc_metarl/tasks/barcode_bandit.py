"""Bandits whose good arm is named by a barcode that comes back: what was found once can be remembered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.tasks.recurrence import Meeting, Recurrence, RecurrenceConfiguration, barcodes, pictures
from pfc_metarl.tasks.task import Remembering, Task, TimeStep, Truth, draw_below, one_hot, uncertainty

# Probabilities of 0 and 1 would make one outcome certain knowledge.
Uncertain = Annotated[float, Field(gt=0.0, lt=1.0)]

# Side of the pictures that may stand for barcodes, and the seed of their collection.
SIDE = 8
PICTURE_SEED = 0


class BarcodeBanditConfiguration(RecurrenceConfiguration):
    """Bandits with one good arm each, which belongs to a barcode; the same barcode, the same arm."""

    arms: Annotated[int, Field(ge=2, le=100)] = 10
    """Number of arms; each is the good one of at least one context. Example: --arms 5"""

    pulls: Annotated[int, Field(ge=1, le=1000)] = 10
    """Choices per episode; one network step each. Example: --pulls 20"""

    good_probability: Uncertain = 0.9
    """Probability that the good arm pays 1. Example: --good-probability 0.8"""

    other_probability: Uncertain = 0.1
    """Probability that any other arm pays 1. Example: --other-probability 0.2"""

    picture: bool = False
    """Show a small picture, seen through the encoder, in place of each barcode. Example: --picture"""

    @model_validator(mode="after")
    def _every_arm_has_a_context(self) -> BarcodeBanditConfiguration:
        if self.contexts < self.arms:
            raise ValueError(
                f"{self.contexts} contexts cannot each have one of {self.arms} arms so that every arm is good in one: "
                "give at least as many contexts as arms"
            )
        return self


@dataclass(frozen=True)
class BarcodeBanditState:
    """What is in force before the next pull.

    Attributes
    ----------
    meeting : the context, and how it looks.
    good_arm : of this context.
    pull : pulls made in this episode.
    """

    meeting: Meeting
    good_arm: Int[Tensor, "subject episode"]
    pull: int


class BarcodeBandit(Task[BarcodeBanditState]):
    """Episodic contextual bandit of Ritter et al. (2018, ICML), Experiment 1.

    At the start of an epoch contexts with different barcodes are drawn, and each gets a good arm, such that every
    arm is good in at least one. Each episode is spent in one context, whose barcode is shown at every step; which
    comes when is drawn from a bag that holds each ``exposures`` times. What was found out about the barcode at the
    end of the episode can be stored under it and recalled at its next exposure.
    """

    configuration_type = BarcodeBanditConfiguration
    configuration: BarcodeBanditConfiguration

    def __init__(self, configuration: BarcodeBanditConfiguration | None = None) -> None:
        super().__init__(configuration or BarcodeBanditConfiguration())
        settings = self.configuration
        looks = pictures(2**settings.bits, SIDE, PICTURE_SEED) if settings.picture else barcodes(settings.bits)
        self.recurrence = Recurrence(settings, looks)
        self.image = (SIDE, SIDE, 1) if settings.picture else None
        self.actions = settings.arms
        self.features = looks.shape[-1]
        self.steps = settings.pulls
        self.epoch = self.recurrence.episodes
        self.remembering = Remembering(range(self.features), range(self.features), storing=(self.steps - 1,))
        # The arms of contexts beyond one for each.
        self._arm_draws = settings.contexts - settings.arms
        self.start_draws = self._arm_draws + self.recurrence.draws
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[BarcodeBanditState, TimeStep]:
        return self.start_at(0, uniform)

    def start_at(
        self, position: int, uniform: Float[Tensor, "subject episode draw"]
    ) -> tuple[BarcodeBanditState, TimeStep]:
        meeting = self.recurrence.meet(position, uniform[..., self._arm_draws :])
        good_arm = self._good_arms(uniform).gather(-1, meeting.context[..., None])[..., 0]
        state = BarcodeBanditState(meeting, good_arm, pull=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: BarcodeBanditState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[BarcodeBanditState, TimeStep]:
        paid = uniform[..., 0] < self._payoff(action == state.good_arm)
        state = BarcodeBanditState(state.meeting, state.good_arm, state.pull + 1)
        return state, self._show(state, paid.to(uniform.dtype))

    def truth(self, state: BarcodeBanditState) -> Mapping[str, Truth]:
        """Reveal the context and its arm.

        ``exposure`` counts from 1. From the second exposure on, ``good_arm`` is what a perfect memory might know.
        """
        return {
            "context": Truth(state.meeting.context),
            "barcode": Truth(state.meeting.code),
            "exposure": Truth(state.meeting.exposure),
            "good_arm": Truth(state.good_arm),
            "arm_probability": Truth(self.expected_reward(state), ("arm",)),
        }

    def expected_reward(self, state: BarcodeBanditState) -> Float[Tensor, "subject episode action"]:
        arm = torch.arange(self.actions, device=state.good_arm.device)
        return self._payoff(arm == state.good_arm[..., None])

    def belief(
        self, action: Int[Tensor, "subject episode step"], reward: Float[Tensor, "subject episode step"]
    ) -> Mapping[str, Truth]:
        r"""Probability that each arm is the good one, for an observer without memory of earlier episodes.

        .. math:: P(a) \propto \prod_{t:\, a_t = a}
            \left(\frac{p_{good}}{p_{other}}\right)^{r_t} \left(\frac{1 - p_{good}}{1 - p_{other}}\right)^{1 - r_t}
        """
        win, loss = self.evidence
        pulled = one_hot(action, self.actions, reward.dtype) * torch.where(reward > 0, win, loss)[..., None]
        before = pulled.cumsum(2) - pulled
        believed = torch.softmax(before, dim=-1)
        return {
            "believed_good_arm": Truth(believed, ("arm",)),
            "believed_good_arm_uncertainty": Truth(uncertainty(believed), ("arm",)),
        }

    @property
    def evidence(self) -> tuple[float, float]:
        """Log likelihood ratio that an arm is the good one, from a pull of it that pays and from one that does not."""
        good, other = self.configuration.good_probability, self.configuration.other_probability
        return math.log(good / other), math.log((1 - good) / (1 - other))

    def _good_arms(self, uniform: Float[Tensor, "subject episode draw"]) -> Int[Tensor, "subject episode context"]:
        """Draw the good arm of every context of an epoch; contexts and their barcodes are in random order already."""
        further = draw_below(uniform[..., : self._arm_draws], self.actions)
        each = torch.arange(self.actions, device=uniform.device).expand(*further.shape[:-1], self.actions)
        return torch.cat([each, further], dim=-1)

    def _payoff(self, good: Bool[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Probability that an arm pays, given whether it is the good one."""
        return torch.where(good, self.configuration.good_probability, self.configuration.other_probability)

    def _show(self, state: BarcodeBanditState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.pull >= self.steps, dtype=torch.bool)
        return TimeStep(state.meeting.shown, reward, ended)

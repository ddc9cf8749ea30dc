"""A bandit whose context tells which arm pays: what to choose where must be remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.recurrence import barcodes, draw_different
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below


class ContextualBanditConfiguration(Configuration):
    """Arms of which each context makes one the better; contexts are shown as bits."""

    arms: Annotated[int, Field(ge=2, le=1000)] = 5
    """Number of arms; each is one action. Example: --arms 4"""

    contexts: Annotated[int, Field(ge=1, le=1000)] = 20
    """Different contexts; each arm is the better one in as many of them as any other, up to one.
    Example: --contexts 10"""

    bits: Annotated[int, Field(ge=1, le=16)] = 16
    """Bits by which a context is shown. Example: --bits 10"""

    better: Annotated[float, Field(ge=0.0, le=1.0)] = 0.9
    """Probability that the context's own arm pays 1. Example: --better 1"""

    worse: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    """Probability that any other arm pays 1. Example: --worse 0"""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Choices per episode, each in a context drawn anew; one network step each. Example: --trials 100"""

    epoch: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    """Episodes in a row with the same contexts and better arms. Example: --epoch 1000"""

    @model_validator(mode="after")
    def _told_apart(self) -> ContextualBanditConfiguration:
        if self.contexts > 2**self.bits:
            raise ValueError(f"{self.bits} bits tell {2**self.bits} contexts apart, not {self.contexts}: add bits")
        return self


@dataclass(frozen=True)
class ContextualBanditState:
    """What is in force before the next choice.

    Attributes
    ----------
    code : number of each context's barcode.
    better_arm : of each context.
    context : the present one.
    trial : choices made in this episode.
    """

    code: Int[Tensor, "subject episode context"]
    better_arm: Int[Tensor, "subject episode context"]
    context: Int[Tensor, "subject episode"]
    trial: int


class ContextualBandit(Task[ContextualBanditState]):
    """Contexts in which one arm is better than all others, each shown as a barcode.

    No two contexts of an epoch look the same. The next context is drawn evenly from all, whatever is chosen, so that
    a choice decides about the next reward only. Successive episodes of an epoch begin with the contexts in turn.

    Barcodes and payoffs follow the episodic bandits of Ritter et al. (2018), section 4.1, where one context lasts for
    an episode; here it changes with every choice.
    """

    configuration_type = ContextualBanditConfiguration
    configuration: ContextualBanditConfiguration

    def __init__(self, configuration: ContextualBanditConfiguration | None = None) -> None:
        super().__init__(configuration or ContextualBanditConfiguration())
        settings = self.configuration
        self.actions = settings.arms
        self.features = settings.bits
        self.steps = settings.trials
        self.epoch = settings.epoch
        self._looks = barcodes(settings.bits)
        # Each context's barcode, for which it takes two, and its place among the arms; and the first context.
        self.start_draws = 3 * settings.contexts + 1
        # The payoff and the next context.
        self.step_draws = 2

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[ContextualBanditState, TimeStep]:
        return self.start_at(0, uniform)

    def start_at(
        self, position: int, uniform: Float[Tensor, "subject episode draw"]
    ) -> tuple[ContextualBanditState, TimeStep]:
        contexts = self.configuration.contexts
        codes, order, first = uniform.split((2 * contexts, contexts, 1), dim=-1)
        context = (draw_below(first[..., 0], contexts) + position) % contexts
        better_arm = order.argsort(dim=-1) % self.actions
        code = draw_different(codes, 2**self.configuration.bits)
        state = ContextualBanditState(code, better_arm, context, trial=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: ContextualBanditState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[ContextualBanditState, TimeStep]:
        payoff, draw = uniform.unbind(-1)
        paid = payoff < self.expected_reward(state).gather(-1, action[..., None])[..., 0]
        following = replace(state, context=draw_below(draw, self.configuration.contexts), trial=state.trial + 1)
        return following, self._show(following, paid.to(uniform.dtype))

    def truth(self, state: ContextualBanditState) -> Mapping[str, Truth]:
        return {
            "context": Truth(state.context),
            "better_arm": Truth(_in_context(state.better_arm, state.context)),
            "arm_probability": Truth(self.expected_reward(state), ("arm",)),
        }

    def expected_reward(self, state: ContextualBanditState) -> Float[Tensor, "subject episode action"]:
        settings = self.configuration
        better = _in_context(state.better_arm, state.context)[..., None]
        arm = torch.arange(self.actions, device=better.device)
        return torch.where(arm == better, settings.better, settings.worse).float()

    def _show(self, state: ContextualBanditState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        seen = on_device(self._looks, reward.device)[_in_context(state.code, state.context)]
        return TimeStep(seen, reward, torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool))


def _in_context(
    values: Int[Tensor, "subject episode context"], context: Int[Tensor, "subject episode"]
) -> Int[Tensor, "subject episode"]:
    return values.gather(-1, context[..., None])[..., 0]

"""Arms with hidden information: one arm pays little, and tells which of the others pays much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below, one_hot, uncertainty

Amount = Annotated[float, Field(ge=-1000.0, le=1000.0)]


class InformativeArmConfiguration(Configuration):
    """Candidate arms, one of which is the target, and a last arm whose pay names it."""

    candidates: Annotated[int, Field(ge=2, le=1000)] = 10
    """Arms of which one is the target; the informative arm is one more. Example: --candidates 4"""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 5
    """Pulls per episode; one network step each. Example: --trials 10"""

    target_reward: Amount = 5.0
    """What the target pays."""

    other_reward: Amount = 1.0
    """What every other candidate pays."""

    @model_validator(mode="after")
    def _agree(self) -> InformativeArmConfiguration:
        if self.target_reward == self.other_reward:
            raise ValueError(
                f"target_reward and other_reward are both {self.target_reward}: a target must pay something else"
            )
        return self


@dataclass(frozen=True)
class InformativeArmState:
    """The target's number, from 0, and the number of pulls made."""

    target: Int[Tensor, "subject episode"]
    trial: int


class InformativeArm(Task[InformativeArmState]):
    """Eleven arms of Wang et al. (2016), section 3.1.3, "Bandits with dependent arms (II)".

    Nothing is left to chance but the target. It pays 5, the other candidates 1, and the last arm
    a tenth of the target's number (.1 for the first candidate, 1 for the tenth): never more than
    any candidate, but it says where to go. The target is drawn anew every episode.

    As in the paper the amount just earned is given one-hot: the observation has a place for each
    different amount, from the smallest, and shows nothing at first.
    """

    configuration_type = InformativeArmConfiguration
    configuration: InformativeArmConfiguration

    def __init__(self, configuration: InformativeArmConfiguration | None = None) -> None:
        super().__init__(configuration or InformativeArmConfiguration())
        self.pay = pay_by_target(self.configuration)
        amounts, self._place = torch.unique(self.pay, return_inverse=True)
        self.actions = self.configuration.candidates + 1
        self.features = len(amounts)
        self.steps = self.configuration.trials
        self.start_draws = 1
        self.step_draws = 0

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[InformativeArmState, TimeStep]:
        target = draw_below(uniform[..., 0], self.configuration.candidates)
        nothing = uniform.new_zeros(*target.shape, self.features)
        return InformativeArmState(target, trial=0), self._show(0, uniform.new_zeros(target.shape), nothing)

    def step(
        self,
        state: InformativeArmState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[InformativeArmState, TimeStep]:
        trial = state.trial + 1
        paid, place = (on_device(table, action.device)[state.target, action] for table in (self.pay, self._place))
        shown = one_hot(place, self.features, uniform.dtype)
        return InformativeArmState(state.target, trial), self._show(trial, paid.to(uniform.dtype), shown)

    def truth(self, state: InformativeArmState) -> Mapping[str, Truth]:
        return {
            "target_arm": Truth(state.target),
            "arm_reward": Truth(self.expected_reward(state), ("arm",)),
        }

    def expected_reward(self, state: InformativeArmState) -> Float[Tensor, "subject episode action"]:
        return on_device(self.pay, state.target.device)[state.target]

    def belief(
        self,
        action: Int[Tensor, "subject episode step"],
        reward: Float[Tensor, "subject episode step"],
    ) -> Mapping[str, Truth]:
        """Probability that each candidate is the target: all that would have paid the same are as likely."""
        possible = could_have_paid(on_device(self.pay, reward.device), action.long(), reward).to(reward.dtype)
        before = torch.cat([torch.ones_like(possible[:, :, :1]), possible[:, :, :-1]], dim=2).cumprod(dim=2)
        believed = before / before.sum(dim=-1, keepdim=True)
        return {
            "believed_target": Truth(believed, ("candidate",)),
            "believed_target_uncertainty": Truth(uncertainty(believed), ("candidate",)),
        }

    def _show(
        self, trial: int, reward: Float[Tensor, "subject episode"], shown: Float[Tensor, "subject episode feature"]
    ) -> TimeStep:
        return TimeStep(shown, reward, torch.full_like(reward, trial >= self.steps, dtype=torch.bool))


def pay_by_target(configuration: InformativeArmConfiguration) -> Float[Tensor, "target arm"]:
    """What each arm pays, by which candidate is the target; the informative arm is the last."""
    candidates = configuration.candidates
    pay = torch.full((candidates, candidates + 1), configuration.other_reward)
    pay.fill_diagonal_(configuration.target_reward)
    pay[:, -1] = torch.arange(1, candidates + 1) / candidates
    return pay


def could_have_paid(
    pay: Float[Tensor, "target arm"], action: Int[Tensor, "*batch"], reward: Float[Tensor, "*batch"]
) -> torch.Tensor:
    """Whether an arm would have paid what it paid, for each candidate as the target, over ``*batch target``."""
    return torch.isclose(pay.T[action], reward[..., None].to(pay.dtype))

"""Bernoulli bandits: arms that pay 1 or 0 with probabilities redrawn at every episode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.task import Task, TimeStep, Truth

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Distribution = Literal["independent", "correlated", "easy", "medium", "hard"]

# Payoff of the better arm in the three graded problems of Wang et al. (2016), section 3.1.2.
BETTER_ARM = {"easy": 0.9, "medium": 0.75, "hard": 0.6}


class BanditConfiguration(Configuration):
    """Bernoulli bandit: each arm pays 1 with its own probability, fixed for an episode."""

    arms: Annotated[int, Field(ge=2, le=1000)] = 2
    """Number of arms; each is one action. Example: --arms 3"""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Choices per episode; one network step each. Example: --trials 50"""

    distribution: Distribution = "independent"
    """Where payoffs come from: independent U[0,1] each; correlated p and 1-p with p from
    U[0,1]; easy .9/.1, medium .75/.25 or hard .6/.4 with the better side at random.
    Example: --distribution correlated"""

    probabilities: tuple[Probability, ...] | None = None
    """A fixed test problem, one probability per arm; overrides the distribution. Example: --probabilities 0.25 0.75"""

    @model_validator(mode="after")
    def _agree(self) -> BanditConfiguration:
        if self.probabilities is not None and len(self.probabilities) != self.arms:
            raise ValueError(
                f"probabilities lists {len(self.probabilities)} values for {self.arms} arms; give one per arm"
            )
        if self.distribution != "independent" and self.arms != 2 and self.probabilities is None:
            raise ValueError(
                f"distribution '{self.distribution}' is defined for 2 arms, not {self.arms}; use 'independent'"
            )
        return self


@dataclass(frozen=True)
class BanditState:
    """The arms' payoff probabilities and the number of choices made."""

    probability: Float[Tensor, "subject episode arm"]
    trial: int


class Bandit(Task[BanditState]):
    """Bernoulli bandit of Wang et al. (2018), Fig. 1, and Wang et al. (2016), section 3.1.

    There is nothing to see: the observation has no features, and all that can be known
    about the arms arrives through the previous action and the previous reward.
    """

    configuration_type = BanditConfiguration
    configuration: BanditConfiguration

    def __init__(self, configuration: BanditConfiguration | None = None) -> None:
        super().__init__(configuration or BanditConfiguration())
        self.actions = self.configuration.arms
        self.features = 0
        self.steps = self.configuration.trials
        self.start_draws = self.configuration.arms
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[BanditState, TimeStep]:
        state = BanditState(self._probability(uniform), trial=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: BanditState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[BanditState, TimeStep]:
        paid = uniform[..., 0] < state.probability.gather(-1, action[..., None])[..., 0]
        state = BanditState(state.probability, state.trial + 1)
        return state, self._show(state, paid.to(uniform.dtype))

    def truth(self, state: BanditState) -> Mapping[str, Truth]:
        return {
            "arm_probability": Truth(state.probability, ("arm",)),
            "better_arm": Truth(state.probability.argmax(-1)),
        }

    def expected_reward(self, state: BanditState) -> Float[Tensor, "subject episode action"]:
        return state.probability

    def belief(
        self,
        action: Int[Tensor, "subject episode step"],
        reward: Float[Tensor, "subject episode step"],
    ) -> Mapping[str, Truth]:
        """Posterior mean and standard deviation of each arm's payoff, for uniform priors, before each step.

        Independent arms: Beta(1 + successes, 1 + failures) per arm. Correlated arms: a
        success of one arm counts as a failure of the other. Graded and fixed problems have
        no continuous prior and give none.
        """
        configuration = self.configuration
        if configuration.probabilities is not None or configuration.distribution in BETTER_ARM:
            return {}
        chosen = torch.nn.functional.one_hot(action.long(), configuration.arms).to(reward.dtype)
        successes = _before(chosen * reward[..., None])
        failures = _before(chosen * (1 - reward[..., None]))
        if configuration.distribution == "correlated":
            successes, failures = successes + failures.flip(-1), failures + successes.flip(-1)
        mean = (1 + successes) / (2 + successes + failures)
        deviation = (mean * (1 - mean) / (3 + successes + failures)).sqrt()
        return {
            "believed_probability": Truth(mean, ("arm",)),
            "believed_probability_uncertainty": Truth(deviation, ("arm",)),
        }

    def _probability(self, uniform: Float[Tensor, "subject episode arm"]) -> Float[Tensor, "subject episode arm"]:
        if self.configuration.probabilities is not None:
            fixed = self.configuration.probabilities
            return torch.stack([uniform.new_full(uniform.shape[:-1], each) for each in fixed], dim=-1)
        if self.configuration.distribution == "independent":
            return uniform
        first = uniform[..., 0]
        if self.configuration.distribution in BETTER_ARM:
            better = BETTER_ARM[self.configuration.distribution]
            first = torch.where(first < 0.5, better, 1 - better)
        return torch.stack([first, 1 - first], dim=-1)

    def _show(self, state: BanditState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool)
        return TimeStep(reward.new_empty(*reward.shape, 0), reward, ended)


def _before(count: Float[Tensor, "subject episode step arm"]) -> Float[Tensor, "subject episode step arm"]:
    """Sum over all earlier steps, not counting the present one."""
    return count.cumsum(dim=2) - count

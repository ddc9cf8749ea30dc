"""A carousel of arms: one pays well for a while and hands over to the next, in an order that can be learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.barcode_bandit import Uncertain
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below, one_hot, uncertainty

Belief = Float[Tensor, "subject episode order arm"]


class CarouselConfiguration(Configuration):
    """One good arm, which hands over to the next in an order that holds for an episode."""

    arms: Annotated[int, Field(ge=3, le=5)] = 4
    """Number of arms; each is one action, and there are (arms - 1)! orders. Example: --arms 3"""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 60
    """Choices per episode; one network step each. Example: --trials 30"""

    good_probability: Uncertain = 0.95
    """Probability that the good arm pays 1. Example: --good-probability 0.9"""

    other_probability: Uncertain = 0.05
    """Probability that any other arm pays 1. Example: --other-probability 0.1"""

    switch_probability: Annotated[float, Field(ge=0.0, le=1.0)] = 0.15
    """Probability, after each trial, that the good arm hands over to the next. Example: --switch-probability 0.1"""


@dataclass(frozen=True)
class CarouselState:
    """What is in force before the next choice.

    Attributes
    ----------
    order : which of all orders holds in this episode; its hand-overs are a row of `Carousel.successor`.
    good_arm : the arm that pays well now.
    trial : choices made in this episode.
    """

    order: Int[Tensor, "subject episode"]
    good_arm: Int[Tensor, "subject episode"]
    trial: int


class Carousel(Task[CarouselState]):
    """Bandit whose task has a structure and contents, each of which can be known without the other.

    The structure is the order in which arms follow each other as the good one, a single cycle through all of
    them; it is drawn at the start of an episode and stays. The contents are the arm that is good now; the first
    one is drawn independently of the order, and again and again it hands over to the next. Contents are found
    within a few trials, the order from one hand-over to the next. There is nothing to see.

    Attributes
    ----------
    successor : per order and arm, the arm that it hands over to.
    """

    configuration_type = CarouselConfiguration
    configuration: CarouselConfiguration

    def __init__(self, configuration: CarouselConfiguration | None = None) -> None:
        super().__init__(configuration or CarouselConfiguration())
        self.actions = self.configuration.arms
        self.features = 0
        self.steps = self.configuration.trials
        self.start_draws = 2
        self.step_draws = 2
        self.successor = _successors(self.actions)

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[CarouselState, TimeStep]:
        order = draw_below(uniform[..., 0], len(self.successor))
        state = CarouselState(order, draw_below(uniform[..., 1], self.actions), trial=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: CarouselState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[CarouselState, TimeStep]:
        paid = uniform[..., 0] < self._payoff(action == state.good_arm)
        following = on_device(self.successor, action.device)[state.order, state.good_arm]
        handed_over = uniform[..., 1] < self.configuration.switch_probability
        good_arm = torch.where(handed_over, following, state.good_arm)
        state = CarouselState(state.order, good_arm, state.trial + 1)
        return state, self._show(state, paid.to(uniform.dtype))

    def truth(self, state: CarouselState) -> Mapping[str, Truth]:
        return {
            "order": Truth(state.order),
            "good_arm": Truth(state.good_arm),
            "arm_probability": Truth(self.expected_reward(state), ("arm",)),
        }

    def expected_reward(self, state: CarouselState) -> Float[Tensor, "subject episode action"]:
        arm = torch.arange(self.actions, device=state.good_arm.device)
        return self._payoff(arm == state.good_arm[..., None])

    def belief(
        self, action: Int[Tensor, "subject episode step"], reward: Float[Tensor, "subject episode step"]
    ) -> Mapping[str, Truth]:
        """Probability of each order and that each arm is good, the margins of `joint_belief`."""
        joint = self.joint_belief(action, reward)
        order, good_arm = joint.sum(-1), joint.sum(-2)
        return {
            "believed_order": Truth(order, ("order",)),
            "believed_order_uncertainty": Truth(uncertainty(order), ("order",)),
            "believed_good_arm": Truth(good_arm, ("arm",)),
            "believed_good_arm_uncertainty": Truth(uncertainty(good_arm), ("arm",)),
        }

    def joint_belief(
        self, action: Int[Tensor, "subject episode step"], reward: Float[Tensor, "subject episode step"]
    ) -> Float[Tensor, "subject episode step order arm"]:
        """Exact probability of each order and good arm before each step, from all that came before it."""
        believed = [self.prior(*action.shape[:2]).to(reward)]
        for chosen, earned in zip(action[..., :-1].unbind(-1), reward[..., :-1].unbind(-1), strict=True):
            believed.append(self.learned(believed[-1], chosen, earned))
        return torch.stack(believed, dim=2)

    def prior(self, subjects: int, episodes: int) -> Belief:
        """Return the belief before the first step: all orders and arms are as likely."""
        hypotheses = self.successor.shape
        return torch.full((subjects, episodes, *hypotheses), 1 / hypotheses.numel())

    def learned(
        self, believed: Belief, action: Int[Tensor, "subject episode"], reward: Float[Tensor, "subject episode"]
    ) -> Belief:
        r"""Forward step of a hidden Markov model: Bayes' rule on one outcome, and then perhaps a hand-over.

        .. math:: b'(o, a) = (1 - h)\, \tilde b(o, a) + h\, \tilde b(o, o^{-1}(a)), \quad
            \tilde b(o, a) \propto P(r \mid c, a)\, b(o, a)

        with choice c, hazard h, and the arm :math:`o^{-1}(a)` that hands over to a in order o.
        """
        pays = self._payoff(one_hot(action, self.actions, reward.dtype) > 0)
        likelihood = torch.where(reward[..., None] > 0, pays, 1 - pays)
        joint = believed * likelihood[..., None, :].to(believed)
        posterior = joint / joint.sum((-2, -1), keepdim=True)
        before = self.successor.argsort(-1).to(action.device).expand(posterior.shape)
        hazard = self.configuration.switch_probability
        return (1 - hazard) * posterior + hazard * posterior.gather(-1, before)

    def _payoff(self, good: Bool[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Probability that an arm pays, given whether it is the good one."""
        return torch.where(good, self.configuration.good_probability, self.configuration.other_probability)

    def _show(self, state: CarouselState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        ended = torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool)
        return TimeStep(reward.new_empty(*reward.shape, 0), reward, ended)


def _successors(arms: int) -> Int[Tensor, "order arm"]:
    """Every way to go round all arms once and back, as the arm that follows each arm."""
    cycles = torch.tensor([(0, *rest) for rest in permutations(range(1, arms))])
    return torch.empty_like(cycles).scatter_(-1, cycles, cycles.roll(-1, dims=-1))

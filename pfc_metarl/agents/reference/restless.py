"""Reference learners for restless bandits, which know that the arms pay with p and 1-p and that p walks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.restless import RestlessBandit
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.walk_filter import WalkFilter, favours_first

Belief = Float[Tensor, "subject episode size position"]


class WalkingAgent(Agent):
    """A learner with an exact belief about a walking probability.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    steps : standard deviations of a step that it reckons with; one of them holds for an episode.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not the restless bandit.
    """

    def __init__(self, subjects: Sequence[int] | int, steps: Sequence[float]) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.filter = WalkFilter(steps)

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not isinstance(task, RestlessBandit):
            raise ConfigurationError("this learner knows that p walks: it plays the restless bandit only")

    @abstractmethod
    def decide(
        self, where: Float[Tensor, "subject episode position"], uniform: Tensor
    ) -> Int[Tensor, "subject episode"]:
        """Choose an arm from the belief about p, the first arm's probability."""

    def begin(self, episodes: int) -> Belief:
        return self.filter.prior(len(self.subjects), episodes)

    def respond(self, memory: Belief, senses: Senses, uniform: Tensor) -> Response:
        if senses.step:
            favours = favours_first(senses.previous_action.argmax(dim=-1), senses.previous_reward)
            memory = self.filter.following(memory, favours)
        return Response(self.decide(self.filter.where(memory), uniform), memory)


class WalkOptimalAgent(WalkingAgent):
    """Take the arm with the higher posterior mean.

    Either arm's outcome tells as much about p, so there is nothing to explore: given the sizes of
    step that occur, no learner has a lower mean regret.
    """

    def decide(
        self, where: Float[Tensor, "subject episode position"], uniform: Tensor
    ) -> Int[Tensor, "subject episode"]:
        mean = (where @ self.filter.position).double()
        # Before the first outcome the mean is half but for rounding.
        mean = torch.where((mean - 0.5).abs() < 1e-6, 0.5, mean)
        return choose_highest(torch.stack([mean, 1 - mean], dim=-1), uniform[..., 0])


class WalkThompsonAgent(WalkingAgent):
    """Thompson sampling: draw p from the belief about it, act as if it were true.

    In the paper it knows the walk, but with one size of step, whatever the episode's is.

    References
    ----------
    Wang et al. (2016), section 3.1.4.
    """

    def decide(
        self, where: Float[Tensor, "subject episode position"], uniform: Tensor
    ) -> Int[Tensor, "subject episode"]:
        cumulative = where.cumsum(dim=-1)
        # Rounding can leave the last cumulative just below 1; it is not compared.
        drawn = (uniform[..., :1] >= cumulative[..., :-1]).sum(dim=-1)
        return (self.filter.position[drawn] < 0.5).long()

"""Reference learners for the arms with hidden information, which know the task's rules but not the target."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.informative_arm import InformativeArm, could_have_paid
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class Ruled:
    """What such a learner remembers.

    Attributes
    ----------
    possible : candidates that may still be the target.
    tried : arms pulled before.
    """

    possible: Bool[Tensor, "subject episode candidate"]
    tried: Bool[Tensor, "subject episode arm"]


class RulingAgent(Agent):
    """A learner that rules out every candidate that would have paid something else.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not one of arms with hidden information and the same rules.
    """

    def __init__(self, task: InformativeArm, subjects: Sequence[int] | int) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.task = task

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not (isinstance(task, InformativeArm) and torch.equal(task.pay, self.task.pay)):
            raise ConfigurationError("this learner knows other rules: make it with the task that it is to play")

    @abstractmethod
    def score(self, memory: Ruled) -> Float[Tensor, "subject episode arm"]:
        """Score each arm; the highest is chosen, and among equals each is as likely."""

    def begin(self, episodes: int) -> Ruled:
        shape = (len(self.subjects), episodes)
        return Ruled(
            torch.ones(*shape, self.task.actions - 1, dtype=torch.bool),
            torch.zeros(*shape, self.task.actions, dtype=torch.bool),
        )

    def respond(self, memory: Ruled, senses: Senses, uniform: Tensor) -> Response:
        if senses.step:
            action: Int[Tensor, "subject episode"] = senses.previous_action.argmax(dim=-1)
            possible = could_have_paid(self.task.pay, action, senses.previous_reward)
            memory = Ruled(memory.possible & possible, memory.tried | (senses.previous_action > 0))
        return Response(choose_highest(self.score(memory), uniform[..., 0]), memory)


class TargetThompsonAgent(RulingAgent):
    """Thompson sampling with the true prior: draw a possible target, act as if it were the target.

    The informative arm is never the best, so it is never pulled: one candidate after the other is
    tried until the target is found. No learner that leaves the informative arm alone earns more.

    References
    ----------
    Wang et al. (2016), section 3.1.3.
    """

    def score(self, memory: Ruled) -> Float[Tensor, "subject episode arm"]:
        return _with_informative(memory.possible.double(), -1.0)


class TargetOptimalAgent(RulingAgent):
    """The best there is in an episode long enough to use what is learned: ask first, then take the target."""

    def score(self, memory: Ruled) -> Float[Tensor, "subject episode arm"]:
        unknown = memory.possible.sum(dim=-1) > 1
        return _with_informative(memory.possible.double(), torch.where(unknown, 2.0, -1.0))


class UntriedArmAgent(RulingAgent):
    """Upper confidence bounds with fewer pulls than arms: every arm is pulled once before any is pulled again.

    References
    ----------
    Auer, Cesa-Bianchi & Fischer (2002), UCB1; Wang et al. (2016), section 3.1.3.
    """

    def score(self, memory: Ruled) -> Float[Tensor, "subject episode arm"]:
        return -memory.tried.double()


def _with_informative(
    candidates: Float[Tensor, "subject episode candidate"], informative: float | Float[Tensor, "subject episode"]
) -> Float[Tensor, "subject episode arm"]:
    """Scores of all arms, the informative one last."""
    last = torch.as_tensor(informative, dtype=candidates.dtype).expand(candidates.shape[:2])
    return torch.cat([candidates, last[..., None]], dim=-1)

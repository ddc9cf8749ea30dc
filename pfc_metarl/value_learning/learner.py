"""What every learner of action values is: it acts on what it sees, and learns from what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration

# Uniform numbers that ``epsilon_greedy`` needs for one choice.
CHOICE_DRAWS = 2


@dataclass(frozen=True)
class Experience:
    """One step in the life of every subject.

    Attributes
    ----------
    observation : what was seen before acting.
    action : what was done.
    reward : what it earned.
    following : what was then seen, before any new episode began.
    ended : whether the action ended the episode, so that nothing more is to be expected of it.
    """

    observation: Float[Tensor, "subject feature"]
    action: Int[Tensor, " subject"]
    reward: Float[Tensor, " subject"]
    following: Float[Tensor, "subject feature"]
    ended: Bool[Tensor, " subject"]


class LearnerConfiguration(Configuration):
    """What all learners of action values share."""

    discount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.99
    """Gamma per step. Example: --discount 0.9"""

    epsilon: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """Share of choices that are made at random. Example: --epsilon 0.005"""

    epsilon_steps: Annotated[int, Field(ge=0)] = 0
    """Steps over which that share falls from 1; 0: it never was higher. Example: --epsilon-steps 1000"""

    def epsilon_at(self, step: int) -> float:
        """Share of random choices after so many steps of life."""
        if step >= self.epsilon_steps:
            return self.epsilon
        return 1 + (self.epsilon - 1) * step / self.epsilon_steps


class Learner(ABC):
    """Subjects that learn action values online, side by side; none touches another.

    Unlike a frozen network or a reference learner (``pfc_metarl.agents``) it changes for good with what it lives
    through. ``learn`` follows the ``act`` whose outcome it is given.

    Attributes
    ----------
    subjects : index of each subject, which fixes its random streams.
    """

    subjects: tuple[int, ...]

    def begin(self) -> None:  # noqa: B027 - where an episode is no unit of learning, there is nothing to do
        """Begin a new life in a world: an episode under way in an earlier one is not continued."""

    @abstractmethod
    def act(
        self, observation: Float[Tensor, "subject feature"], uniform: Float[Tensor, "subject draw"]
    ) -> Int[Tensor, " subject"]:
        """Choose an action, with the uniform numbers of one choice (``CHOICE_DRAWS``)."""

    @abstractmethod
    def learn(self, experience: Experience) -> None:
        """Learn from the outcome of the last choice."""


def epsilon_greedy(
    value: Float[Tensor, "subject action"], epsilon: float, uniform: Float[Tensor, "subject draw"]
) -> Int[Tensor, " subject"]:
    """Choose the action of highest value, or any with probability ``epsilon``; ties are broken evenly.

    Parameters
    ----------
    value : of each action.
    epsilon : share of choices that are made at random.
    uniform : two numbers per subject: whether to explore, and which of the actions in question to take.
    """
    explores, draw = uniform[:, :1] < epsilon, uniform[:, 1:]
    eligible = explores | (value == value.amax(dim=-1, keepdim=True))
    # The draw picks a place among the eligible ones; counting them up finds it. A product may round up to the count.
    count = eligible.sum(dim=-1, keepdim=True)
    place = (draw * count).long().minimum(count - 1)
    return (eligible.cumsum(dim=-1) <= place).sum(dim=-1)

"""What every reference learner remembers: how often each arm paid and did not pay."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses


@dataclass(frozen=True)
class Counts:
    """Outcomes of each arm since the episode began. A sufficient statistic for Bernoulli arms.

    Attributes
    ----------
    successes : times the arm paid 1.
    failures : times it was chosen and paid 0.
    """

    successes: Float[Tensor, "subject episode arm"]
    failures: Float[Tensor, "subject episode arm"]

    @property
    def choices(self) -> Float[Tensor, "subject episode arm"]:
        """Times each arm was chosen."""
        return self.successes + self.failures

    @property
    def posterior_mean(self) -> Float[Tensor, "subject episode arm"]:
        """Payoff believed of each arm under a uniform prior."""
        return (1 + self.successes) / (2 + self.choices)

    def observe(self, senses: Senses) -> Counts:
        """Count the previous choice; the zeros of an episode's first step add nothing."""
        chosen, reward = senses.previous_action, senses.previous_reward[..., None]
        return Counts(self.successes + chosen * reward, self.failures + chosen * (1 - reward))


class CountingAgent(Agent):
    """A learner that scores every arm from its counts and takes the highest score.

    The first uniform number of a step breaks ties, all tied arms being equally likely; a
    subclass that needs chance for its scores asks for more ``choice_draws``. Runs on the CPU.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms of the bandit it will play.

    Raises
    ------
    ConfigurationError
        If there is no subject or fewer than two arms, and, when playing, if the task has another
        number of actions or pays anything but 0 and 1.
    """

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.arms = arms
        if not self.subjects:
            raise ConfigurationError("a reference learner has no subjects; give at least 1")
        if arms < 2:
            raise ConfigurationError(f"arms is {arms}: a bandit has at least 2")

    @abstractmethod
    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        """Score each arm; the highest is chosen.

        Parameters
        ----------
        counts : outcomes so far, the previous choice included.
        senses : what is received now.
        uniform : this step's random numbers but the one that breaks ties, ``subject episode draw``.
        """

    def begin(self, episodes: int) -> Counts:
        # Double precision: equal scores must compare equal, and close ones must not.
        nothing = torch.zeros(len(self.subjects), episodes, self.arms, dtype=torch.float64)
        return Counts(nothing, nothing)

    def respond(self, memory: Counts, senses: Senses, uniform: Tensor) -> Response:
        self._check(senses)
        counts = memory.observe(senses)
        score = self.score(counts, senses, uniform[..., 1:])
        return Response(choose_highest(score, uniform[..., 0]), counts)

    def _check(self, senses: Senses) -> None:
        actions = senses.previous_action.shape[-1]
        if actions != self.arms:
            raise ConfigurationError(
                f"the learner has {self.arms} arms but the task has {actions} actions; make them equal"
            )
        reward = senses.previous_reward
        if not ((reward == 0) | (reward == 1)).all():
            raise ConfigurationError("a reward is neither 0 nor 1; reference learners play Bernoulli bandits only")


def choose_highest(
    score: Float[Tensor, "subject episode arm"], uniform: Float[Tensor, "subject episode"]
) -> Int[Tensor, "subject episode"]:
    """Take the arm with the highest score; among equals each is as likely, by ``uniform`` in [0, 1)."""
    tied = score == score.amax(dim=-1, keepdim=True)
    ties = tied.sum(dim=-1)
    # The product can round up to the number of ties, which would name no arm.
    winner = (uniform * ties).long().clamp(max=ties - 1)
    # Tied arms are numbered 1, 2, ... from the left; the first to reach the winner's number is it.
    return (tied.cumsum(dim=-1) > winner[..., None]).int().argmax(dim=-1)

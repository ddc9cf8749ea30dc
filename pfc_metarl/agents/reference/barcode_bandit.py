"""Reference learners for barcode bandits, which know that one arm is good and how often it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import CountingAgent, Counts, choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

# Digits to which scores are compared: the same evidence counts as the same in whatever order it came.
DIGITS = 9


class LikeliestArmAgent(CountingAgent):
    """Bayes' rule over which arm is the good one, from this episode alone; the likeliest arm is pulled.

    It looks one pull ahead, and no further: an arm that failed is left for one that has not been tried.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not barcode bandits with the same arms and probabilities.
    """

    def __init__(self, task: BarcodeBandit, subjects: Sequence[int] | int) -> None:
        super().__init__(subjects, task.actions)
        self.evidence = task.evidence

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not (isinstance(task, BarcodeBandit) and task.evidence == self.evidence and task.actions == self.arms):
            raise ConfigurationError("this learner knows other rules: make it with the task that it is to play")

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses, uniform
        win, loss = self.evidence
        return (win * counts.successes + loss * counts.failures).round(decimals=DIGITS)


@dataclass(frozen=True)
class Diary:
    """What a learner knows that forgets nothing of an epoch.

    Attributes
    ----------
    look : of the present context; None before the episode's first step.
    own : outcomes of this episode.
    recalled : outcomes of all earlier episodes in which the context looked the same.
    looks, outcomes : one entry per finished episode of the epoch.
    """

    look: Float[Tensor, "subject episode feature"] | None
    own: Counts
    recalled: Counts
    looks: tuple[Float[Tensor, "subject episode feature"], ...] = ()
    outcomes: tuple[Counts, ...] = ()


class RememberingArmAgent(Agent):
    """The same with a perfect memory of all that it received in earlier episodes that looked the same.

    What the last pull of an episode earned is never received, and so not remembered; a network is no better off.
    That contexts share the arms out among them is not used.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not barcode bandits with the same arms and probabilities.
    """

    def __init__(self, task: BarcodeBandit, subjects: Sequence[int] | int) -> None:
        self._forgetful = LikeliestArmAgent(task, subjects)
        self.subjects = self._forgetful.subjects

    def refuse_unfit(self, task: Task[Any]) -> None:
        self._forgetful.refuse_unfit(task)

    def begin(self, episodes: int) -> Diary:
        nothing = self._forgetful.begin(episodes)
        return Diary(look=None, own=nothing, recalled=nothing)

    def begin_next(self, memory: Diary, episodes: int) -> Diary:
        assert memory.look is not None, "an episode has at least one step"
        looks, outcomes = (*memory.looks, memory.look), (*memory.outcomes, memory.own)
        return replace(self.begin(episodes), looks=looks, outcomes=outcomes)

    def respond(self, memory: Diary, senses: Senses, uniform: Tensor) -> Response:
        if memory.look is None:
            memory = replace(memory, look=senses.observation, recalled=self._recall(memory, senses.observation))
        own, recalled = memory.own.observe(senses), memory.recalled
        known = Counts(own.successes + recalled.successes, own.failures + recalled.failures)
        score = self._forgetful.score(known, senses, uniform)
        return Response(choose_highest(score, uniform[..., 0]), replace(memory, own=own))

    def _recall(self, memory: Diary, look: Float[Tensor, "subject episode feature"]) -> Counts:
        """Add up the outcomes of all episodes that looked like this."""
        successes, failures = memory.recalled.successes, memory.recalled.failures
        for earlier, outcome in zip(memory.looks, memory.outcomes, strict=True):
            same = (earlier == look).all(dim=-1, keepdim=True)
            successes, failures = successes + same * outcome.successes, failures + same * outcome.failures
        return Counts(successes, failures)

"""An ideal observer of the carousel, which can begin with what was believed at the end of another episode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.carousel import Belief, Carousel
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

# Digits to which beliefs are compared: arms that are as likely but for rounding are as likely.
DIGITS = 9


class LikeliestOnCarouselAgent(Agent):
    """Bayes' rule over order and good arm; the arm that is likeliest to be good is chosen.

    Its belief is exact. It looks one trial ahead, and does not explore for the sake of later trials.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.
    recalled : belief with which each episode begins; with fewer than are played, they are used again from the
        first. By default all orders and arms are as likely.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not a carousel with the same rules.
    """

    def __init__(self, task: Carousel, subjects: Sequence[int] | int, recalled: Belief | None = None) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.task = task
        self.recalled = task.prior(len(self.subjects), 1) if recalled is None else recalled

    def refuse_unfit(self, task: Task[Any]) -> None:
        # How long an episode lasts is no rule: every trial is like the others.
        rules = self.task.configuration
        if not (isinstance(task, Carousel) and task.configuration.model_copy(update={"trials": rules.trials}) == rules):
            raise ConfigurationError("this learner knows other rules: make it with the task that it is to play")

    def begin(self, episodes: int) -> Belief:
        return self.recalled[:, torch.arange(episodes) % self.recalled.shape[1]].double()

    def respond(self, memory: Belief, senses: Senses, uniform: Tensor) -> Response:
        if senses.step:
            memory = self.task.learned(memory, senses.previous_action.argmax(-1), senses.previous_reward)
        good_arm = memory.sum(-2).round(decimals=DIGITS)
        return Response(choose_highest(good_arm, uniform[..., 0]), memory)

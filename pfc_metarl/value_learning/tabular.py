"""Q-learning with a table: one row for every observation that is met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.identity import fingerprint
from pfc_metarl.value_learning.learner import Experience, Learner, LearnerConfiguration, epsilon_greedy

# Rows of the table at first; it doubles when they are used up.
FIRST_ROWS = 64


class TabularConfiguration(LearnerConfiguration):
    """Tabular Q-learning."""

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Step size alpha. Example: --learning-rate 0.5"""


class TabularQLearning(Learner):
    r"""Learn :math:`Q(s, a) \leftarrow Q(s, a) + \alpha (r + \gamma \max_{a'} Q(s', a') - Q(s, a))`.

    A state is an observation: those that are the same in every bit share a row, and nothing else is shared.
    Values begin at zero.

    References
    ----------
    Watkins & Dayan (1992), Machine Learning 8:279.
    """

    def __init__(self, configuration: TabularConfiguration, task: Task[Any], subjects: Sequence[int]) -> None:
        self.configuration = configuration
        self.subjects = tuple(subjects)
        self.value = torch.zeros(len(self.subjects), FIRST_ROWS, task.actions)
        self._name = torch.zeros(len(self.subjects), FIRST_ROWS, dtype=torch.int64)
        self._met = torch.zeros(len(self.subjects), dtype=torch.int64)
        self._subject = torch.arange(len(self.subjects))
        self._steps = 0

    def act(
        self, observation: Float[Tensor, "subject feature"], uniform: Float[Tensor, "subject draw"]
    ) -> Int[Tensor, " subject"]:
        value = self.value[self._subject, self._row(observation)]
        return epsilon_greedy(value, self.configuration.epsilon_at(self._steps), uniform)

    def learn(self, experience: Experience) -> None:
        settings = self.configuration
        self._steps += 1
        row, following = self._row(experience.observation), self._row(experience.following)
        expected = self.value[self._subject, following].amax(dim=-1).masked_fill(experience.ended, 0.0)
        place = (self._subject, row, experience.action)
        error = experience.reward + settings.discount * expected - self.value[place]
        self.value[place] += settings.learning_rate * error

    def _row(self, observation: Float[Tensor, "subject feature"]) -> Int[Tensor, " subject"]:
        """Find each subject's row; one that was never met is the next free one."""
        name = fingerprint(observation)
        most = int(self._met.max())
        same = self._name[:, :most] == name[:, None]
        same &= torch.arange(most) < self._met[:, None]
        row = torch.where(same.any(dim=-1), same.long().argmax(dim=-1), self._met) if most else self._met.clone()
        if most == self._name.shape[1]:
            self.value = torch.cat([self.value, torch.zeros_like(self.value)], dim=1)
            self._name = torch.cat([self._name, torch.zeros_like(self._name)], dim=1)
        self._name[self._subject, row] = name
        self._met = self._met.maximum(row + 1)
        return row

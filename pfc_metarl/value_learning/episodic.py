"""Model-free episodic control: do again what once went best."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.inputs import Channels
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.dictionary import Dictionaries
from pfc_metarl.value_learning.learner import Experience, Learner, LearnerConfiguration, epsilon_greedy
from pfc_metarl.value_learning.trace import Trace


class EpisodicControlConfiguration(LearnerConfiguration):
    """Model-free episodic control; the defaults are those of Blundell et al. (2016) for Labyrinth."""

    epsilon: Annotated[float, Field(ge=0.0, le=1.0)] = 0.005
    """Share of choices that are made at random. Example: --epsilon 0.05"""

    neighbours: Annotated[int, Field(ge=1)] = 50
    """Entries whose mean is the value of what was never met: 50 in Labyrinth, 11 in Atari. Example: --neighbours 11"""

    key: Channels = 64
    """Length of a key, a random projection of the observation. Example: --key 32"""

    capacity: Annotated[int, Field(ge=1)] = 100_000
    """Entries per action. Example: --capacity 1000000"""


class EpisodicControl(Learner):
    r"""Keep the best return that ever followed an action in a state, :math:`Q(s, a) \leftarrow \max(Q(s, a), R)`.

    Written from an episode's last step to its first when it ends. Where an action was never taken, its value is the
    mean over the nearest states in which it was, and zero where there are none. A state is known by a random projection
    of its observation, which is never learned. A full table loses the entry that was written the longest ago.

    The maximum takes luck for merit: this learner is made for worlds without chance.

    Parameters
    ----------
    configuration : settings.
    task : whose observations are seen.
    streams : of the subjects, for the projection.

    References
    ----------
    Blundell et al. (2016), arXiv 1606.04460, equations 1 and 2, Algorithm 1.
    """

    def __init__(self, configuration: EpisodicControlConfiguration, task: Task[Any], streams: Streams) -> None:
        if configuration.capacity < task.steps:
            raise ConfigurationError(
                f"capacity is {configuration.capacity}: give at least the {task.steps} steps of an episode"
            )
        self.configuration = configuration
        self.subjects = streams.subjects
        self.actions = task.actions
        drawn = [generator.normal(size=(task.features, configuration.key)) for generator in streams.generators("key")]
        # Distances between keys are about those between observations.
        self.projection = torch.from_numpy(np.stack(drawn)).float() / math.sqrt(configuration.key)
        self.memory = Dictionaries(len(self.subjects) * self.actions, configuration.capacity, configuration.key)
        self._trace = Trace(len(self.subjects), task.steps, configuration.discount)
        self._key = torch.empty(0)
        self._steps = 0

    def begin(self) -> None:
        self._trace.clear(torch.ones(len(self.subjects), dtype=torch.bool))

    def act(
        self, observation: Float[Tensor, "subject feature"], uniform: Float[Tensor, "subject draw"]
    ) -> Int[Tensor, " subject"]:
        self._key = torch.bmm(observation[:, None], self.projection)[:, 0]
        return epsilon_greedy(self.value(self._key), self.configuration.epsilon_at(self._steps), uniform)

    def value(self, key: Float[Tensor, "subject key"]) -> Float[Tensor, "subject action"]:
        """Value of each action in the states with these keys."""
        own = key.repeat_interleave(self.actions, dim=0)
        table = torch.arange(len(own))
        place, there = self.memory.find(table, own)
        if there.all():
            return self.memory.value[table, place].view(len(key), self.actions)
        near, known = self.memory.nearest(own[:, None], self.configuration.neighbours)
        near, known = near[:, 0], known[:, 0]
        total = self.memory.value.gather(1, near).masked_fill(~known, 0.0).sum(dim=-1)
        mean = total / known.sum(dim=-1).clamp(min=1)
        if there.any():
            mean = torch.where(there, self.memory.value[table, place], mean)
        return mean.view(len(key), self.actions)

    def learn(self, experience: Experience) -> None:
        self._trace.append(key=self._key, action=experience.action, reward=experience.reward)
        self._steps += 1
        if experience.ended.any():
            self._write(experience.ended.nonzero()[:, 0])
            self._trace.clear(experience.ended)

    def _write(self, over: Int[Tensor, " episode"]) -> None:
        """Write the episodes of some subjects."""
        episode, step = self._trace.rows(over, last=self._trace.horizon)
        subject, kept = over[episode], self._trace.at(over[episode], step)
        table = subject * self.actions + kept["action"]
        when = self._steps - self._trace.length[subject] + step
        self.memory.write(table, kept["key"], self._trace.returns(over)[episode, step], when, torch.maximum)

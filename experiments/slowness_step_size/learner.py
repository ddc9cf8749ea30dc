"""A deep Q-network of which each subject takes steps of a size of its own."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.replay import Replay


class SteppedDQN(DQN):
    """DQN whose subjects differ in the step size, so that many step sizes live side by side.

    Adam's update is proportional to its step size. So it is made with size one, and each subject goes its own part of
    that way.

    Parameters
    ----------
    configuration : settings; their step size is not used.
    task, streams : as of any DQN.
    step_size : of each subject.
    """

    def __init__(
        self,
        configuration: DQNConfiguration,
        task: Task[Any],
        streams: Streams,
        step_size: Float[Tensor, " subject"],
    ) -> None:
        super().__init__(configuration.model_copy(update={"learning_rate": 1.0}), task, streams)
        self._size = {name: step_size.view(-1, *[1] * (each.ndim - 1)) for name, each in self.weights.items()}

    def begin_task(self) -> None:
        """Empty the replay, so that nothing of an earlier task is learned again; everything else stays."""
        self._replay = Replay(len(self.subjects), self.configuration.replay)
        self._steps = 0

    def _descend(self) -> None:
        before = self._copy()
        super()._descend()
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(before[name].lerp(weight, self._size[name]))

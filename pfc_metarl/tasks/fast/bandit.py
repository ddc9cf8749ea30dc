"""Bernoulli bandits on kernels."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.fast.world import CompiledWorld


@kernel
@no_type_check
def _pay(probability, action, uniform, reward):
    for subject in range(action.shape[0]):
        for episode in range(action.shape[1]):
            paid = uniform[subject, episode, 0] < probability[subject, episode, action[subject, episode]]
            reward[subject, episode] = FLOAT(1) if paid else FLOAT(0)


class CompiledBandit(CompiledWorld):
    """``Bandit``."""

    def __init__(self, task: Bandit, subjects: int, episodes: int) -> None:
        self.task = task
        self._probability = np.empty((subjects, episodes, task.actions), np.float32)

    def start(self, uniform: np.ndarray, observation: np.ndarray) -> None:
        del observation
        self._probability[:] = self.task.start(torch.from_numpy(uniform))[0].probability.numpy()

    def step(
        self, step: int, action: np.ndarray, uniform: np.ndarray, reward: np.ndarray, observation: np.ndarray
    ) -> None:
        del step, observation
        _pay(self._probability, action, uniform, reward)

    def expected_reward(self) -> np.ndarray:
        return self._probability

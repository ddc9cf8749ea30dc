"""Bernoulli bandits on kernels."""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.fast.world import CompiledWorld


@kernel
@no_type_check
def _nothing(state, subject, step, observation):
    pass


@kernel
@no_type_check
def _pay(state, subject, step, action, uniform, reward):
    probability = state[0][subject]
    for episode in range(action.shape[0]):
        paid = uniform[episode, 0] < probability[episode, action[episode]]
        reward[episode] = FLOAT(1) if paid else FLOAT(0)


class CompiledBandit(CompiledWorld):
    """``Bandit``."""

    show, advance = staticmethod(_nothing), staticmethod(_pay)

    def __init__(self, task: Bandit) -> None:
        self.task = task
        self._probability = np.empty((0, 0, task.actions), np.float32)

    def start(self, uniform: np.ndarray, worlds: np.ndarray) -> tuple[Any, ...]:
        del worlds
        self._probability = self.task.start(torch.from_numpy(uniform))[0].probability.contiguous().numpy()
        return (self._probability,)

    def expected_reward(self) -> np.ndarray:
        return self._probability

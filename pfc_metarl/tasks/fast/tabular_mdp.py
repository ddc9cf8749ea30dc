"""Random Markov decision processes on kernels."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.tabular_mdp import REWARD_DEVIATION, TabularMDP
from pfc_metarl.tasks.task import draw_normal


@kernel
@no_type_check
def _move(mean_reward, cumulative, place, action, uniform, noise, reward):
    """Take what noise leaves of the mean reward, and go where the first uniform number points."""
    for subject in range(action.shape[0]):
        for episode in range(action.shape[1]):
            where, taken = place[subject, episode], action[subject, episode]
            reward[subject, episode] = mean_reward[subject, episode, where, taken] + noise[subject, episode]
            reached, following = cumulative[subject, episode, where, taken], 0
            for state in range(reached.shape[0] - 1):
                following += uniform[subject, episode, 0] >= reached[state]
            place[subject, episode] = following


@kernel
@no_type_check
def _show(place, returned, observation):
    states = observation.shape[2] - 1
    for subject in range(observation.shape[0]):
        for episode in range(observation.shape[1]):
            row = observation[subject, episode]
            row[:] = FLOAT(0)
            row[place[subject, episode]] = FLOAT(1)
            row[states] = FLOAT(1) if returned else FLOAT(0)


class CompiledTabularMDP(CompiledWorld):
    """``TabularMDP``."""

    def __init__(self, task: TabularMDP, subjects: int, episodes: int) -> None:
        self.task = task
        self._place = np.empty((subjects, episodes), np.int64)

    def start(self, uniform: np.ndarray, observation: np.ndarray) -> None:
        state, _ = self.task.start(torch.from_numpy(uniform))
        self._mean_reward = state.world.mean_reward.numpy()
        self._cumulative = state.world.transition.cumsum(dim=-1).numpy()
        self._place[:] = state.place
        _show(self._place, False, observation)

    def step(
        self, step: int, action: np.ndarray, uniform: np.ndarray, reward: np.ndarray, observation: np.ndarray
    ) -> None:
        # Torch's own numbers, since the same function elsewhere has other last bits.
        noise = REWARD_DEVIATION * draw_normal(torch.from_numpy(uniform)[..., 1])
        _move(self._mean_reward, self._cumulative, self._place, action, uniform, noise.numpy(), reward)
        returned = (step + 1) % self.task.configuration.horizon == 0
        if returned:
            self._place[:] = 0
        _show(self._place, returned, observation)

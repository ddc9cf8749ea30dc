"""Random Markov decision processes on kernels."""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.tabular_mdp import REWARD_DEVIATION, TabularMDP
from pfc_metarl.tasks.task import draw_normal


@kernel
@no_type_check
def _move(state, subject, step, action, uniform, reward):
    """Take what noise leaves of the mean reward, and go where the first uniform number points, or back at last."""
    mean_reward, cumulative, noise = state[0][subject], state[1][subject], state[2][subject, step]
    place, horizon = state[3][subject], state[4]
    for episode in range(action.shape[0]):
        where, taken = place[episode], action[episode]
        reward[episode] = mean_reward[episode, where, taken] + noise[episode]
        reached, following = cumulative[episode, where, taken], 0
        for other in range(reached.shape[0] - 1):
            following += uniform[episode, 0] >= reached[other]
        place[episode] = 0 if (step + 1) % horizon == 0 else following


@kernel
@no_type_check
def _show(state, subject, step, observation):
    place, returned = state[3][subject], step > 0 and step % state[4] == 0
    states = observation.shape[1] - 1
    for episode in range(observation.shape[0]):
        row = observation[episode]
        row[:] = FLOAT(0)
        row[place[episode]] = FLOAT(1)
        row[states] = FLOAT(1) if returned else FLOAT(0)


class CompiledTabularMDP(CompiledWorld):
    """``TabularMDP``."""

    show, advance = staticmethod(_show), staticmethod(_move)

    def __init__(self, task: TabularMDP) -> None:
        self.task = task

    def start(self, uniform: np.ndarray, worlds: np.ndarray) -> tuple[Any, ...]:
        state, _ = self.task.start(torch.from_numpy(uniform))
        # Torch's own numbers, since the same function elsewhere has other last bits.
        noise = REWARD_DEVIATION * draw_normal(torch.from_numpy(worlds)[..., 1])
        return (
            state.world.mean_reward.numpy(),
            state.world.transition.cumsum(dim=-1).numpy(),
            noise.numpy(),
            state.place.numpy().copy(),
            self.task.configuration.horizon,
        )

"""The two-step task on kernels."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.two_step import NOWHERE, STAGE_1, STAGE_2, TwoStep


@kernel
@no_type_check
def _answer(phase, settings, good, second, abandoned, action, uniform, reward):
    """Take the responses of one step; uniform numbers are used as ``TwoStep.step`` uses them."""
    common, high, low, hazard, invalid_reward, ends_trial = settings
    for subject in range(action.shape[0]):
        for episode in range(action.shape[1]):
            place, taken, chance = (subject, episode), action[subject, episode], uniform[subject, episode]
            nothing = abandoned[place] or (phase == STAGE_2 and second[place] == NOWHERE)
            wanted = taken != CENTRE if phase == STAGE_1 else taken == CENTRE
            allowed = nothing or wanted
            earned = FLOAT(0) if allowed else invalid_reward
            if phase == STAGE_2:
                payoff = high if good[place] == second[place] else low
                if allowed and second[place] != NOWHERE and chance[0] < payoff:
                    earned = FLOAT(1)
                if chance[1] < hazard:
                    good[place] = 1 - good[place]
                second[place] = NOWHERE
                abandoned[place] = False
            else:
                abandoned[place] = ends_trial and (abandoned[place] or not allowed)
                if phase == STAGE_1 and taken != CENTRE and not abandoned[place]:
                    second[place] = taken if chance[0] < common else 1 - taken
            reward[place] = earned


@kernel
@no_type_check
def _show(phase, second, abandoned, observation):
    cue = observation.shape[2] - 3
    for subject in range(observation.shape[0]):
        for episode in range(observation.shape[1]):
            row, shown = observation[subject, episode], second[subject, episode]
            row[:] = FLOAT(0)
            if not abandoned[subject, episode]:
                if phase == STAGE_2:
                    if shown != NOWHERE:
                        row[cue + 1 + shown] = FLOAT(1)
                else:
                    row[cue if phase == STAGE_1 else 0] = FLOAT(1)


class CompiledTwoStep(CompiledWorld):
    """``TwoStep``, without what an ideal observer believes."""

    def __init__(self, task: TwoStep, subjects: int, episodes: int) -> None:
        self.task = task
        own = task.configuration
        high = own.reward_probability
        numbers = (own.common, high, 1 - high, own.switch_probability, own.invalid_reward)
        self._settings = (*map(np.float32, numbers), own.invalid_ends_trial)
        self._good = np.empty((subjects, episodes), np.int64)
        self._second = np.empty((subjects, episodes), np.int64)
        self._abandoned = np.empty((subjects, episodes), np.bool_)

    def start(self, uniform: np.ndarray, observation: np.ndarray) -> None:
        state, _ = self.task.start(torch.from_numpy(uniform))
        self._good[:], self._second[:], self._abandoned[:] = state.good_state, state.second_state, state.abandoned
        self._see(0, observation)

    def step(
        self, step: int, action: np.ndarray, uniform: np.ndarray, reward: np.ndarray, observation: np.ndarray
    ) -> None:
        state = self._good, self._second, self._abandoned
        _answer(self._phase(step), self._settings, *state, action, uniform, reward)
        self._see(step + 1, observation)

    def _see(self, step: int, observation: np.ndarray) -> None:
        _show(self._phase(step), self._second, self._abandoned, observation)

    def _phase(self, step: int) -> int:
        return self.task.phases[step % len(self.task.phases)]

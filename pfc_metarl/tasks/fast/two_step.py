"""The two-step task on kernels."""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
import torch

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.two_step import NOWHERE, STAGE_1, STAGE_2, TwoStep


@kernel
@no_type_check
def _answer(state, subject, step, action, uniform, reward):
    """Take the responses of one step; uniform numbers are used as ``TwoStep.step`` uses them."""
    phases, settings = state[0], state[1]
    good, second, abandoned = state[2][subject], state[3][subject], state[4][subject]
    common, high, low, hazard, invalid_reward, ends_trial = settings
    phase = phases[step % len(phases)]
    for episode in range(action.shape[0]):
        taken, chance = action[episode], uniform[episode]
        nothing = abandoned[episode] or (phase == STAGE_2 and second[episode] == NOWHERE)
        wanted = taken != CENTRE if phase == STAGE_1 else taken == CENTRE
        allowed = nothing or wanted
        earned = FLOAT(0) if allowed else invalid_reward
        if phase == STAGE_2:
            payoff = high if good[episode] == second[episode] else low
            if allowed and second[episode] != NOWHERE and chance[0] < payoff:
                earned = FLOAT(1)
            if chance[1] < hazard:
                good[episode] = 1 - good[episode]
            second[episode] = NOWHERE
            abandoned[episode] = False
        else:
            abandoned[episode] = ends_trial and (abandoned[episode] or not allowed)
            if phase == STAGE_1 and taken != CENTRE and not abandoned[episode]:
                second[episode] = taken if chance[0] < common else 1 - taken
        reward[episode] = earned


@kernel
@no_type_check
def _show(state, subject, step, observation):
    phases, second, abandoned = state[0], state[3][subject], state[4][subject]
    phase, cue = phases[step % len(phases)], observation.shape[1] - 3
    for episode in range(observation.shape[0]):
        row, shown = observation[episode], second[episode]
        row[:] = FLOAT(0)
        if not abandoned[episode]:
            if phase == STAGE_2:
                if shown != NOWHERE:
                    row[cue + 1 + shown] = FLOAT(1)
            else:
                row[cue if phase == STAGE_1 else 0] = FLOAT(1)


class CompiledTwoStep(CompiledWorld):
    """``TwoStep``, without what an ideal observer believes."""

    show, advance = staticmethod(_show), staticmethod(_answer)

    def __init__(self, task: TwoStep) -> None:
        self.task = task
        own = task.configuration
        high = own.reward_probability
        numbers = (own.common, high, 1 - high, own.switch_probability, own.invalid_reward)
        self._fixed = (np.array(task.phases), (*map(np.float32, numbers), own.invalid_ends_trial))

    def start(self, uniform: np.ndarray, worlds: np.ndarray) -> tuple[Any, ...]:
        del worlds
        state, _ = self.task.start(torch.from_numpy(uniform))
        changing = (state.good_state, state.second_state, state.abandoned)
        return (*self._fixed, *(each.numpy().copy() for each in changing))

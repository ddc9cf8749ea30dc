"""What happens between two steps of the network: an action is chosen, and what follows from it is received."""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.arithmetic import LOWEST, exponential


@kernel
@no_type_check
def choose(logits, uniform, action):
    """Sample actions as ``population.choose`` does."""
    subjects, episodes, actions = logits.shape
    weight = np.empty(actions, logits.dtype)
    for subject in range(subjects):
        for episode in range(episodes):
            row = logits[subject, episode]
            highest = row[0]
            for column in range(1, actions):
                highest = max(highest, row[column])
            total = FLOAT(0)
            for column in range(actions):
                below = row[column] - highest
                weight[column] = exponential(below) if below > LOWEST else FLOAT(0)
                total += weight[column]
            threshold, reached, chosen = uniform[subject, episode] * total, weight[0], 0
            while chosen < actions - 1 and threshold >= reached:
                chosen += 1
                reached += weight[chosen]
            action[subject, episode] = chosen


@kernel
@no_type_check
def receive(action, reward, time, received, action_places, reward_places, time_places):
    """Write what ``build_input`` joins to the observation; rows of ``received`` are one subject's episode.

    The places are first column and end of each channel, the same where the network has none.
    """
    first, end = action_places
    for subject in range(received.shape[0]):
        for episode in range(received.shape[1]):
            row = received[subject, episode]
            for column in range(first, end):
                row[column] = FLOAT(1) if column - first == action[subject, episode] else FLOAT(0)
            for column in range(*reward_places):
                row[column] = reward[subject, episode]
            for column in range(*time_places):
                row[column] = time

"""What happens between two steps of the network: an action is chosen, and what follows from it is received."""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.arithmetic import LOWEST, exponential


@kernel
@no_type_check
def unnormalised_policy(logits, below, weight, total):
    """How far each logit lies below the highest, e to that, and their sums; rows are actions, then episodes."""
    episodes, actions = logits.shape
    for episode in range(episodes):
        highest = logits[episode, 0]
        for action in range(1, actions):
            highest = max(highest, logits[episode, action])
        for action in range(actions):
            below[action, episode] = logits[episode, action] - highest
        total[episode] = FLOAT(0)
    for action in range(actions):
        depths, weights = below[action], weight[action]
        for episode in range(episodes):
            depth = depths[episode]
            weights[episode] = exponential(depth) if depth > LOWEST else FLOAT(0)
            total[episode] += weights[episode]


@kernel
@no_type_check
def choose(logits, uniform, action):
    """Sample one subject's actions as ``population.choose`` does."""
    episodes, actions = logits.shape
    below, weight = np.empty((actions, episodes), logits.dtype), np.empty((actions, episodes), logits.dtype)
    total = np.empty(episodes, logits.dtype)
    unnormalised_policy(logits, below, weight, total)
    for episode in range(episodes):
        threshold, reached, chosen = uniform[episode] * total[episode], weight[0, episode], 0
        while chosen < actions - 1 and threshold >= reached:
            chosen += 1
            reached += weight[chosen, episode]
        action[episode] = chosen


@kernel
@no_type_check
def choose_all(logits, uniform, action):
    """Sample every subject's actions."""
    for subject in range(logits.shape[0]):
        choose(logits[subject], uniform[subject], action[subject])


@kernel
@no_type_check
def receive(action, reward, time, received, action_places, reward_places, time_places):
    """Write what ``build_input`` joins to one subject's observation; rows of ``received`` are episodes.

    The places are first column and end of each channel, the same where the network has none.
    """
    first, end = action_places
    for episode in range(received.shape[0]):
        row = received[episode]
        for column in range(first, end):
            row[column] = FLOAT(1) if column - first == action[episode] else FLOAT(0)
        for column in range(*reward_places):
            row[column] = reward[episode]
        for column in range(*time_places):
            row[column] = time

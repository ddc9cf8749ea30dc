"""A subject's life in a world on kernels, and what its outputs learn from it, without leaving compiled code.

What is written here number by number is defined by ``rollout.collect``, ``returns`` and ``loss.actor_critic_loss``.
Arrays are of one subject, "step episode" and float32, unless they are said to be otherwise; ``said`` has policy logits
first, then the value.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.acting import choose, receive, unnormalised_policy
from pfc_metarl.network.fast.kernels import Passes


def life_in(show: Any, advance: Any, passes: Passes) -> Any:
    """Make the kernel that lives one subject's episodes, given the world's two kernels and the core's passes."""
    forward = passes.forward

    @kernel
    @no_type_check
    def live(subject, world, uniform, weights, initial, activity, lived, places):
        """Live a batch of episodes; only the world, the uniform numbers and the initial state are all subjects'."""
        (worlds, choices), joined, (said, action, reward) = uniform, activity[0], lived
        features, actions, action_places, reward_places, time_places = places
        begin(subject, initial, activity)
        steps = action.shape[0]
        for step in range(steps):
            received = joined[0, step]
            show(world, subject, step, received[:, :features])
            if step > 0:
                time = FLOAT(step / steps)
                receive(action[step - 1], reward[step - 1], time, received, action_places, reward_places, time_places)
            forward(0, step, weights, activity, said[step])
            choose(said[step, :, :actions], choices[subject, step], action[step])
            advance(world, subject, step, action[step], worlds[subject, step], reward[step])

    return live


@kernel
@no_type_check
def begin(subject, initial, activity):
    """Write the state that a subject begins with. What it then did and earned before stays zero, as it was made."""
    joined, cell = activity[0], activity[2]
    for episode in range(joined.shape[2]):
        row, hidden = joined[0, 0, episode], initial[0][subject, episode]
        inputs = row.shape[0] - hidden.shape[0]
        for unit in range(hidden.shape[0]):
            row[inputs + unit] = hidden[unit]
            if cell.size:
                cell[0, 0, episode, unit] = initial[-1][subject, episode, unit]


@kernel
@no_type_check
def judge(lived, actions, carry, settings, slopes):
    """Write the gradient that a subject's outputs get from the actor-critic loss; return the loss.

    ``carry`` has each step's share of the next one's advantage; ``settings`` are discount, dopamine and the loss's
    coefficients for value and entropy.
    """
    (said, action, reward), (discount, dopamine, value_coefficient, entropy_coefficient) = lived, settings
    steps, episodes = reward.shape
    delta, policy = np.empty((steps, episodes), FLOAT), np.empty((actions, episodes), FLOAT)
    log_policy, total, entropy = (
        np.empty((actions, episodes), FLOAT),
        np.empty(episodes, FLOAT),
        np.empty(episodes, FLOAT),
    )
    advantage(reward, said[:, :, actions], discount, carry, delta)
    share, loss = FLOAT(1) / FLOAT(episodes), 0.0
    for step in range(steps):
        unnormalised_policy(said[step, :, :actions], log_policy, policy, total)
        normalise(policy, log_policy, total, entropy)
        for episode in range(episodes):
            error, row, taken = dopamine * delta[step, episode], slopes[step, episode], action[step, episode]
            for column in range(actions):
                to_entropy = policy[column, episode] * (log_policy[column, episode] + entropy[episode])
                row[column] = share * (error * policy[column, episode] + entropy_coefficient * to_entropy)
            row[taken] -= share * error
            row[actions] = -share * value_coefficient * error
            loss += (
                FLOAT(0.5) * value_coefficient * error * error
                - error * log_policy[taken, episode]
                - entropy_coefficient * entropy[episode]
            )
    return loss / episodes


@kernel
@no_type_check
def advantage(reward, value, discount, carry, total):
    """Errors in predicted reward, each with a share of the next one; episodes last for all steps."""
    steps, episodes = reward.shape
    for step in range(steps - 1, -1, -1):
        earned, expected, sums = reward[step], value[step], total[step]
        for episode in range(episodes):
            sums[episode] = earned[episode] - expected[episode]
        if step < steps - 1:
            share, following, later = carry[step], value[step + 1], total[step + 1]
            for episode in range(episodes):
                sums[episode] += discount * following[episode] + share * later[episode]


@kernel
@no_type_check
def normalise(policy, log_policy, total, entropy):
    """Turn what ``unnormalised_policy`` wrote into probabilities and their logarithms; write the entropy."""
    actions, episodes = policy.shape
    entropy[:] = FLOAT(0)
    for action in range(actions):
        probability = policy[action]
        for episode in range(episodes):
            probability[episode] /= total[episode]
    for episode in range(episodes):
        total[episode] = np.log(total[episode])
    for action in range(actions):
        probability, logarithm = policy[action], log_policy[action]
        for episode in range(episodes):
            logarithm[episode] -= total[episode]
            entropy[episode] -= probability[episode] * logarithm[episode]

"""What is learned one after the other, by whom and in steps of which sizes, as data."""

from __future__ import annotations

from typing import Any

from pfc_metarl.tasks.contextual_bandit import ContextualBandit, ContextualBanditConfiguration
from pfc_metarl.value_learning.dqn import DQNConfiguration

SUBJECTS = 8

# Of Adam; every subject lives once with each.
STEP_SIZES = (0.0002, 0.0005, 0.00125, 0.003, 0.008, 0.02)

# Environment steps in each task of the sequence.
STEPS = 2500

# Steps from one look at what has been learned to the next.
PROBE_EVERY = 20

# Share of a task's contexts with the right greedy choice that counts as learned.
CRITERION = 0.9

# Each episode is a task of the sequence, with contexts and better arms of its own. Rewards are certain, so that no step
# need be small for the sake of averaging.
TASK = ContextualBanditConfiguration(arms=4, contexts=40, bits=16, better=1.0, worse=0.0, trials=STEPS)

# No choice changes what comes next, so that only the next reward matters. All steps of a task are kept for replay.
LEARNER = DQNConfiguration(discount=0.0, epsilon=0.1, replay=STEPS)

# Share of the best speed, and of what was known, that would make a step size both fast and retentive.
BOTH = 2 / 3

# Share of the better arms that a choice among all of them finds by chance.
CHANCE = 1 / TASK.arms

# All learning is part of the evaluation: there is nothing to train beforehand.
PRESETS: dict[str, dict[str, Any]] = {"fast": {}, "paper": {}}


def make_task() -> ContextualBandit:
    """Make the world that all subjects live in."""
    return ContextualBandit(TASK)

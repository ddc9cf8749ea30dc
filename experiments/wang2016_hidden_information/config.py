"""What is trained and tested on arms with hidden information, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
EVALUATION_EPISODES = 1000

# Ten candidates and the informative arm, five pulls.
TASK = {"candidates": 10, "trials": 5}

# Of both presets, as in the paper. The bonus on entropy begins high: whoever stops trying too
# early never learns that the worst arm is worth a pull.
SHARED = {"discount": 0.8, "entropy_coefficient": 1.0, "final_entropy_coefficient": 0.0, "unroll": 5}

FAST = TrainingConfiguration(updates=1000, episodes=64, **SHARED)

# The number of training episodes is not stated for this experiment.
PAPER = published(updates=50_000, learning_rate=1e-3, **SHARED)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population. The last reward arrives one-hot, as the task's observation, and in no other way."""
    return {
        "informative-arm": Recipe(
            task="informative-arm",
            task_settings=TASK,
            network=NetworkConfiguration(core="lstm", units=48, time_input=True, reward_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

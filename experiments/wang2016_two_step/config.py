"""What is trained and tested in the two-step task of 2016, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
EVALUATION_EPISODES = 1000

# Probability of the common transition, which learners fitted to the choices know.
COMMON = 0.75

# Ten trials of two steps, a choice and the state it leads to. The good state is drawn once an episode.
TASK = {"trials": 10, "common": COMMON, "reward_probability": 0.9, "switch_probability": 0.0, "fixation": False}

# Of both presets, as in the paper.
SHARED = {"discount": 0.9, "entropy_coefficient": 0.05, "unroll": 20}

FAST = TrainingConfiguration(updates=1000, episodes=64, **SHARED)

# The number of training episodes is not stated for this experiment.
PAPER = published(updates=20_000, **SHARED)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population, which receives action, reward, time and what the task shows."""
    return {
        "two-step": Recipe(
            task="two-step",
            task_settings=TASK,
            network=NetworkConfiguration(core="lstm", units=48, time_input=True),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

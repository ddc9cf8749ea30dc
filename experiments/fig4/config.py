"""What is trained and tested for Figure 4, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 24
EVALUATION_EPISODES = 300

# Panel 4c shows one subject, as in the paper; which one was fixed beforehand.
SHOWN = 0
SHOWN_EPISODES = 1200

# Trials around the reversal on which the state at fixation is read.
SINCE_REVERSAL = range(-4, 7)

# Gamma of both presets; the networks' values are read with it.
DISCOUNT = 0.9

FAST = TrainingConfiguration(updates=3000, episodes=32, discount=DISCOUNT)

PAPER = published(updates=30_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population; the network is told no time (Methods of 2018)."""
    return {
        "inferred-value": Recipe(
            task="inferred-value",
            task_settings={"trials": TRIALS},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

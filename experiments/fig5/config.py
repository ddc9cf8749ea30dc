"""What is trained and tested for Figure 5, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 100
EVALUATION_EPISODES = 300

# Prediction errors are compared in the first of these episodes, as in the paper.
ERROR_EPISODES = 30

# Trials back in the regression of panel 5e.
LAGS = 5

# Probability of the common transition, which the model-based learner knows.
COMMON = 0.8

# Gamma of both presets; the networks' values are read with it.
DISCOUNT = 0.9

# Shuffles behind each r squared.
SHUFFLES = 200

FAST = TrainingConfiguration(updates=2000, episodes=32, discount=DISCOUNT, unroll=300)

PAPER = published(updates=10_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population; the network is told no time (Methods of 2018)."""
    return {
        "two-step": Recipe(
            task="two-step",
            task_settings={"trials": TRIALS, "common": COMMON},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

"""What is trained and tested for Figure 2, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 100

# Training episodes have this many trials or more, up to all.
MINIMUM_TRIALS = 50

EVALUATION_EPISODES = 300

# Trials back in the regression of panel 2f.
LAGS = 15

# Stretches of lags between which the reward kernel must fall, first to last lag.
EARLY, MIDDLE, LATE = (1, 3), (4, 8), (9, 15)

# Shuffles behind each unit's partial correlations: one half sets the limit, the other is judged by it.
SHUFFLES = 200

FAST = TrainingConfiguration(updates=20_000, episodes=8, learning_rate=4e-3, entropy_coefficient=0.02, unroll=200)

PAPER = published(updates=30_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population, which never meets the held-out base rates and is told no time (Methods of 2018)."""
    return {
        "foraging": Recipe(
            task="foraging",
            task_settings={"trials": TRIALS, "minimum_trials": MINIMUM_TRIALS, "base_rates": "training"},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

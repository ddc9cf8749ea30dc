"""What is trained and tested on restless bandits, as data."""

from __future__ import annotations

from typing import Literal

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 100

# Test episodes of each volatility; so many of them enter fits of learning rates, in blocks of so many.
EVALUATION_EPISODES = 150
FITTED_EPISODES = 50
BLOCK = 10

# Standard deviation of the walk's steps. The paper's text does not give them.
STEPS: dict[Literal["low", "high"], float] = {"low": 0.02, "high": 0.2}

# Exploration constant of UCB, and among what the best Thompson sampling and the best delta rule are sought.
UCB_CHI = 1.0
THOMPSON_STEPS = (0.02, 0.05, 0.1, 0.2)
RATES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
INVERSE_TEMPERATURES = (10.0, 25.0, 100.0)

# Gamma of the fast preset. A choice changes nothing that comes later, and either arm's outcome tells
# as much about p: only the next reward matters.
FAST = TrainingConfiguration(updates=1500, episodes=32, discount=0.1)

# The number of training episodes is not stated for this experiment.
PAPER = published(
    updates=20_000,
    learning_rate=1e-3,
    discount=0.8,
    entropy_coefficient=1.0,
    final_entropy_coefficient=0.0,
    unroll=150,
)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population, on episodes of either volatility."""
    return {
        "restless": Recipe(
            task="restless-bandit",
            task_settings={"trials": TRIALS, **{f"{name}_step": step for name, step in STEPS.items()}},
            network=NetworkConfiguration(core="lstm", units=48, time_input=True),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

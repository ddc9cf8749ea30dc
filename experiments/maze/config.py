"""What is trained and tested in mazes, as data."""

from __future__ import annotations

from typing import Any

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8

# Mazes of both sets; none of the held-out ones is ever trained in, not even turned or mirrored.
SIDE = 5
TASK: dict[str, Any] = {"side": SIDE, "mazes": 1000, "maze_seed": 0}

# Steps per episode in training, and at test: long enough for a slow first visit to be followed by two more.
TRAINING_LENGTH = 100
EVALUATION_LENGTH = 300
EVALUATION_EPISODES = 200

# Visits that are drawn; the claim is about the third.
VISITS = 6
THIRD = 3

# Exchanges of whole episodes behind the decoder.
DECODING_SHUFFLES = 20

# What the goal pays, which is what tells a visit's end.
GOAL_REWARD = 1.0

FAST = TrainingConfiguration(
    updates=4000,
    episodes=32,
    learning_rate=7e-3,
    discount=0.9,
    trace=0.9,
    entropy_coefficient=0.03,
)

# The papers' own mazes are three-dimensional; these are the general settings of 2018.
PAPER = published(updates=100_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population; it is told neither time nor place."""
    return {
        "maze": Recipe(
            task="maze",
            task_settings={**TASK, "length": TRAINING_LENGTH},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

"""Worlds, learners and their settings, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.episodic import EpisodicControl, EpisodicControlConfiguration
from pfc_metarl.value_learning.neural_episodic import NeuralEpisodicControl, NeuralEpisodicControlConfiguration
from pfc_metarl.value_learning.tabular import TabularConfiguration, TabularQLearning

from .recipe import Kind, LifeRecipe, World

SUBJECTS = 8

# A choice among arms changes nothing that comes later, so that only the next reward matters there.
WORLDS = {
    "maze": World("maze, from pixels", "pixel-maze", {"side": 4, "length": 300}, 12_000, 200, 0.9),
    "bandit": World("contextual bandit", "contextual-bandit", {"better": 1.0, "worse": 0.0}, 6000, 100, 0.0),
    "chance": World("contextual bandit, .9 and .1", "contextual-bandit", {}, 6000, 100, 0.0),
}

KINDS = {
    "mfec": Kind("model-free episodic control", EpisodicControl, EpisodicControlConfiguration),
    "nec": Kind("neural episodic control", NeuralEpisodicControl, NeuralEpisodicControlConfiguration),
    "dqn": Kind("DQN", DQN, DQNConfiguration),
    "tabular": Kind(
        "tabular Q-learning",
        lambda settings, task, streams: TabularQLearning(settings, task, streams.subjects),
        TabularConfiguration,
    ),
}

EPISODIC = ("mfec", "nec")

# What is published stands in the configurations' defaults; what is not was tuned (README). DQN replays a batch every
# four steps, as published.
PAPER: dict[str, Mapping[str, Any]] = {
    "mfec": {},
    "nec": {"capacity": 1000, "replay": 5000, "features": 32},
    "dqn": {"update_every": 4, "learning_rate": 2e-3},
    "tabular": {"learning_rate": 0.5},
}

# In lives so short, fifty neighbours are for long all that a table holds.
FAST = {**PAPER, "nec": {**PAPER["nec"], "neighbours": 10}}

# DQN's final level: its mean reward over this last part of its life, and as much of that as must be reached.
LAST_PART = 0.1
ENOUGH = 0.95

# Episodic control may take this part of DQN's steps; DQN must itself come so near to the best that can be done.
FIFTH = 0.2
LEARNED = 0.8


def recipes(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, LifeRecipe]:
    """Every kind of learner in every world."""
    return {
        f"{world}-{kind}": LifeRecipe(WORLDS[world], KINDS[kind], settings[kind]) for world in WORLDS for kind in KINDS
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

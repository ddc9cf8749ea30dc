"""What is trained and tested with each kind of core, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

Core = Literal["vanilla", "gru", "lstm"]

SUBJECTS = 8
CORES: tuple[Core, ...] = ("vanilla", "gru", "lstm")
# Of a task with short episodes more of them fit into the same time.
TASK_EPISODES = {"bandit": 200, "two-step": 1000, "informative-arm": 1000}

# Equal parts of the training after which performance is shown; the last is the trained network.
STAGES = 10

# A core has learned a task when it covers this part of the way from chance to the best there is.
CRITERION = 0.8

# How far back memory is looked for, and in how many episodes; shuffles of each subject.
LAGS = 50
# Memory of what came more trials ago than this is late: a choice needs it only to add up evidence.
LATE = 10
MEMORY_EPISODES = 400
SHUFFLES = 5

# By the name used here: the task of Wang et al. (2016), its settings, and which inputs reach the network.
TASKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "bandit": ("two-armed-bandit", {"trials": 100, "distribution": "independent"}, {}),
    "two-step": (
        "two-step",
        {"trials": 10, "common": 0.75, "reward_probability": 0.9, "switch_probability": 0.0, "fixation": False},
        {},
    ),
    # The last reward arrives one-hot, as the task's observation.
    "informative-arm": ("informative-arm", {"candidates": 10, "trials": 5}, {"reward_input": False}),
}

# What choosing at random among valid responses brings: regret per episode, reward per trial, reward per episode.
CHANCE = {"bandit": 100 / 6, "two-step": 0.5, "informative-arm": 5 * (5 + 9 * 1 + 0.55) / 11}

# Of both presets, as in each task's own study.
ANNEALED = {"entropy_coefficient": 1.0, "final_entropy_coefficient": 0.0}
SHARED: dict[str, dict[str, Any]] = {
    "bandit": {},
    "two-step": {"unroll": 20},
    "informative-arm": {"discount": 0.8, "unroll": 5, **ANNEALED},
}

# Updates and episodes per update; the paper preset lives through as many episodes, one per update.
BATCHES = {"bandit": (4000, 16), "two-step": (1000, 64), "informative-arm": (800, 64)}

# Of the fast preset: two arms are explored enough only by networks that settle late (README).
OURS: dict[str, dict[str, Any]] = {"bandit": {"entropy_coefficient": 0.1}, "two-step": {}, "informative-arm": {}}

# Gradients of the plain network explode along an episode: it takes smaller steps (README).
STEP: dict[Core, dict[str, Any]] = {"vanilla": {"learning_rate": 3e-3, "gradient_norm": 1.0}, "gru": {}, "lstm": {}}

# What the paper does differently from its general settings, beyond the above.
PUBLISHED: dict[str, dict[str, Any]] = {
    "bandit": ANNEALED,
    "two-step": {},
    "informative-arm": {"learning_rate": 1e-3},
}


def label(task: str, core: str) -> str:
    """Name of one population."""
    return f"{task}-{core}"


def _fast(task: str, core: Core) -> TrainingConfiguration:
    updates, episodes = BATCHES[task]
    return TrainingConfiguration(updates=updates, episodes=episodes, **STEP[core], **SHARED[task], **OURS[task])


def _paper(task: str, core: Core) -> TrainingConfiguration:
    del core
    updates, episodes = BATCHES[task]
    return published(updates=updates * episodes, **SHARED[task], **PUBLISHED[task])


def recipes(training: Callable[[str, Core], TrainingConfiguration]) -> dict[str, Recipe]:
    """One population per task and core."""
    return {
        label(name, core): Recipe(
            task=task,
            task_settings=settings,
            network=NetworkConfiguration(core=core, units=48, time_input=True, **inputs),
            training=training(name, core),
            stages=STAGES,
        )
        for name, (task, settings, inputs) in TASKS.items()
        for core in CORES
    }


PRESETS = {"fast": recipes(_fast), "paper": recipes(_paper)}


def million_steps(task: str) -> float:
    """Environment steps of one subject's whole training, in millions; the same in both presets and all cores."""
    updates, episodes = BATCHES[task]
    return updates * episodes * PRESETS["fast"][label(task, CORES[0])].make_task().steps / 1e6

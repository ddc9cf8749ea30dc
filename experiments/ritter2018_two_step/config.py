"""What is trained and tested on the two-step task with reminders, as data."""

from __future__ import annotations

from typing import Any, Literal

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8

# Of the task: trials without a cue, then as many that each call back one of them.
TRIALS = 100
TASK: dict[str, Any] = {"trials": TRIALS, "common": 0.9, "reward_probability": 0.9, "switch_probability": 0.1}

EVALUATION_EPISODES = 100

# Equal parts of the training after each of which the networks are measured, in fewer episodes.
STAGES = 8
STAGE_EPISODES = 50

# Trials over which rewards are averaged where they are drawn by trial.
BLOCK = 5

# Population -> core.
CORES: dict[str, Literal["episodic", "lstm"]] = {"episodic": "episodic", "plain": "lstm"}

FAST = TrainingConfiguration(
    updates=1200,
    episodes=32,
    optimiser="adam",
    learning_rate=6e-3,
    # A choice changes nothing that comes later.
    discount=0.5,
    value_coefficient=0.5,
    entropy_coefficient=0.01,
)

PAPER = published(updates=10_000)


def recipes(training: TrainingConfiguration, trials: int) -> dict[str, Recipe]:
    """Two populations that differ in nothing but the memory."""
    return {
        label: Recipe(
            task="episodic-two-step",
            task_settings={**TASK, "trials": trials},
            # A state is stored in every trial of an episode; tested networks have room for longer ones.
            network=NetworkConfiguration(core=core, units=24, time_input=False, memory_slots=trials),
            training=training,
            stages=STAGES,
        )
        for label, core in CORES.items()
    }


PRESETS = {"fast": recipes(FAST, trials=40), "paper": recipes(PAPER, trials=TRIALS)}

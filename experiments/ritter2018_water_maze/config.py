"""What is trained and tested in the water maze, as data."""

from __future__ import annotations

from typing import Any, Literal

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8

# Of the task; the paper's sizes are not known.
SIDE, LENGTH, EXPOSURES = 5, 30, 5
TASK: dict[str, Any] = {"side": SIDE, "length": LENGTH, "contexts": 5, "exposures": EXPOSURES, "bits": 8}

# Whole epochs per subject, of every condition.
EVALUATION_EPOCHS = 40

# The first of the exposures that are "late".
LATE = 3

# Exposures whose paths are shown.
SHOWN_EXPOSURES = (1, 2, EXPOSURES)

# Population -> core.
CORES: dict[str, Literal["episodic", "lstm"]] = {"episodic": "episodic", "plain": "lstm"}

FAST = TrainingConfiguration(
    updates=7000,
    episodes=32,
    optimiser="adam",
    learning_rate=6e-3,
    value_coefficient=0.5,
    entropy_coefficient=0.02,
)

# Step size, units and number of updates are not published for this experiment: the general settings of 2018.
PAPER = published(updates=100_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """Two populations that differ in nothing but the memory."""
    return {
        label: Recipe(
            task="water-maze",
            task_settings=TASK,
            # As many states are stored as there are contexts.
            network=NetworkConfiguration(core=core, units=32, time_input=False, memory_slots=TASK["contexts"]),
            training=training,
        )
        for label, core in CORES.items()
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

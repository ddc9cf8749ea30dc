"""What is trained and tested on barcode bandits, as data."""

from __future__ import annotations

from typing import Any, Literal

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8

# Of the task: ten contexts, ten exposures of each, ten arms, ten pulls.
EXPOSURES = 10
TASK: dict[str, Any] = {"contexts": 10, "exposures": EXPOSURES, "arms": 10, "pulls": 10, "bits": 10}

# Whole epochs per subject, of every condition and of every point of the curve of flipped bits.
EVALUATION_EPOCHS = 20
FLIP_EPOCHS = 10

# The first of the exposures that are "late": from here on a perfect memory knows the arm.
LATE = 5

# Probability that a bit is shown flipped; with half of them flipped a barcode says nothing.
FLIPS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)

# Exposures whose pulls are shown.
SHOWN_EXPOSURES = (1, 2, 5)

# Population -> core.
CORES: dict[str, Literal["episodic", "lstm"]] = {"episodic": "episodic", "plain": "lstm"}

FAST = TrainingConfiguration(
    updates=12_000,
    episodes=80,
    optimiser="adam",
    learning_rate=6e-3,
    value_coefficient=0.5,
    entropy_coefficient=0.01,
)

# Step size, units and number of updates are not published for this experiment: the general settings of 2018.
PAPER = published(updates=100_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """Two populations that differ in nothing but the memory."""
    return {
        label: Recipe(
            task="barcode-bandit",
            task_settings=TASK,
            # As many states are stored as there are barcodes; where none is ever flipped, more slots stay empty.
            network=NetworkConfiguration(core=core, units=64, time_input=False, memory_slots=TASK["contexts"]),
            training=training,
        )
        for label, core in CORES.items()
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

"""What is trained and tested for the two predictions, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 100
COMMON = 0.8
DISCOUNT = 0.9
EVALUATION_EPISODES = 600

# Shares of the recurrent units that are lesioned, and how many random draws of units are averaged.
LESIONS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
DRAWS = 3

# Episodes of each lesioned recording; three draws of seven sizes are much to record.
LESION_EPISODES = 30

FAST = TrainingConfiguration(updates=2000, episodes=32, discount=DISCOUNT, unroll=300)
PAPER = published(updates=10_000)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """The two-step task of Figure 5, with the dopamine signal and with the signal blocked."""
    return {
        label: Recipe(
            task="two-step",
            task_settings={"trials": TRIALS, "common": COMMON},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=TrainingConfiguration(**{**training.model_dump(), "dopamine": dopamine}),
        )
        for label, dopamine in (("control", 1.0), ("blocked", 0.0))
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

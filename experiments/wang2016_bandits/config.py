"""What is trained and tested on bandits with independent and dependent arms, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe
from pfc_metarl.tasks.bandit import Distribution

SUBJECTS = 8
TRIALS = 100
EVALUATION_EPISODES = 300

# The paper's distributions and their names in the task. Arms are independent in the first; in all
# others they pay with p and 1-p, where p is uniform, or .9, .75 or .6 on a random side.
DISTRIBUTIONS: dict[str, Distribution] = {
    "independent": "independent",
    "uniform": "correlated",
    "easy": "easy",
    "medium": "medium",
    "hard": "hard",
}

# The three graded problems, from the easiest.
GRADED = ("easy", "medium", "hard")

# Reference learners: exploration constant of UCB (2016), and the discount of the Gittins index,
# which looks about as far ahead as an episode lasts.
UCB_CHI = 1.0
GITTINS_DISCOUNT = 0.99

# Gamma, tuned in the paper. With dependent arms either outcome tells as much about both, so only
# the next reward matters; with independent arms a choice also decides what will be known.
DEPENDENT_DISCOUNT = 0.1

# Updates by training distribution: the harder to learn, the more.
UPDATES = {"independent": 1500, "uniform": 800, "easy": 300, "medium": 400, "hard": 1200}

FAST = {label: TrainingConfiguration(updates=updates) for label, updates in UPDATES.items()}

PAPER = {
    label: published(updates=20_000, entropy_coefficient=1.0, final_entropy_coefficient=0.0) for label in DISTRIBUTIONS
}


def recipes(training: dict[str, TrainingConfiguration]) -> dict[str, Recipe]:
    """One population per training distribution."""
    return {
        label: Recipe(
            task="two-armed-bandit",
            task_settings={"trials": TRIALS, "distribution": distribution},
            network=NetworkConfiguration(core="lstm", units=48, time_input=True),
            training=training[label]
            if label == "independent"
            else training[label].model_copy(update={"discount": DEPENDENT_DISCOUNT}),
        )
        for label, distribution in DISTRIBUTIONS.items()
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

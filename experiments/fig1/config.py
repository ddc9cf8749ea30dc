"""What is trained and tested for Figure 1, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 100
EVALUATION_EPISODES = 300

# Payoffs of left and right arm. Each is run with its mirror image, and the two are averaged.
PROBLEM = (0.25, 0.75)
HARDER_PROBLEM = (0.6, 0.4)

# Single episodes drawn in panel 1e.
TRAJECTORY_PROBLEMS = ((0.99, 0.01), (0.46, 0.54), (0.33, 0.67), (0.01, 0.99))

# Discount of the Gittins index. The paper names none; .99 looks about as far ahead as an episode of 100 trials lasts.
GITTINS_DISCOUNT = 0.99

# Exploration constant of UCB, index = mean + sqrt(chi ln t / n). The 2016 paper uses 1; 0.5 is a
# harder rival, and the one whose curve fits the axis of panel 1d.
UCB_CHI = 0.5

FAST = TrainingConfiguration(updates=2500)

PAPER = published(updates=20_000, entropy_coefficient=1.0, final_entropy_coefficient=0.0)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population per training distribution."""
    return {
        label: Recipe(
            task="two-armed-bandit",
            task_settings={"trials": TRIALS, "distribution": label},
            network=NetworkConfiguration(core="lstm", units=48, time_input=True),
            training=training,
        )
        for label in ("independent", "correlated")
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

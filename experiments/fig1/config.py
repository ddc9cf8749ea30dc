"""What is trained and tested for Figure 1, as data."""

from __future__ import annotations

from collections.abc import Mapping

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

# Among independent arms a choice also decides what will be known, so that networks must look far ahead and must not
# settle early: a long horizon with a short trace, a large bonus for entropy, and small batches, which are more updates
# in the same experience. Small steps keep them from answering to their inputs alone. With dependent arms either outcome
# tells as much about both; there the bonus for entropy is what keeps states graded (README, "Tuning").
FAST = {
    "independent": TrainingConfiguration(
        updates=10_000, episodes=8, learning_rate=2.5e-3, discount=0.98, trace=0.7, entropy_coefficient=0.2
    ),
    "correlated": TrainingConfiguration(updates=2500, entropy_coefficient=0.1),
}

PAPER = dict.fromkeys(FAST, published(updates=20_000, entropy_coefficient=1.0, final_entropy_coefficient=0.0))


def recipes(training: Mapping[str, TrainingConfiguration]) -> dict[str, Recipe]:
    """One population per training distribution."""
    return {
        label: Recipe(
            task="two-armed-bandit",
            task_settings={"trials": TRIALS, "distribution": label},
            network=NetworkConfiguration(core="lstm", units=48, time_input=True),
            training=settings,
        )
        for label, settings in training.items()
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

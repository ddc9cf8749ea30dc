"""What is trained, reused and compared, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

from .recipe import TransferRecipe
from .targets import SOURCE_TASK, TARGETS, WAYS

SUBJECTS = 8

# A task is learned at this share of the way from chance to where networks trained from scratch end up: their mean
# over the last part of the training.
CRITERION = 0.8
LAST_PART = 0.2

# Part of the training over which the mean is taken before it is asked whether a subject has reached the criterion.
SMOOTHED = 0.1

NETWORK = NetworkConfiguration(core="lstm", units=48, time_input=False)

FAST_SOURCE = TrainingConfiguration(updates=700, episodes=32)

# Step size and entropy bonus do not fall: it would make what is learned late, as from scratch, slower still.
FAST = TrainingConfiguration(updates=600, episodes=16, final_learning_rate=7e-3, final_entropy_coefficient=0.05)


def recipes(source: TrainingConfiguration, training: TrainingConfiguration) -> dict[str, TransferRecipe]:
    """All trainings together: the new ones need the source."""
    body = Recipe("two-armed-bandit", SOURCE_TASK, NETWORK, source)
    return {"curves": TransferRecipe(body, TARGETS, WAYS, training)}


PRESETS = {
    "fast": recipes(FAST_SOURCE, FAST),
    "paper": recipes(published(updates=20_000), published(updates=20_000)),
}

"""Learners, and how they are trained and tested, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.meta_gradient.experience import ProblemBatch
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner
from pfc_metarl.studies.meta_recipe import MetaRecipe
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import AbstractRecipe
from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.episodic import EpisodicControl, EpisodicControlConfiguration

from .longer import LongerRecipe
from .recipe import CoursesRecipe, FromBirth
from .worlds import BLOCK, WORLDS

SUBJECTS = 8

# New problems of each subject in each world, for those that learn by changing weights or tables; pulls of each.
PROBLEMS = 30
PULLS = 1000

# A problem is learned at this share of the way from chance to what knowing the good arm earns.
CRITERION = 0.8

# Of another study, trained on the world inside in episodes of ten pulls, after most of which the arm is not yet known.
PLAIN, EPISODIC = (f"ritter2018-barcode-bandits/{label}" for label in ("plain", "episodic"))

# Pulls of an episode that the one without memory is trained on further: enough to find the arm and stay with it.
LONG = 50

# New problems of each subject in each world, for those that learn by activity.
EVALUATION_EPISODES = 30

# Epochs of each subject in which ten contexts are met twice, ten pulls at a time.
EVALUATION_EPOCHS = 20

# A pull changes nothing that comes later, so that gamma is 0.
FROM_BIRTH = {
    "mfec": FromBirth(EpisodicControl, EpisodicControlConfiguration(discount=0.0)),
    "dqn": FromBirth(DQN, DQNConfiguration(discount=0.0, learning_rate=2e-3, update_every=4, learn_start=32)),
}

# One episode per update; neither step size nor entropy bonus falls.
TUNING = TrainingConfiguration(
    updates=PULLS // BLOCK,
    episodes=1,
    optimiser="adam",
    learning_rate=1e-2,
    final_learning_rate=1e-2,
    entropy_coefficient=0.03,
    final_entropy_coefficient=0.03,
    value_coefficient=0.5,
)

MAML = PolicyGradientLearner(
    task="barcode-bandit",
    task_settings=WORLDS["inside"].settings(pulls=1),
    hidden=(16,),
    inner_steps=4,
    inner_rate=0.3,
)
BATCH = ProblemBatch(problems=40, episodes=BLOCK)

FAST_OUTER = OuterLoopConfiguration(iterations=400, learning_rate=1e-2, final_learning_rate=0.0)
PAPER_OUTER = OuterLoopConfiguration(iterations=2000, learning_rate=3e-3, final_learning_rate=0.0)

FAST = TrainingConfiguration(
    updates=1000,
    episodes=16,
    optimiser="adam",
    learning_rate=3e-3,
    value_coefficient=0.5,
    entropy_coefficient=0.01,
)


def recipes(training: TrainingConfiguration, outer: OuterLoopConfiguration) -> dict[str, AbstractRecipe]:
    """The recurrent network, and all that is learned by changing weights or tables, of which is kept how it went."""
    recurrent = LongerRecipe(PLAIN, "barcode-bandit", WORLDS["inside"].settings(LONG), training)
    courses = CoursesRecipe(FROM_BIRTH, MetaRecipe(MAML, BATCH, outer), recurrent, "recurrent", TUNING, PROBLEMS, PULLS)
    return {"recurrent": recurrent, "courses": courses}


PRESETS = {"fast": recipes(FAST, FAST_OUTER), "paper": recipes(published(updates=20_000), PAPER_OUTER)}

"""Learners, and how they are trained and tested, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.meta_gradient.experience import ProblemBatch
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.meta_recipe import MetaRecipe
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import AbstractRecipe, Recipe
from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.episodic import EpisodicControl, EpisodicControlConfiguration

from .recipe import CoursesRecipe, FromBirth
from .worlds import BLOCK, WORLDS

SUBJECTS = 8

# New problems of each subject in each world, for those that learn by changing weights or tables; pulls of each.
PROBLEMS = 30
PULLS = 1000

# A problem is learned at this share of the way from chance to what knowing the good arm earns.
CRITERION = 0.8

# Of another study, trained on the world inside in episodes of ten pulls, after most of which the arm is not yet known.
EPISODIC = "ritter2018-barcode-bandits/episodic"

# Pulls of an episode that the one without memory is trained on: enough to find the arm and stay with it.
LONG = 50

# New problems of each subject in each world, for those that learn by activity.
EVALUATION_EPISODES = 30

# Epochs of each subject in which ten contexts are met twice, ten pulls at a time.
EVALUATION_EPOCHS = 20

# Gamma: a pull changes nothing that comes later but what is known, and the likeliest arm is the best to pull even so.
DISCOUNT = 0.0

FROM_BIRTH = {
    "mfec": FromBirth(EpisodicControl, EpisodicControlConfiguration(discount=DISCOUNT)),
    "dqn": FromBirth(DQN, DQNConfiguration(discount=DISCOUNT, learning_rate=2e-3, update_every=4, learn_start=32)),
}

# One episode per update; neither step size nor entropy bonus falls.
TUNING = TrainingConfiguration(
    updates=PULLS // BLOCK,
    episodes=1,
    optimiser="adam",
    discount=DISCOUNT,
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

# Ten random bits drown one reward: with small steps of Adam, or with RMSProp's, networks stayed at chance (README).
FAST = TrainingConfiguration(
    updates=3000,
    episodes=32,
    optimiser="adam",
    learning_rate=2e-2,
    discount=DISCOUNT,
    value_coefficient=0.2,
    entropy_coefficient=0.03,
)
PAPER = published(updates=200_000, discount=DISCOUNT)


def recipes(training: TrainingConfiguration, outer: OuterLoopConfiguration) -> dict[str, AbstractRecipe]:
    """The recurrent network, and all that is learned by changing weights or tables, of which is kept how it went."""
    network = NetworkConfiguration(time_input=False)
    recurrent = Recipe("barcode-bandit", WORLDS["inside"].settings(LONG), network, training)
    courses = CoursesRecipe(FROM_BIRTH, MetaRecipe(MAML, BATCH, outer), recurrent, "recurrent", TUNING, PROBLEMS, PULLS)
    return {"recurrent": recurrent, "courses": courses}


PRESETS = {"fast": recipes(FAST, FAST_OUTER), "paper": recipes(PAPER, PAPER_OUTER)}

"""What is trained and tested on sinusoids, as data."""

from __future__ import annotations

from collections.abc import Mapping

from pfc_metarl.meta_gradient.learners import GradientLearner, RecurrentLearner
from pfc_metarl.meta_gradient.meta_learners import AnyLearner
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.sinusoids import SinusoidBatch
from pfc_metarl.studies.meta_recipe import MetaRecipe

SUBJECTS = 8

# Examples of a task to learn from, and gradient steps on them.
SHOTS = (5, 10, 20)
STEPS = 10

# Gradient steps after which the paper gives numbers.
REPORTED = (1, 5, 10)

# Tasks of each subject, and places in each where predictions are compared with the truth. Step sizes are tuned on
# tasks of their own.
TEST_TASKS = 100
TUNING_TASKS = 100
QUERIES = 50

# Step sizes to choose from where one is tuned.
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)

# Mean squared error with 5 shots after the reported numbers of steps (Finn et al. 2017, table 2).
PUBLISHED = {"maml": (0.67, 0.38, 0.35), "pretrained": (2.41, 2.23, 2.19)}

LEARNERS: dict[str, AnyLearner] = {
    "maml": GradientLearner(),
    "first-order": GradientLearner(first_order=True),
    "pretrained": GradientLearner(inner_steps=0),
    "lstm": RecurrentLearner(units=48),
}

# The LSTM answers a question after each of its examples.
READING = SinusoidBatch(tasks=32, shots=20, queries=20)

# Examples of a task that gradient learners train with: as few as they are tested with, or the 10 of the released code,
# from which some learn to take steps that throw them out of a wave when there are 5 (README).
FAST_SHOTS, PAPER_SHOTS = 5, 10

FAST = {
    "maml": OuterLoopConfiguration(iterations=8000, learning_rate=3e-3, final_learning_rate=0.0),
    "first-order": OuterLoopConfiguration(iterations=8000, learning_rate=3e-3, final_learning_rate=0.0),
    "pretrained": OuterLoopConfiguration(iterations=6000, learning_rate=3e-3, final_learning_rate=0.0),
    "lstm": OuterLoopConfiguration(iterations=1500, learning_rate=5e-3, final_learning_rate=0.0),
}

PAPER = dict.fromkeys(LEARNERS, OuterLoopConfiguration(iterations=70_000, learning_rate=1e-3, final_learning_rate=1e-3))


def recipes(outer: Mapping[str, OuterLoopConfiguration], shots: int) -> dict[str, MetaRecipe]:
    """One population per learner; those that learn by gradients train with so many examples."""
    descending = SinusoidBatch(tasks=25, shots=shots, queries=10)
    return {
        label: MetaRecipe(learner, READING if label == "lstm" else descending, outer[label])
        for label, learner in LEARNERS.items()
    }


PRESETS = {"fast": recipes(FAST, FAST_SHOTS), "paper": recipes(PAPER, PAPER_SHOTS)}

"""What is trained and tested, as data."""

from __future__ import annotations

from collections.abc import Mapping

from pfc_metarl.meta_gradient.experience import ProblemBatch
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.reinforcement import NAVIGATION, PolicyGradientLearner
from pfc_metarl.studies.meta_recipe import MetaRecipe

SUBJECTS = 8

# Navigation at test: steps of an episode, gradient steps and their size as a part of that in training, goals of each
# subject, and episodes per gradient. The paper halves the step size after the first step and takes 40 episodes.
HORIZON = 100
STEPS = 3
SHRINKING = (1.0, 0.5, 0.5)
GOALS = 10
GOAL_EPISODES = 40

# Mean returns before the first step and after each (Finn et al. 2017, appendix, table of 2D navigation).
PUBLISHED = {"maml": (-40.41, -11.68, -3.33, -3.23)}

# The two tasks: trials of an episode, trials between two gradient steps, and problems of each subject.
TRIALS = 100
TRIALS_PER_STEP = 5
PROBLEMS = 300

# A problem is one assignment of payoffs. In the two-step task it stays for all trials: a policy that learns by
# gradient steps would otherwise be asked for another problem in between.
TASKS = {
    "two-armed-bandit": {"distribution": "correlated"},
    "two-step": {"switch_probability": 0.0},
}

# Whose networks are put beside: trained on the same bandits; trained where good and bad state swap now and then.
RECURRENT = {"two-armed-bandit": "fig1/correlated", "two-step": "fig5/two-step"}

# By symmetry both tasks pay one trial in two to who does not learn.
CHANCE = 0.5

# A problem counts as learned once the mean reward of so many trials in a row has come this part of the way from
# chance to that of the ideal observer's last ones.
STRETCH = 10
CRITERION = 0.75


def _task_learner(task: str, hidden: tuple[int, ...], rate: float) -> PolicyGradientLearner:
    settings = {**TASKS[task], "trials": 1}
    return PolicyGradientLearner(task=task, task_settings=settings, hidden=hidden, inner_steps=3, inner_rate=rate)


LEARNERS = {
    NAVIGATION: PolicyGradientLearner(task_settings={"steps": 50}, hidden=(64, 64), inner_rate=0.1, discount=0.95),
    "two-armed-bandit": _task_learner("two-armed-bandit", (16,), 0.5),
    "two-step": _task_learner("two-step", (32,), 0.5),
}

BATCHES = {
    NAVIGATION: ProblemBatch(problems=20, episodes=20),
    **dict.fromkeys(TASKS, ProblemBatch(problems=40, episodes=TRIALS_PER_STEP)),
}

FAST = {
    NAVIGATION: OuterLoopConfiguration(iterations=120, learning_rate=1e-2, final_learning_rate=0.0),
    "two-armed-bandit": OuterLoopConfiguration(iterations=150, learning_rate=1e-2, final_learning_rate=0.0),
    "two-step": OuterLoopConfiguration(iterations=200, learning_rate=1e-2, final_learning_rate=0.0),
}

PAPER = {
    NAVIGATION: OuterLoopConfiguration(iterations=500, learning_rate=3e-3, final_learning_rate=0.0),
    **dict.fromkeys(TASKS, OuterLoopConfiguration(iterations=2000, learning_rate=3e-3, final_learning_rate=0.0)),
}


def recipes(
    learners: Mapping[str, PolicyGradientLearner], outer: Mapping[str, OuterLoopConfiguration]
) -> dict[str, MetaRecipe]:
    """One population per world."""
    return {label: MetaRecipe(learner, BATCHES[label], outer[label]) for label, learner in learners.items()}


PRESETS = {
    "fast": recipes(LEARNERS, FAST),
    "paper": recipes({**LEARNERS, NAVIGATION: PolicyGradientLearner()}, PAPER),
}

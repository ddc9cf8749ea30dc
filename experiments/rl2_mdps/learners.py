"""The reference learners of Table 2, each with its settings for a row."""

from __future__ import annotations

from collections.abc import Sequence

from pfc_metarl.agents.planning import (
    BonusPlanner,
    EpsilonGreedyPlanner,
    GreedyPlanner,
    Planner,
    PosteriorSamplingPlanner,
    Prior,
    RandomPlanner,
    UpperConfidencePlanner,
)

from .config import AROUND_ZERO, NEXT_TO_NONE, TRUE, Knobs, Setting

# Ends the names of learners that do not know around what mean rewards lie.
UNINFORMED = "-uninformed"


def reference_learners(setting: Setting, subjects: Sequence[int]) -> dict[str, Planner]:
    """Make the learners that the networks are compared with, each with and without the prior of the worlds."""
    informed = _learners(setting.informed, subjects, TRUE, TRUE)
    uninformed = _learners(setting.uninformed, subjects, AROUND_ZERO, NEXT_TO_NONE)
    return {
        "random": RandomPlanner(subjects),
        **informed,
        **{f"{name}{UNINFORMED}": learner for name, learner in uninformed.items()},
    }


def _learners(knobs: Knobs, subjects: Sequence[int], bayesian: Prior, other: Prior) -> dict[str, Planner]:
    """Make those that have a prior by their nature, and those that do without one in TabulaRL."""
    return {
        "psrl": PosteriorSamplingPlanner(subjects, bayesian),
        "opsrl": PosteriorSamplingPlanner(subjects, bayesian, knobs.samples),
        "ucrl2": UpperConfidencePlanner(subjects, other, knobs.confidence),
        "beb": BonusPlanner(subjects, bayesian, knobs.bonus),
        "epsilon-greedy": EpsilonGreedyPlanner(subjects, other, knobs.epsilon),
        "greedy": GreedyPlanner(subjects, other),
    }

"""Finds the settings of the reference learners: the best of a grid for each row of the table, as in the paper.

Run ``python -m pfc_metarl.experiments.rl2_mdps.tuning``, or with names of rows such as ``n10``; it prints
the total reward at every point of every grid.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from pfc_metarl.agents.planning import (
    BonusPlanner,
    EpsilonGreedyPlanner,
    Planner,
    PosteriorSamplingPlanner,
    UpperConfidencePlanner,
)
from pfc_metarl.recording.recorder import record

from .config import AROUND_ZERO, EVALUATION_EPISODES, NEXT_TO_NONE, SETTINGS, SUBJECTS, TRUE, Setting

# Not the seed of any evaluation.
SEED = 100

# Field of ``Knobs`` -> learner with its prior and one more argument, and the values tried.
GRIDS: dict[str, tuple[Callable[..., Planner], tuple[float, ...]]] = {
    "samples": (PosteriorSamplingPlanner, (2, 3, 5, 10, 20)),
    "confidence": (UpperConfidencePlanner, (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)),
    "bonus": (BonusPlanner, (0.2, 0.5, 1, 1.5, 2, 3, 5)),
    "epsilon": (EpsilonGreedyPlanner, (0.01, 0.02, 0.05, 0.1, 0.2)),
}

# Learners that have a prior by their nature; the others do without one where they do not know it.
BAYESIAN = ("samples", "bonus")


def tried(setting: Setting, field: str, informed: bool, seed: int = SEED) -> dict[float, float]:
    """Total reward at every point of one learner's grid."""
    build, grid = GRIDS[field]
    prior = TRUE if informed else AROUND_ZERO if field in BAYESIAN else NEXT_TO_NONE
    played = {
        value: record(build(SUBJECTS, prior, value), setting.task(), EVALUATION_EPISODES, seed, ("place",))
        for value in grid
    }
    return {value: float(recording["reward"].astype(float).sum("step").mean()) for value, recording in played.items()}


if __name__ == "__main__":
    for name in sys.argv[1:] or SETTINGS:
        setting = SETTINGS[name]
        for informed in (True, False):
            for field in GRIDS:
                rewards = tried(setting, field, informed)
                best = max(rewards, key=rewards.__getitem__)
                points = ", ".join(f"{value}: {reward:.1f}" for value, reward in rewards.items())
                print(f"{name} {'prior known' if informed else 'uninformed'} {field}: {best}; {points}", flush=True)

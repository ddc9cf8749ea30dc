"""Finds the settings of the reference learners: the best of a grid for each row of the table, as in the paper.

Run ``python -m pfc_metarl.experiments.rl2_bandits.tuning``, or with names of rows such as ``n10-k5``; it prints
the total reward at every point of every grid.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import (
    EpsilonGreedyAgent,
    GittinsAgent,
    OptimisticThompsonAgent,
    PriorUpperConfidenceAgent,
)
from pfc_metarl.recording.recorder import record

from .config import SETTINGS, SUBJECTS, Setting
from .score import total_reward

# Not the seed of any evaluation.
SEED = 100

# Field of ``Setting`` -> learner with one more argument, and the values tried. More samples than 20 or no exploration
# at all would earn more in some rows; Duan et al. name no grids, and these give what they published.
GRIDS: dict[str, tuple[Callable[..., Agent], tuple[float, ...]]] = {
    "discount": (GittinsAgent, (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)),
    "samples": (OptimisticThompsonAgent, (2, 5, 10, 20)),
    "confidence": (PriorUpperConfidenceAgent, (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)),
    "epsilon": (EpsilonGreedyAgent, (0.01, 0.02, 0.03, 0.05, 0.1)),
}


def tried(setting: Setting, field: str, seed: int = SEED) -> dict[float, float]:
    """Total reward at every point of one learner's grid."""
    build, grid = GRIDS[field]
    played = {
        value: record(build(SUBJECTS, setting.arms, value), setting.task(), setting.episodes, seed, ("regret",))
        for value in grid
    }
    return {value: float(total_reward(recording, setting).mean()) for value, recording in played.items()}


if __name__ == "__main__":
    for name in sys.argv[1:] or SETTINGS:
        setting = SETTINGS[name]
        for field in GRIDS:
            rewards = tried(setting, field)
            best = max(rewards, key=rewards.__getitem__)
            points = ", ".join(f"{value}: {reward:.3f}" for value, reward in rewards.items())
            print(f"{name} {field}: {best}; {points}", flush=True)

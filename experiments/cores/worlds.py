"""What performance is in each task, and the learners that the networks are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import BayesOptimalAgent, ThompsonAgent, WinStayLoseShiftAgent
from pfc_metarl.agents.reference.informative_arm import TargetOptimalAgent, TargetThompsonAgent
from pfc_metarl.agents.reference.two_step import TwoStepOptimalAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import STAGE_2

from .config import CHANCE, TASKS

Values = Float[np.ndarray, " subject"]


@dataclass(frozen=True)
class World:
    """A task as this study sees it.

    Attributes
    ----------
    measure : what performance is called.
    needed : what it is measured from; choices and rewards are always recorded.
    performance : of each subject of a recording, in the task's own unit.
    references : learners that know the task's rules, the best there is first, under "best".
    """

    measure: str
    needed: tuple[str, ...]
    performance: Callable[[xr.Dataset], Values]
    references: Callable[[Any, Sequence[int]], dict[str, Agent]]


WORLDS = {
    "bandit": World(
        measure="regret",
        needed=("regret",),
        performance=lambda recording: final_regret(recording).values,
        references=lambda _, subjects: {
            "best": BayesOptimalAgent(subjects),
            "thompson": ThompsonAgent(subjects),
            "win-stay": WinStayLoseShiftAgent(subjects),
        },
    ),
    "two-step": World(
        measure="reward",
        needed=("phase",),
        performance=lambda recording: reward_per_trial(recording, STAGE_2).values,
        references=lambda task, subjects: {"best": TwoStepOptimalAgent(task, subjects)},
    ),
    "informative-arm": World(
        measure="reward",
        needed=(),
        performance=lambda recording: recording["reward"].astype(float).sum("step").mean("episode").values,
        references=lambda task, subjects: {
            "best": TargetOptimalAgent(task, subjects),
            "search": TargetThompsonAgent(task, subjects),
        },
    ),
}


def make_world(name: str) -> Task[Any]:
    """Make the task that networks are trained and tested on."""
    task, settings, _ = TASKS[name]
    return make_task(task, **settings)


def score_of(
    name: str, performance: Float[np.ndarray, "..."], best: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Performance on a scale that all tasks share: 0 is chance, 1 what the best learner has on the same problems."""
    return (performance - CHANCE[name]) / (best - CHANCE[name])

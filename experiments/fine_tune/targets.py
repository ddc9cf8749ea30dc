"""The new tasks, from near to far, and the ways in which each is learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pfc_metarl.learning.tuning import Tune
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

TRIALS = 40

# A trial of the two-step task takes two steps.
TWO_STEP_TRIALS = 20

# Added to the root seed for the new tasks, so that they do not repeat the problems that the source was trained on.
NEW_TASKS_SEED = 1_000_000


@dataclass(frozen=True)
class Target:
    """A new task.

    Attributes
    ----------
    task, settings : the task.
    changes : what it has that the source's task had not; their number is its distance from it.
    measure : how well it is done, as training measures it; of regret less is better.
    chance : the measure, per episode, of choices at random among those that are asked for.
    """

    task: str
    settings: Mapping[str, Any]
    changes: tuple[str, ...]
    measure: str
    chance: float

    def make_task(self) -> Task[Any]:
        return make_task(self.task, **self.settings)


@dataclass(frozen=True)
class Way:
    """How a new task is learned: on which body, and which weights learn."""

    reused: bool
    tune: Tune


SOURCE_TASK = {"trials": TRIALS, "distribution": "correlated"}

LAW, ALONE, SWAPS, STATES = "other payoffs", "arms on their own", "arms swap", "a choice leads to a state that pays"

# From near to far. Regret at random is half the mean difference of the arms: 1/2 for p and 1 - p, 1/3 for two arms on
# their own, .5 for .75/.25, .6 for .8/.2. The two-step task is asked for its reward, since regret has no meaning there.
TARGETS = {
    "correlated": Target("two-armed-bandit", SOURCE_TASK, (), "regret", TRIALS / 4),
    "medium": Target("two-armed-bandit", {"trials": TRIALS, "distribution": "medium"}, (LAW,), "regret", TRIALS / 4),
    "independent": Target(
        "two-armed-bandit", {"trials": TRIALS, "distribution": "independent"}, (ALONE,), "regret", TRIALS / 6
    ),
    "volatile": Target(
        "volatility",
        {"trials": TRIALS, "stable_probability": 0.8, "hazard": 0.1, "shortest_block": 20, "longest_block": 20},
        (LAW, SWAPS),
        "regret",
        0.3 * TRIALS,
    ),
    "two-step": Target(
        "two-step",
        {"trials": TWO_STEP_TRIALS, "fixation": False},
        (LAW, SWAPS, STATES),
        "reward",
        0.5 * TWO_STEP_TRIALS,
    ),
}

WAYS = {
    "scratch": Way(reused=False, tune="all"),
    "all": Way(reused=True, tune="all"),
    "inputs": Way(reused=True, tune="inputs"),
    "heads": Way(reused=True, tune="heads"),
    "untrained-body": Way(reused=False, tune="heads"),
}

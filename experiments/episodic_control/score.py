"""Measures in finished lives what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.pixel_maze import PixelMaze, PixelMazeConfiguration
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.life import World as LivedWorld

from .config import ENOUGH, EPISODIC, KINDS, LAST_PART, WORLDS
from .lives import Lives
from .panels import panels

Measures = dict[str, Float[np.ndarray, " subject"]]
Course = Float[np.ndarray, "subject step"]


def evaluate(lives: Mapping[str, Lives], seed: int, quiet: bool) -> Evaluation:
    """Read what every kind of learner earned in every world, from birth.

    Parameters
    ----------
    lives : by world and kind, such as "maze-dqn"; all of the same subjects, in the same problems.
    seed, quiet : not needed, since nothing is left to chance and reading takes no time.
    """
    del seed, quiet
    tasks = {name: world.make() for name, world in WORLDS.items()}
    shares = {
        (name, kind): share_of_best(task, lives[f"{name}-{kind}"]) for name, task in tasks.items() for kind in KINDS
    }
    steps = {
        world: steps_to_level({kind: shares[world, kind] for kind in KINDS}, WORLDS[world].window) for world in WORLDS
    }
    maze = PixelMaze(PixelMazeConfiguration(**WORLDS["maze"].settings))
    shown = panels(shares, steps, beginning(maze, lives["maze-dqn"]), maze)
    recordings = {label: _recording(each) for label, each in lives.items()}
    return Evaluation({**_levels(shares), **_speed(steps)}, shown, recordings)


def beginning(task: Task[Any], lives: Lives) -> Any:
    """Return the task's state in which lives began: the streams fix it."""
    return LivedWorld(task, lives.streams).state


def share_of_best(task: Task[Any], lives: Lives) -> Course:
    """Reward of each step, as a share of what the best behaviour earns per step.

    In the maze that is one over the length of the shortest way, in the bandit the better arm's probability.
    """
    state = beginning(task, lives)
    distance = task.truth(state).get("distance")
    expected = task.expected_reward(state)
    if distance is not None:
        best = 1 / distance.values.double()
    elif expected is not None:
        best = expected.amax(dim=-1).double()
    else:
        raise ValueError("neither distance nor expected reward says what the best behaviour earns")
    return lives.rewarded / best.numpy()


def steps_to_level(
    shares: Mapping[str, Course], window: int
) -> dict[str, tuple[Float[np.ndarray, " subject"], Bool[np.ndarray, " subject"]]]:
    """Count each learner's steps until the mean of its last ``window`` steps is at DQN's final level.

    DQN's final level is the subject's own, ``ENOUGH`` of its mean reward over the last part of its life.

    Returns
    -------
    By learner the steps, all of life where the level is never reached; and whether it is.
    """
    level = ENOUGH * final_level(shares["dqn"])[:, None]
    found = {}
    for kind, share in shares.items():
        reached = trailing_mean(share, window) >= level
        ever = reached.any(axis=1)
        found[kind] = (np.where(ever, window + reached.argmax(axis=1), share.shape[1]).astype(float), ever)
    return found


def final_level(share: Course) -> Float[np.ndarray, " subject"]:
    """Mean over the last part of life."""
    return share[:, -round(LAST_PART * share.shape[1]) :].mean(axis=1)


def trailing_mean(share: Course, window: int) -> Float[np.ndarray, "subject end"]:
    """Mean of the last ``window`` steps, from the first time that there are as many."""
    total = np.cumsum(np.pad(share, ((0, 0), (1, 0))), axis=1)
    return (total[:, window:] - total[:, :-window]) / window


def _levels(shares: Mapping[tuple[str, str], Course]) -> Measures:
    """Final levels, and what a maximum over chance costs."""
    final = {(world, kind): final_level(share) for (world, kind), share in shares.items()}
    return {
        **{f"final.{kind}.{world}": values for (world, kind), values in final.items()},
        **{f"whole-life.{kind}.{world}": share.mean(axis=1) for (world, kind), share in shares.items()},
        "final.nec-minus-mfec.chance": final["chance", "nec"] - final["chance", "mfec"],
    }


def _speed(steps: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> Measures:
    """Steps to DQN's final level, whether it is reached, and the steps of episodic control as a share of DQN's."""
    measures: Measures = {}
    for world, found in steps.items():
        for kind, (taken, ever) in found.items():
            measures[f"steps.{kind}.{world}"] = taken
            measures[f"reached.{kind}.{world}"] = ever.astype(float)
        for kind in EPISODIC:
            measures[f"steps-over-dqn.{kind}.{world}"] = found[kind][0] / found["dqn"][0]
    return measures


def _recording(lives: Lives) -> xr.Dataset:
    """Reward of every step."""
    reward = (("subject", "step"), lives.rewarded.astype(np.int8))
    return xr.Dataset({"reward": reward}, coords={"subject": list(lives.subjects)}, attrs={"seed": lives.seed})

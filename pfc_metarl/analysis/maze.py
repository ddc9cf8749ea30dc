"""Visits of a maze's goal: how long each took, how long a random walk would take, what is known at each."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from pfc_metarl.recording.trials import by_trial
from pfc_metarl.tasks.maze_layout import neighbours, passages


def steps_to_goal(recording: xr.Dataset, visits: int) -> xr.DataArray:
    """Steps that each visit took, the one onto the goal included.

    Parameters
    ----------
    recording : of the task ``maze``, with ``trial``.
    visits : how many to tell.

    Returns
    -------
    Over ``subject episode trial``, where trial 1 is the first visit; NaN where the goal was not reached so often.
    """
    counted = recording.assign(taken=xr.ones_like(recording["reward"]))
    steps = by_trial(counted, "taken").where(by_trial(recording, "reward") > 0)
    return steps.reindex(trial=np.arange(1, visits + 1)).rename("steps")


def visit_means(steps: xr.DataArray) -> xr.DataArray:
    """Mean steps of each visit over ``subject trial``, in the episodes that made all of these visits.

    All visits are thus compared in the same episodes.
    """
    return steps.where(steps.notnull().all("trial")).mean("episode")


def visit_medians(steps: xr.DataArray, longest: int) -> xr.DataArray:
    """Median steps of each visit over ``subject trial``, in all episodes.

    A visit that was not made counts as the longest. However long it would have taken, the median is the same as
    long as most episodes made the visit: unlike a mean, it does not suffer from where an episode happened to end.
    """
    return steps.fillna(longest).median("episode")


def random_walk_steps(
    walls: Bool[np.ndarray, "maze row column"],
    maze: Int[np.ndarray, "*episode"],
    start: Int[np.ndarray, "*episode"],
    goal: Int[np.ndarray, "*episode"],
) -> Float[np.ndarray, "*episode"]:
    r"""Mean steps from start to goal of a walk that takes each action as often, exactly.

    The expectation from cell x is :math:`h(x) = 1 + \sum_y P(x, y) h(y)`, and 0 at the goal; an action against a
    wall stays where it is.

    Parameters
    ----------
    walls : pictures of all mazes.
    maze, start, goal : of each episode.
    """
    open_ways = passages(walls)[maze.ravel()]
    episodes, cells, actions = open_ways.shape
    moved = np.where(open_ways, neighbours(round(cells**0.5)), np.arange(cells)[:, None])
    equations = np.broadcast_to(np.eye(cells), (episodes, cells, cells)).copy()
    episode, cell = np.arange(episodes)[:, None], np.arange(cells)
    for action in range(actions):
        equations[episode, cell, moved[..., action]] -= 1 / actions
    at_goal = cell == goal.reshape(-1, 1)
    equations[at_goal] = np.eye(cells)[goal.ravel()]
    expected = np.linalg.solve(equations, np.where(at_goal, 0.0, 1.0)[..., None])[..., 0]
    return expected[episode[:, 0], start.ravel()].reshape(start.shape)


def at_visit_starts(recording: xr.Dataset, visits: int) -> xr.Dataset:
    """Rows of a recording at which a visit begins: the subject is back at the start and has just been told so.

    Parameters
    ----------
    recording : with ``trial``.
    visits : how many to take.

    Returns
    -------
    The same variables over ``subject episode trial``, numbers; NaN where the visit never began.
    """
    visit = xr.DataArray(np.arange(visits), dims="trial", coords={"trial": np.arange(1, visits + 1)})
    within = recording["trial"] == visit
    rows = recording.drop_vars("trial").isel(step=within.argmax("step"))
    return rows.where(within.any("step"))


def goal_from_start(recording: xr.Dataset, side: int) -> xr.Dataset:
    """Where the goal lies as seen from the start: ``down`` and ``right``, in cells."""
    goal, start = (recording[name].astype(float) for name in ("goal", "start"))
    return xr.Dataset({"down": goal // side - start // side, "right": goal % side - start % side})

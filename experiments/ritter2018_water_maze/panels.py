"""Tidy tables of everything that is drawn of the water maze."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.maze import steps_to_goal
from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.tasks.water_maze import WaterMaze

from .config import SHOWN_EXPOSURES, SIDE

# Recorded condition -> label, panel by panel.
NETWORKS = {"episodic": "episodic LSTM", "plain": "plain LSTM"}
CONTROLS = {
    "episodic": "intact",
    "gate-closed": "gate closed",
    "keys-shuffled": "keys shuffled",
    "random": "random walk",
}


def panels(
    paths: Mapping[str, xr.DataArray],
    goals: Mapping[str, xr.DataArray],
    recordings: Mapping[str, xr.Dataset],
    task: WaterMaze,
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    paths : median length of every condition, over ``subject exposure``.
    goals : reached per episode, over the same.
    recordings : of both populations.
    task : in which they were made.
    """
    subject = _middle(paths["episodic"].sel(exposure=2).values)
    episodes = _typical(recordings["episodic"].isel(subject=[subject]), task)
    swum = [
        _path(recordings[name].isel(subject=subject, episode=episode)).assign(condition=label, exposure=exposure)
        for name, label in NETWORKS.items()
        for exposure, episode in episodes.items()
    ]
    return {
        "paths": _curves({label: paths[name] for name, label in NETWORKS.items()}, "steps"),
        "controls": _curves({label: paths[name] for name, label in CONTROLS.items()}, "steps"),
        "goals": _curves({label: goals[name] for name, label in NETWORKS.items()}, "goals"),
        "swum": pd.concat(swum, ignore_index=True),
    }


def _curves(conditions: Mapping[str, xr.DataArray], value: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, by exposure."""
    tables = []
    for label, own in conditions.items():
        along: Float[np.ndarray, "subject exposure"] = own.transpose("subject", "exposure").values
        mean, low, high = confidence_band(along)
        table = {"condition": label, "exposure": own["exposure"].values, value: mean, "low": low, "high": high}
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _middle(values: Float[np.ndarray, " one"]) -> int:
    """Where the one in the middle of all stands: what is shown of many is no rule's choice but this."""
    return int(np.argsort(values, kind="stable")[len(values) // 2])


def _typical(recording: xr.Dataset, task: WaterMaze) -> dict[int, int]:
    """Choose the context whose second path is in the middle of all, in proportion to the first.

    Returns the episode of each exposure that is shown.
    """
    first = recording.isel(subject=0, step=0)
    epoch = np.arange(recording.sizes["episode"]) // task.epoch
    # One row per context of an epoch, one column per exposure.
    order = np.lexsort((first["exposure"], first["context"], epoch)).reshape(-1, task.configuration.exposures)
    # Who never got there took at least the whole episode.
    steps = steps_to_goal(recording, 1).isel(subject=0, trial=0).fillna(task.steps).values[order]
    middle = _middle(steps[:, 1] / steps[:, 0])
    return {exposure: int(order[middle, exposure - 1]) for exposure in SHOWN_EXPOSURES}


def _path(episode: xr.Dataset) -> pd.DataFrame:
    """The cells of one episode's first path, step by step, and the goal's."""
    before = episode["trial"].values == 0
    cell, goal = (episode[name].values.astype(int) for name in ("position", "goal"))
    # The goal is stepped on and left at once, so that no row stands there.
    arrived = goal[:1] if not before.all() or episode["reward"].values[-1] > 0 else goal[:0]
    way = np.append(cell[before], arrived)
    row, column = np.divmod(way, SIDE)
    goal_row, goal_column = divmod(int(goal[0]), SIDE)
    return pd.DataFrame(
        {"step": np.arange(len(way)), "row": row, "column": column, "goal_row": goal_row, "goal_column": goal_column}
    )

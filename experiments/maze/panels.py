"""Tidy tables of everything that is drawn of mazes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.maze import visit_means
from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.tasks.maze import Maze

from .config import SIDE, THIRD

# The subject whose paths are shown; fixed beforehand, not picked for its looks. Of its episodes in which the goal lies
# at least this many steps away and was visited three times, it is the one whose third visit is in the middle of all,
# in proportion to the first.
SHOWN = 0
FAR = 7

# Recorded condition -> label.
CURVES = {
    "trained": "mazes never seen",
    "familiar": "mazes of the training",
    "reset": "never seen, state reset at each visit",
}
BARS = {"trained": "memory", "reset": "state\nreset", "untrained": "untrained", "random": "random\nwalk"}


def panels(
    trained: xr.Dataset,
    steps: Mapping[str, xr.DataArray],
    known: xr.Dataset,
    measures: Mapping[str, Float[np.ndarray, " subject"]],
    task: Maze,
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    trained : recording of the trained networks in mazes never trained in.
    steps : of each visit, by condition.
    known : explained shares of the goal's place at the start of each visit, and with goals exchanged.
    measures : the study's, among them goals per episode.
    task : whose mazes were walked.
    """
    own = trained.isel(subject=SHOWN)
    walls, paths = _visits(own.isel(episode=_typical(own, steps["trained"].isel(subject=SHOWN))), task)
    shares = {"from the state": known["score"], "goals exchanged": known["null"].quantile(0.95, "shuffle")}
    goals = [_by_subject(measures[f"goals.{name}"], label) for name, label in BARS.items()]
    return {
        "visits": _bands({label: visit_means(steps[name]) for name, label in CURVES.items()}, "steps"),
        "goals": pd.concat(goals, ignore_index=True),
        "known": _bands(shares, "share"),
        "walls": walls,
        "paths": paths,
    }


def _bands(curves: Mapping[str, xr.DataArray], name: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, by visit."""
    tables = []
    for condition, values in curves.items():
        mean, low, high = confidence_band(values.transpose("subject", "trial").values)
        table = {"condition": condition, "visit": values["trial"].values, name: mean, "low": low, "high": high}
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _by_subject(goals: Float[np.ndarray, " subject"], label: str) -> pd.DataFrame:
    return pd.DataFrame({"condition": label, "subject": np.arange(len(goals)), "goals": goals})


def _typical(own: xr.Dataset, steps: xr.DataArray) -> int:
    """Choose one episode of a subject."""
    share = (steps.sel(trial=THIRD) / steps.sel(trial=1)).where(own["distance"].isel(step=0) >= FAR).values
    return int(np.argsort(share)[np.isfinite(share).sum() // 2])


def _visits(episode: xr.Dataset, task: Maze) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Walls of one episode's maze, and the cells of its first three visits step by step."""
    walls = np.argwhere(task.walls[int(episode["maze"][0])])
    visit, cell, goal = (episode[name].values.astype(int) for name in ("trial", "position", "goal"))
    reached = episode["reward"].values > 0
    # The goal is stepped on and left at once, so that no row stands there.
    cells = [np.append(cell[visit == each], goal[reached & (visit == each)]) for each in range(THIRD)]
    paths = [
        pd.DataFrame({"visit": each + 1, "step": np.arange(len(way)), "row": way // SIDE, "column": way % SIDE})
        for each, way in enumerate(cells)
    ]
    return pd.DataFrame(walls, columns=["row", "column"]), pd.concat(paths, ignore_index=True)

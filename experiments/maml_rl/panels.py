"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.meta_gradient.reinforcement import NAVIGATION

from .config import PUBLISHED, STEPS, TASKS, TRIALS_PER_STEP

# Learners in the order of the legend: label -> name.
LEARNERS = {
    "ideal": "ideal observer",
    "recurrent": "recurrent network",
    "maml": "MAML",
    "untrained": "no training",
}

# Stages of navigation, by gradient steps taken.
STAGES = ("before", "1 step", *(f"{step} steps" for step in range(2, STEPS + 1)))

# Trials that are drawn one by one.
SINGLY = 10

# The subject whose first goal is shown; fixed beforehand, not picked for its looks.
SHOWN = 0


def panels(recordings: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : by world and learner.
    """
    return {
        "paths": _paths(recordings[f"{NAVIGATION}/maml"]),
        "returns": _returns(recordings),
        **{task: _curves(task, recordings) for task in TASKS},
    }


def _paths(recording: xr.Dataset) -> pd.DataFrame:
    """One episode at the shown goal before any step and after each, moment by moment; the last row is the goal."""
    own = recording.isel(subject=SHOWN)
    tables = [
        pd.DataFrame(path.values, columns=["x", "y"]).dropna().assign(curve=stage)
        for stage, path in zip(STAGES, own["position"].transpose("step", "moment", "axis"), strict=True)
    ]
    goal = pd.DataFrame([own["target"].values], columns=["x", "y"]).assign(curve="goal")
    return pd.concat([*tables, goal], ignore_index=True)


def _returns(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return by gradient step, and what was published."""
    tables = []
    for label in ("maml", "untrained"):
        found = recordings[f"{NAVIGATION}/{label}"]["return"].mean("goal")
        table = _band(found, "step", "return").assign(condition=LEARNERS[label])
        tables.append(table.assign(published=PUBLISHED.get(label, float("nan"))))
    return pd.concat(tables, ignore_index=True)


def _curves(task: str, recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Reward by trial: the first ones singly, then the mean of as many as there are between two gradient steps."""
    tables = []
    for label, name in LEARNERS.items():
        reward = recordings[f"{task}/{label}"]["reward"].mean("problem")
        early, late = reward.isel(trial=slice(SINGLY)), reward.isel(trial=slice(SINGLY, None))
        points = xr.concat([early, late.coarsen(trial=TRIALS_PER_STEP).mean()], dim="trial")
        tables.append(_band(points, "trial", "reward").assign(condition=name))
    return pd.concat(tables, ignore_index=True)


def _band(values: xr.DataArray, axis: str, name: str) -> pd.DataFrame:
    """Mean and 95% interval over subjects along an axis."""
    mean, low, high = confidence_band(np.asarray(values.transpose("subject", axis)))
    return pd.DataFrame({axis: values[axis].values, name: mean, "low": low, "high": high})

"""Tidy tables of everything that is drawn."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band

from .config import STEPS

# Step sizes whose lives are shown: the smallest, one in the middle and the largest.
SHOWN = (0, 3, -1)


def panels(share: xr.Dataset, found: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    share : of contexts known, over ``step_size subject step``, as ``score.live`` names them.
    found : summaries of lives over ``step_size subject``.
    """
    return {"lives": _lives(share), "steps": _subjects(found), "retention": _retention(found), "both": _both(found)}


def _band(values: xr.DataArray, axis: str) -> pd.DataFrame:
    """Mean and 95% interval over subjects along an axis."""
    mean, low, high = confidence_band(values.transpose("subject", axis).values.astype(float))
    return pd.DataFrame({axis: values[axis].values, "mean": mean, "low": low, "high": high})


def _lives(share: xr.Dataset) -> pd.DataFrame:
    """Share of each task's contexts known in the course of life, for some step sizes."""
    tables = []
    for size in share["step_size"].values[list(SHOWN)]:
        own = share.sel(step_size=size)
        for task, name, begins in (("first", "first", 0), ("first", "kept", STEPS), ("later", "later", STEPS)):
            table = _band(own[name], "step").assign(step_size=size, task=task)
            tables.append(table.assign(step=table["step"] + begins))
    return pd.concat(tables, ignore_index=True)


def _subjects(found: xr.Dataset) -> pd.DataFrame:
    """Steps to criterion of every subject, and whether it got there."""
    return found[["steps", "reached"]].to_dataframe().reset_index()


def _retention(found: xr.Dataset) -> pd.DataFrame:
    """Retention by step size: after the later task, when that was learned, and without it."""
    names = ("retention", "retention_early", "retention_control")
    return pd.concat([_band(found[name], "step_size").assign(kind=name) for name in names], ignore_index=True)


def _both(found: xr.Dataset) -> pd.DataFrame:
    """Steps to criterion against retention, one row for each step size."""
    steps, retention = (_band(found[name], "step_size") for name in ("steps", "retention"))
    return steps.merge(retention, on="step_size", suffixes=("_steps", "_retention"))

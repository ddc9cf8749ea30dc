"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band

from .config import PUBLISHED, REPORTED, SHOTS, STEPS

# Learners in the order of the legend: label -> name.
LEARNERS = {
    "maml": "MAML",
    "first-order": "MAML, first order",
    "lstm": "LSTM",
    "pretrained": "pretrained, fine-tuned",
    "untrained": "no training",
}

# The subject whose first task is shown; fixed beforehand, not picked for its looks.
SHOWN = 0

# Stages of MAML that are shown on this task.
STAGES = (0, 1, STEPS)
STAGE_NAMES = {step: f"MAML, {step} step{'' if step == 1 else 's'}" for step in STAGES}


def panels(recordings: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : by learner, with errors, and predictions on each subject's first task.
    """
    return {"steps": _steps(recordings), "examples": _examples(recordings), "task": _task(recordings)}


def _band(values: xr.DataArray, axis: str) -> pd.DataFrame:
    """Mean and 95% interval over subjects along an axis."""
    mean, low, high = confidence_band(values.transpose("subject", axis).values)
    return pd.DataFrame({axis: values[axis].values, "error": mean, "low": low, "high": high})


def _steps(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Error by gradient step and number of examples, and what was published; the LSTM's is the same at every step."""
    tables = []
    for label, name in LEARNERS.items():
        error = recordings[label]["error"]
        if "step" not in error.dims:
            error = error.expand_dims(step=STEPS + 1).assign_coords(step=np.arange(STEPS + 1))
        for shots in SHOTS:
            table = _band(error.sel(shots=shots), "step").assign(learner=name, shots=shots)
            published = dict(zip(REPORTED, PUBLISHED.get(label, ()), strict=False)) if shots == SHOTS[0] else {}
            tables.append(table.assign(published=[published.get(step, np.nan) for step in table["step"]]))
    return pd.concat(tables, ignore_index=True)


def _examples(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Error by number of examples: the LSTM after each, gradient learners after their last step."""
    tables = []
    for label, name in LEARNERS.items():
        error = recordings[label]["error"]
        last = error.isel(step=-1) if "step" in error.dims else error
        tables.append(_band(last, "shots").assign(learner=name))
    return pd.concat(tables, ignore_index=True)


def _task(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One task: what was seen of it, the truth, and what was predicted from the fewest examples."""
    some = recordings["maml"].isel(subject=SHOWN)
    curves = {STAGE_NAMES[step]: some["prediction"].sel(step=step) for step in STAGES}
    for label in ("lstm", "pretrained"):
        prediction = recordings[label]["prediction"].isel(subject=SHOWN)
        curves[LEARNERS[label]] = prediction.isel(step=-1) if "step" in prediction.dims else prediction
    curves["truth"] = some["y"]
    order = np.argsort(some["x"].values)
    tables = [
        pd.DataFrame({"curve": curve, "x": some["x"].values[order], "y": values.values[order]})
        for curve, values in curves.items()
    ]
    seen = pd.DataFrame({"curve": "seen", "x": some["seen_x"].values, "y": some["seen_y"].values})
    return pd.concat([*tables, seen], ignore_index=True)

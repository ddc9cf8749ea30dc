"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band, interval

from .config import COMPARED, SUBJECTS
from .learners import LEARNERS
from .worlds import FAMILIES

# The subject whose predictions are shown; fixed beforehand, not picked for its looks.
SHOWN = 0


def panels(recordings: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per kind of panel, each over both worlds.

    Parameters
    ----------
    recordings : by "world/learner".
    """
    names = [(world, learner) for world in FAMILIES for learner in LEARNERS]
    return {
        kind: pd.concat(
            [make(recordings[f"{world}/{learner}"]).assign(world=world, learner=learner) for world, learner in names],
            ignore_index=True,
        )
        for kind, make in (("error", _error), ("needed", _needed), ("parts", _parts), ("fit", _fit))
    }


def _error(recording: xr.Dataset) -> pd.DataFrame:
    """Error by number of examples, mean and 95% interval over subjects."""
    error = recording["error"].transpose("subject", "examples")
    mean, low, high = confidence_band(error.values)
    return pd.DataFrame({"examples": error["examples"].values, "error": mean, "low": low, "high": high})


def _needed(recording: xr.Dataset) -> pd.DataFrame:
    """Examples needed, mean and 95% interval, and by how many subjects the criterion was reached."""
    found, reached = interval(recording["examples_needed"].values), int(recording["reached"].sum())
    row = {"examples": found.mean, "low": found.low, "high": found.high, "reached": reached, "subjects": SUBJECTS}
    return pd.DataFrame([row])


def _parts(recording: xr.Dataset) -> pd.DataFrame:
    """Bias and variance at one number of examples, means over subjects."""
    at = recording.sel(examples=COMPARED).mean("subject")
    return pd.DataFrame([{"bias": float(at["bias"]), "variance": float(at["variance"])}])


def _fit(recording: xr.Dataset) -> pd.DataFrame:
    """What was predicted after the first training set of one size, and the truth."""
    shown = recording.isel(subject=SHOWN).sel(examples=COMPARED)
    return pd.DataFrame({"x": shown["point"].values, "y": shown["prediction"].values, "truth": shown["truth"].values})

"""Everything the figure draws, as one tidy table per panel."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band

from .targets import TARGETS, WAYS

LABELS = {
    "scratch": "from scratch",
    "all": "body reused, everything tuned",
    "inputs": "body frozen, new heads and inputs",
    "heads": "body frozen, new heads",
    "untrained-body": "untrained body frozen, new heads",
}


def panels(shares: Mapping[str, xr.DataArray], results: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Build the panels from performance by task, and from steps to criterion and what that means in speed."""
    return {
        "curves": pd.concat([_curve(share, task, way) for task, share in shares.items() for way in WAYS]),
        "steps": _by_subject(results, "steps", list(WAYS)),
        "speed": _by_subject(results, "doublings", list(WAYS)[1:]),
    }


def _curve(share: xr.DataArray, task: str, way: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval."""
    mean, low, high = confidence_band(share.sel(way=way).transpose("subject", "step").values)
    return pd.DataFrame(
        {
            "task": task,
            "condition": LABELS[way],
            "steps": share["step"].values,
            "performance": mean,
            "low": low,
            "high": high,
        }
    )


def _by_subject(results: xr.Dataset, measure: str, ways: list[str]) -> pd.DataFrame:
    """One row per task, way and subject; steps of those who never reached the criterion are the whole training's."""
    own = results.sel(way=ways)
    values = own["steps"].fillna(own["longest"]) if measure == "steps" else own[measure]
    columns = xr.Dataset({measure: values, "reached": own["steps"].notnull()})
    table = columns.to_dataframe(["task", "way", "subject"]).reset_index()
    table["condition"] = [LABELS[way] for way in table["way"]]
    table["changes"] = [len(TARGETS[task].changes) for task in table["task"]]
    return table

"""Tidy tables of everything that is drawn of savings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.savings import mean_by
from pfc_metarl.base.statistics import confidence_band

from .config import CONTENTS, CURVES, IDEAL_CURVES, KINDS, LATER, NULLS, SOON, STRUCTURES

Measures = Mapping[str, Float[np.ndarray, " subject"]]


def panels(
    by_cell: Mapping[str, xr.DataArray],
    measures: Measures,
    recordings: Mapping[str, xr.Dataset],
    kind: xr.DataArray,
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    by_cell : savings over ``subject group``, a group per cell of the matrix: "recalled" and "ideal".
    measures : the study's, among them savings by kind of pair.
    recordings : "control" and "recalled" of the networks, "ideal-control" and "ideal".
    kind : of each recipient's pair, over ``subject episode``.
    """
    return {
        "matrix": _matrix(by_cell["recalled"]),
        "matrix-ideal": _matrix(by_cell["ideal"]),
        "savings": _savings(measures),
        "curves": _curves(recordings, kind),
    }


def _matrix(cells: xr.DataArray) -> pd.DataFrame:
    """Savings by likeness of structure and contents, one row per subject and cell."""
    table = cells.rename("savings").to_series().reset_index()
    shared, ahead = np.divmod(table.pop("group").to_numpy(), len(CONTENTS))
    # What is most alike comes first.
    table = table.assign(shared=shared, ahead=ahead).sort_values(
        ["shared", "ahead", "subject"], ascending=[False, True, True]
    )
    return table.assign(structure=table.pop("shared").map(STRUCTURES), contents=table.pop("ahead").map(CONTENTS))


def _savings(measures: Measures) -> pd.DataFrame:
    """Savings by kind of pair, of the nulls and of the ideal observer, soon and later; one row per subject."""
    tables = []
    for trials in (SOON, LATER):
        for condition in (*KINDS, *NULLS):
            for learner, ending in (("networks", ""), ("ideal observer", ".ideal")):
                own = measures.get(f"savings.{condition}.{trials}{ending}")
                if own is not None:
                    columns = {"condition": condition, "trials": trials, "learner": learner}
                    tables.append(pd.DataFrame({**columns, "subject": np.arange(len(own)), "savings": own}))
    return pd.concat(tables, ignore_index=True)


def _curves(recordings: Mapping[str, xr.Dataset], kind: xr.DataArray) -> pd.DataFrame:
    """Share of episodes in which the good arm is chosen, trial by trial, with 95% bands over subjects."""
    tables = []
    for names, (control, recalled) in ((CURVES, ("control", "recalled")), (IDEAL_CURVES, ("ideal-control", "ideal"))):
        found = {"": _good(recordings[control]).mean("episode"), **_split(recordings[recalled], kind)}
        for group, condition in names.items():
            mean, low, high = confidence_band(found[group].transpose("subject", "step").values)
            trial = np.arange(1, len(mean) + 1)
            columns = {"condition": condition, "trial": trial, "good_arm": mean, "low": low, "high": high}
            tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _good(recording: xr.Dataset) -> xr.DataArray:
    return (recording["choice"] == recording["good_arm"]).astype(float)


def _split(recording: xr.Dataset, kind: xr.DataArray) -> dict[str, xr.DataArray]:
    """Choices of the good arm by kind of pair."""
    by_kind = mean_by(_good(recording), kind)
    return {str(each): by_kind.sel(group=each, drop=True) for each in by_kind["group"].values}

"""Tidy tables of everything that Figure 5 draws."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from pfc_metarl.analysis.two_step import by_kind, lagged_weights, staying

from .config import LAGS

# The subject whose prediction errors are shown; fixed beforehand, not picked for its looks.
SHOWN = 0

STAGE_NAMES = {"rpe_stage_2": "stage 2", "rpe_outcome": "reward"}


def panels(table: xr.Dataset, errors: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    table : trials of all subjects.
    errors : of ``network``, ``model-based`` and ``model-free``, over ``learner subject episode trial``.
    """
    return {
        "5c": by_kind(staying(table)["stay"], "stay"),
        "5e": by_kind(lagged_weights(table, LAGS), "weight"),
        "5f": _points(errors, "model-based"),
        "5g": _points(errors, "model-free"),
    }


def _points(errors: xr.Dataset, learner: str) -> pd.DataFrame:
    """One subject's errors at both stages, and those of a learner on its choices."""
    tables = []
    for variable, stage in STAGE_NAMES.items():
        own = errors[variable].isel(subject=SHOWN)
        pair = xr.Dataset(
            {"learner_rpe": own.sel(learner=learner, drop=True), "network_rpe": own.sel(learner="network", drop=True)}
        )
        pair = pair.drop_vars("subject").to_dataframe().dropna().reset_index()
        tables.append(pair.assign(stage=stage, trial=pair["trial"] + 1))
    return pd.concat(tables, ignore_index=True)

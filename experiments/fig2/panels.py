"""Tidy tables of everything that Figure 2 draws."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from pfc_metarl.analysis.foraging import lagged_weights, matching

from .config import LAGS

# The subject whose episodes are shown; fixed beforehand, not picked for its looks.
SHOWN = 0


def panels(table: xr.Dataset, coding: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    table : trials of all subjects.
    coding : ``correlation`` and ``coded`` over ``subject unit variable``.
    """
    episodes = matching(table).isel(subject=SHOWN).to_dataframe().dropna().reset_index()
    units = coding[["correlation", "coded"]].to_dataframe().reset_index()
    return {
        "2d": episodes,
        "2e": units.assign(variable=units["variable"].str.replace("_", " "), strength=units["correlation"].abs()),
        "2f": lagged_weights(table, LAGS).to_series().rename("weight").reset_index(),
    }

"""Tidy tables of everything that Figure 7 draws."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from .config import EVENTS, MANIPULATIONS


def panels(shares: Mapping[str, xr.DataArray], errors: Mapping[str, xr.DataArray]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    shares : of risky choices, over ``subject risky_probability``, by condition.
    errors : received after each outcome, over ``subject event risky_probability``, by condition.
    """
    compared = {each.panel: _compared(shares["control"], shares[name]) for name, each in MANIPULATIONS.items()}
    return {**compared, "errors": _received(errors)}


def _compared(control: xr.DataArray, manipulated: xr.DataArray) -> pd.DataFrame:
    """Control beside a manipulation, one row per subject and probability."""
    pair = xr.Dataset({"control": control, "manipulated": manipulated})
    return pair.to_dataframe(dim_order=["subject", "risky_probability"]).reset_index()


def _received(errors: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Mean error after each outcome as it is, and as a manipulation makes it; one row per subject."""
    tables = []
    for paid, event in EVENTS.items():
        altered = {name: each.amount for name, each in MANIPULATIONS.items() if each.paid == paid}
        for name, amount in {"control": 0.0, **altered}.items():
            own = errors[name].sel(event=event, drop=True).mean("risky_probability")
            table = own.to_series().rename("error").reset_index()
            tables.append(table.assign(event=event, added=amount))
    return pd.concat(tables, ignore_index=True)

"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.behaviour import cumulative_regret
from pfc_metarl.base.statistics import confidence_band

# The subject whose choices are shown; fixed beforehand, not picked for its looks.
SHOWN = 0

CURVES = {
    "trained": "meta-RL",
    "optimal": "ideal observer",
    "rescorla-wagner": "best delta rule, fixed rate",
    "thompson": "Thompson sampling",
    "ucb": "UCB",
}

# Whose rates are shown.
FITTED = {"trained": "meta-RL", "rescorla-wagner": "fixed rate"}

VOLATILITY = {False: "low volatility", True: "high volatility"}


def panels(recordings: Mapping[str, xr.Dataset], fits: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : of everybody in `CURVES`, episodes of low volatility first.
    fits : rates by block of everybody in `FITTED`.
    """
    half = recordings["trained"].sizes["episode"] // 2
    return {
        **{f"walk-{name}": _walk(recordings["trained"], episode) for name, episode in (("low", 0), ("high", half))},
        "regret": _regret(recordings),
        **{f"rates-{name}": _rates(fits[name]) for name in FITTED},
        "bic": _preference(fits),
    }


def _walk(recording: xr.Dataset, episode: int) -> pd.DataFrame:
    """One episode trial by trial: the first arm's probability, what can be believed of it, choice and reward."""
    own = recording.isel(subject=SHOWN, episode=episode)
    columns = {
        "true_probability": own["arm_probability"].isel(arm=0),
        **{name: own[name] for name in ("believed_probability", "choice", "reward")},
    }
    table = pd.DataFrame({name: values.values for name, values in columns.items()})
    return table.assign(trial=np.arange(len(table)) + 1)


def _regret(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Cumulative regret over both volatilities, with 95% bands over subjects."""
    tables = []
    for name, curve in CURVES.items():
        mean, low, high = confidence_band(cumulative_regret(recordings[name]).mean("episode").values)
        trial = np.arange(1, len(mean) + 1)
        tables.append(pd.DataFrame({"curve": curve, "trial": trial, "regret": mean, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _rates(fitted: xr.Dataset) -> pd.DataFrame:
    """Each subject's mean fitted rate at either volatility."""
    by_volatility = fitted["learning_rate"].groupby(fitted["volatile"]).mean()
    table = by_volatility.to_series().rename("learning_rate").reset_index()
    return table.assign(block=table.pop("volatile").map(VOLATILITY))


def _preference(fits: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """By how much BIC prefers a rate of each block's own."""
    tables = [
        pd.DataFrame({"learner": label, "subject": np.arange(len(preference)), "preference": preference})
        for name, label in FITTED.items()
        for preference in [fits[name]["one_minus_free"].values]
    ]
    return pd.concat(tables, ignore_index=True)

"""Tidy tables of everything that Figure 3 draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

# The subject of the sample run; fixed beforehand, not picked for its looks.
SHOWN = 0

# Whose units are counted: measure of the share of units -> label of its bar.
SHARES = {
    "tracking.true": "trained",
    "tracking.true.exchanged": "sessions\nexchanged",
    "tracking.true.untrained": "untrained",
}


def panels(
    trained: xr.Dataset, decoded: xr.DataArray, fits: xr.Dataset, measures: Mapping[str, Float[np.ndarray, " subject"]]
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    trained : test sessions, with what the Bayesian learner believed in them.
    decoded : the learner's volatility as read from the hidden state.
    fits : learning rates by block and subject.
    measures : the study's, among them the shares of units.
    """
    own = trained.assign(decoded_volatility=decoded).isel(subject=SHOWN)
    # The first session that begins with its stable block.
    run = own.isel(episode=int(np.argmin(own["volatile"].isel(step=0).values)))
    return {
        "3a": _run(run, "expected_probability", "learning_rate", "expected_volatility"),
        "3b": _run(run, "choice_probability", "decoded_volatility", "expected_volatility"),
        "3d": fits["learning_rate"].to_series().rename("learning_rate").reset_index(),
        "3-units": _shares(measures),
    }


def _run(run: xr.Dataset, *names: str) -> pd.DataFrame:
    """One session trial by trial: truth, choice, reward, and what is drawn beside them."""
    columns = {
        "true_probability": run["reward_probability"].isel(arm=0),
        "choice_probability": run["policy"].isel(action=0),
        **{name: run[name] for name in ("choice", "reward", *names) if name in run},
    }
    kept = ("true_probability", "choice", "reward", *names)
    return pd.DataFrame({"trial": np.arange(run.sizes["step"]) + 1, **{name: columns[name].values for name in kept}})


def _shares(measures: Mapping[str, Float[np.ndarray, " subject"]]) -> pd.DataFrame:
    tables = [
        pd.DataFrame({"units": label, "subject": np.arange(len(measures[name])), "share": measures[name]})
        for name, label in SHARES.items()
    ]
    return pd.concat(tables, ignore_index=True)

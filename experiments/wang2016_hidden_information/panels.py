"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.behaviour import learning_curve
from pfc_metarl.analysis.informative_arm import share_by_pull

CURVES = {
    "trained": "meta-RL",
    "optimal": "ask, then exploit (optimum)",
    "thompson": "Thompson sampling",
    "reward-silenced": "meta-RL, reward input silenced",
    "untrained": "untrained networks",
    "ucb": "UCB",
}

# Whose pulls are shown.
SHOWN = ("trained", "thompson")


def panels(recordings: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : of every learner in `CURVES`.
    """
    earnings = [_earnings(recordings[name]).assign(curve=curve) for name, curve in CURVES.items()]
    return {
        "earnings": pd.concat(earnings, ignore_index=True),
        **{f"pulls-{name}": _pulls(recordings[name]) for name in SHOWN},
    }


def _earnings(recording: xr.Dataset) -> pd.DataFrame:
    """Mean reward of each pull with its 95% interval over subjects."""
    found = learning_curve(recording["reward"])
    pull = np.arange(1, found.sizes["step"] + 1)
    return pd.DataFrame({"pull": pull, "reward": found["mean"], "low": found["low"], "high": found["high"]})


def _pulls(recording: xr.Dataset) -> pd.DataFrame:
    """What each subject pulls when."""
    table = share_by_pull(recording).to_series().rename("share").reset_index()
    table["pull"] = table.pop("step") + 1
    return table

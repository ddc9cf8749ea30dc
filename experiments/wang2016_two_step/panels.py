"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.behaviour import learning_curve
from pfc_metarl.analysis.two_step import better_choices, by_kind, staying

CURVES = {
    "trained": "meta-RL",
    "ideal": "ideal observer",
    "reward-silenced": "meta-RL, reward input silenced",
    "untrained": "untrained networks",
}

# Whose staying is shown.
STAYING = ("trained", "ideal", "model-free")


def panels(recordings: Mapping[str, xr.Dataset], tables: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : of every condition in `CURVES`.
    tables : trials of everybody in `STAYING`.
    """
    shown = {f"stay-{name}": by_kind(staying(tables[name])["stay"], "stay") for name in STAYING}
    return {**shown, "learning": _learning(recordings)}


def _learning(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Share of choices of the better action by trial, with 95% intervals over subjects."""
    parts = []
    for name, curve in CURVES.items():
        found = learning_curve(better_choices(recordings[name]))
        limits = {limit: found[limit].values for limit in ("mean", "low", "high")}
        parts.append(pd.DataFrame({"curve": curve, "trial": np.arange(1, found.sizes["trial"] + 1), **limits}))
    return pd.concat(parts, ignore_index=True)

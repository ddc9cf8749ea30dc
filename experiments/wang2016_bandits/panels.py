"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.behaviour import cumulative_regret
from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.studies.claim import Measures

from .config import DISTRIBUTIONS

# Rows of the matrix below those of the trained networks.
REFERENCES = {
    "untrained": "untrained networks",
    "ucb": "UCB",
    "thompson": "Thompson sampling",
    "gittins": "Gittins index",
    "dependence-known": "dependence known",
}

# Curves on uniform dependent arms.
CURVES = {
    "uniform": "meta-RL, uniform dependent arms",
    "independent": "meta-RL, independent arms",
    "ucb": "UCB",
    "thompson": "Thompson sampling",
    "gittins": "Gittins index",
    "dependence-known": "dependence known (optimum)",
}


def panels(recordings: Mapping[str, xr.Dataset], measures: Measures) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    recordings : of every learner on every distribution, "learner/distribution".
    measures : the study's.
    """
    return {
        "matrix": _matrix(measures, {label: label for label in DISTRIBUTIONS}),
        "references": _matrix(measures, REFERENCES),
        "curves": _curves(recordings),
        "silenced": _silenced(measures),
    }


def _matrix(measures: Measures, rows: Mapping[str, str]) -> pd.DataFrame:
    """Final regret by learner and tested distribution, one row per subject."""
    tables = [
        pd.DataFrame({"learner": row, "tested": tested, "subject": np.arange(len(regret)), "regret": regret})
        for name, row in rows.items()
        for tested in DISTRIBUTIONS
        for regret in [measures[f"regret.{name}.{tested}"]]
    ]
    return pd.concat(tables, ignore_index=True)


def _curves(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Cumulative regret on uniform dependent arms, with 95% bands over subjects."""
    tables = []
    for name, curve in CURVES.items():
        regret = cumulative_regret(recordings[f"{name}/uniform"]).mean("episode")
        mean, low, high = confidence_band(regret.values)
        trial = np.arange(1, len(mean) + 1)
        tables.append(pd.DataFrame({"curve": curve, "trial": trial, "regret": mean, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _silenced(measures: Measures) -> pd.DataFrame:
    """Share of choices of the better arm, with and without the reward input."""
    tables = []
    for label in DISTRIBUTIONS:
        intact, silenced = (measures[f"better-arm.{label}{ending}"] for ending in ("", ".reward-silenced"))
        subject = np.arange(len(intact))
        tables.append(
            pd.DataFrame({"trained": label, "subject": subject, "intact": intact, "reward_silenced": silenced})
        )
    return pd.concat(tables, ignore_index=True)

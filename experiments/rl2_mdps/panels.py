"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from pfc_metarl.studies.table_rows import totals

from .config import SETTINGS
from .learners import UNINFORMED
from .published import PUBLISHED

NETWORKS = {"gru": "RL², GRU", "lstm": "RL², LSTM"}
PLANNERS = {
    "psrl": "PSRL",
    "opsrl": "optimistic PSRL",
    "ucrl2": "UCRL2",
    "beb": "BEB",
    "epsilon-greedy": "epsilon-greedy",
    "greedy": "greedy",
}

# Learners in the order of their rows: label -> (name, column of the published table, if any).
LEARNERS: dict[str, tuple[str, str | None]] = {
    **{label: (name, "rl2") for label, name in NETWORKS.items()},
    **{f"{label}{UNINFORMED}": (f"{name}, uninformed", label) for label, name in PLANNERS.items()},
    **{label: (f"{name}, prior known", None) for label, name in PLANNERS.items()},
    "random": ("random", "random"),
}

# Followed trial by trial.
FOLLOWED = {
    **NETWORKS,
    **{f"reset-{label}": f"{name}, state reset" for label, name in NETWORKS.items()},
    f"psrl{UNINFORMED}": "PSRL, uninformed",
    f"beb{UNINFORMED}": "BEB, uninformed",
    "greedy": "greedy, prior known",
}


def panels(rewards: Mapping[str, Mapping[str, xr.DataArray]]) -> dict[str, pd.DataFrame]:
    """Build both tables from the reward of each subject and trial, setting -> learner."""
    sums = {name: {label: each.sum("trial").values for label, each in row.items()} for name, row in rewards.items()}
    total = totals(sums, LEARNERS, PUBLISHED)
    total["trials"] = [SETTINGS[name].trials for name in total["setting"]]
    return {"total": total, "trials": _trials(rewards)}


def _trials(rewards: Mapping[str, Mapping[str, xr.DataArray]]) -> pd.DataFrame:
    """Reward of each trial, mean over subjects."""
    tables = [
        row[label]
        .mean("subject")
        .to_series()
        .rename("reward")
        .reset_index()
        .assign(trials=SETTINGS[name].trials, learner=learner)
        for name, row in rewards.items()
        for label, learner in FOLLOWED.items()
        if label in row
    ]
    return pd.concat(tables, ignore_index=True)

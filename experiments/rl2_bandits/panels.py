"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.studies.table_rows import totals

from .config import SETTINGS
from .published import PUBLISHED

# Learners in the order of their rows: label -> (name, column of the published table).
LEARNERS = {
    "gru": ("RL², GRU", "rl2"),
    "lstm": ("RL², LSTM", "rl2"),
    "gittins": ("Gittins index", "gittins"),
    "ucb1": ("UCB1", "ucb1"),
    "optimistic-thompson": ("optimistic Thompson", "optimistic-thompson"),
    "thompson": ("Thompson sampling", "thompson"),
    "epsilon-greedy": ("epsilon-greedy", "epsilon-greedy"),
    "greedy": ("greedy", "greedy"),
    "random": ("random", "random"),
}

# Followed pull by pull.
FOLLOWED = ("gru", "lstm", "gittins", "ucb1", "thompson", "greedy")


def panels(
    rewards: Mapping[str, Mapping[str, Float[np.ndarray, " subject"]]],
    recordings: Mapping[str, Mapping[str, xr.Dataset]],
) -> dict[str, pd.DataFrame]:
    """Build both tables.

    Parameters
    ----------
    rewards : setting -> learner -> total reward of each subject.
    recordings : setting -> learner -> its recording, with ``regret``.
    """
    total = totals(rewards, LEARNERS, PUBLISHED)
    for column in ("pulls", "arms"):
        total[column] = [getattr(SETTINGS[name], column) for name in total["setting"]]
    return {"total": total, "pulls": _pulls(recordings)}


def _pulls(recordings: Mapping[str, Mapping[str, xr.Dataset]]) -> pd.DataFrame:
    """Expected reward of each pull, in the settings with the most pulls."""
    most = max(SETTINGS[name].pulls for name in recordings)
    tables = []
    for name in (name for name in recordings if SETTINGS[name].pulls == most):
        arms = SETTINGS[name].arms
        for label in (label for label in FOLLOWED if label in recordings[name]):
            regret = recordings[name][label]["regret"].mean(("subject", "episode")).values
            curve = pd.DataFrame({"pull": np.arange(1, most + 1), "reward": arms / (arms + 1) - regret})
            tables.append(curve.assign(arms=arms, learner=LEARNERS[label][0]))
    return pd.concat(tables, ignore_index=True)

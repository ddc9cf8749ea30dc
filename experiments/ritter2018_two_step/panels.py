"""Tidy tables of everything that is drawn of the two-step task with reminders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Shaped

from pfc_metarl.analysis.two_step import by_kind
from pfc_metarl.base.statistics import confidence_band

from .config import BLOCK

# Trials that staying is measured in, panel by panel -> title.
PARTS = {
    "uncued": "incremental, without cues",
    "cued": "incremental, with cues",
    "called-back": "episodic",
}

# Recorded condition -> label.
BARS = {
    "remembering": "perfect\nmemory",
    "episodic": "episodic",
    "gate-closed": "gate\nclosed",
    "keys-shuffled": "keys\nshuffled",
    "plain": "plain",
}
CURVES = {
    "remembering": "Bayes' rule, perfect memory",
    "episodic": "episodic LSTM",
    "plain": "plain LSTM",
    "forgetful": "Bayes' rule, no memory",
}


def panels(
    tables: Mapping[str, xr.Dataset], stays: Mapping[str, Mapping[str, xr.Dataset]], stages: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    tables : trials of every condition.
    stays : of every condition and part, what `staying` measures.
    stages : columns ``core subject stage reward``.
    """
    return {
        **{f"stay-{name}": by_kind(stays["episodic"][name]["stay"], "stay") for name in PARTS},
        "interactions": pd.concat([_interactions(stays[name], label) for name, label in BARS.items()]),
        "rewards": pd.concat([_rewards(tables[name], label) for name, label in CURVES.items()]),
        "stages": pd.concat([_learning(own, CURVES[str(core)]) for core, own in stages.groupby("core")]),
    }


def _interactions(stays: Mapping[str, xr.Dataset], label: str) -> pd.DataFrame:
    """Interaction on staying with the trial called back, subject by subject."""
    table = stays["called-back"]["interaction"].to_series().reset_index()
    return table.assign(condition=label)


def _rewards(table: xr.Dataset, label: str) -> pd.DataFrame:
    """Reward per trial, in blocks of trials, with its 95% interval over subjects."""
    reward = table["reward"].mean("episode").transpose("subject", "trial")
    by_block = reward.drop_vars("cued").coarsen(trial=BLOCK).mean().values
    # The middle of each block; trial 1 is the first.
    middle = BLOCK * (np.arange(by_block.shape[1]) + 0.5) + 0.5
    return _curve(label, "trial", middle, by_block)


def _learning(stages: pd.DataFrame, label: str) -> pd.DataFrame:
    """Reward per trial by stage of training."""
    by_stage = stages.pivot_table(index="subject", columns="stage", values="reward")
    return _curve(label, "stage", by_stage.columns.to_numpy(), by_stage.to_numpy())


def _curve(
    label: str, axis: str, places: Shaped[np.ndarray, " point"], values: Float[np.ndarray, "subject point"]
) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, along one axis."""
    mean, low, high = confidence_band(values)
    return pd.DataFrame({"condition": label, axis: places, "reward": mean, "low": low, "high": high})

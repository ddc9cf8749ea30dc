"""Tidy tables of everything that Figure 4 draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.geometry import PrincipalComponents
from pfc_metarl.analysis.inferred_value import FIXATION, OUTCOME, STIMULUS, states_at, trials

PHASES = {"fixation": FIXATION, "cue": STIMULUS, "outcome": OUTCOME}
SIDES = ("left", "right")

# What the curves of the decoding panel are, by the suffix of their measures.
CURVES = {
    "": "trained",
    ".across-targets": "trained, across targets",
    ".untrained": "untrained",
    ".across-targets.untrained": "untrained, across targets",
    ".shuffled": "shuffled",
}


def panels(
    errors: Mapping[str, xr.DataArray], accuracy: Mapping[str, xr.DataArray], shown: xr.Dataset
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    errors : mean prediction errors by source.
    accuracy : of the decoded latent state, by suffix.
    shown : the recording of one subject.
    """
    return {
        "4b": _joined(errors, "source"),
        "4c": _projections(shown),
        "4c, decoded": _joined({CURVES[suffix]: values for suffix, values in accuracy.items()}, "source"),
    }


def _joined(parts: Mapping[str, xr.DataArray], column: str) -> pd.DataFrame:
    """One row per value, with the part it comes from."""
    tables = [values.to_series().reset_index().assign(**{column: name}) for name, values in parts.items()]
    return pd.concat(tables, ignore_index=True)


def _projections(shown: xr.Dataset) -> pd.DataFrame:
    """States at each phase of the reversal trial n and of the next, in the first two components.

    The components are those of one phase's states on both trials together, so that the two rows
    of the figure share their axes. An episode is left out where a response was invalid.
    """
    table = trials(shown).isel(subject=0).stack(row=("episode", "trial"))
    near = table.isel(row=np.flatnonzero(table["since_reversal"].isin([0, 1]) & table["valid"]))
    labels = pd.DataFrame(
        {
            "episode": near["episode"].values,
            "trial": np.where(near["since_reversal"] == 0, "n", "n+1"),
            "rewarded_side": np.take(SIDES, near["rewarded_side"].values),
            "target": np.take(SIDES, near["target"].values),
            "rewarded": near["reward"].values > 0,
        }
    )
    tables = []
    for phase, code in PHASES.items():
        state = states_at(shown, code).isel(subject=0, episode=near["episode"], trial=near["trial"])
        projected = PrincipalComponents().fit(state).transform(state).values
        tables.append(labels.assign(phase=phase, pc1=projected[:, 0], pc2=projected[:, 1]))
    return pd.concat(tables, ignore_index=True)

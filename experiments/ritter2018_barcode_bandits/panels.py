"""Tidy tables of everything that is drawn of barcode bandits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.base.statistics import confidence_band

from .config import LATE, SHOWN_EXPOSURES

# Recorded condition -> label, panel by panel.
NETWORKS = {
    "remembering": "Bayes' rule, perfect memory",
    "episodic": "episodic LSTM",
    "plain": "plain LSTM",
    "forgetful": "Bayes' rule, no memory",
}
CONTROLS = {"episodic": "intact", "gate-closed": "gate closed", "keys-shuffled": "keys shuffled"}
CONTROLS |= {"untrained": "untrained"}
LEVELS = {"remembering": "Bayes' rule, perfect memory", "episodic": "episodic LSTM"}


def panels(
    earned: Mapping[str, xr.DataArray], flipped: Mapping[float, xr.DataArray], gate: xr.DataArray
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    earned : reward of every condition, over ``subject exposure step``.
    flipped : the same of the episodic networks, by probability of a flipped bit.
    gate : how far the reinstatement gate is open, over ``subject exposure step``.
    """
    means = {name: own.mean("step") for name, own in earned.items()}
    late = xr.concat(
        [own.sel(exposure=slice(LATE, None)).mean(("exposure", "step")) for own in flipped.values()], "share"
    )
    late = late.assign_coords(share=list(flipped))
    return {
        "exposures": _curves({label: means[name] for name, label in NETWORKS.items()}, "exposure", "reward"),
        "pulls": _pulls({label: earned[name] for name, label in LEVELS.items()}, "reward"),
        "controls": _curves({label: means[name] for name, label in CONTROLS.items()}, "exposure", "reward"),
        "flips": _curves({"episodic LSTM": late}, "share", "reward"),
        "gate": _pulls({"episodic LSTM": gate}, "gate"),
    }


def _pulls(conditions: Mapping[str, xr.DataArray], value: str) -> pd.DataFrame:
    """Pull by pull, at some exposures."""
    tables = []
    for exposure in SHOWN_EXPOSURES:
        own = {label: each.sel(exposure=exposure).rename(step="pull") for label, each in conditions.items()}
        numbered = {label: each.assign_coords(pull=np.arange(each.sizes["pull"]) + 1) for label, each in own.items()}
        tables.append(_curves(numbered, "pull", value).assign(exposure=exposure))
    return pd.concat(tables, ignore_index=True)


def _curves(conditions: Mapping[str, xr.DataArray], axis: str, value: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, along one axis."""
    tables = []
    for label, own in conditions.items():
        along: Float[np.ndarray, "subject point"] = own.transpose("subject", axis).values
        mean, low, high = confidence_band(along)
        table = {"condition": label, axis: own[axis].values, value: mean, "low": low, "high": high}
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)

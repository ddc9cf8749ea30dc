"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band

from .coin_flips import COUNTS, SIGNALS
from .config import CORES
from .worlds import Values

# Learners between chance and the best there is, as they are called beside the figure's panels.
REFERENCES = {"thompson": "Thompson", "win-stay": "win-stay\nlose-shift", "search": "best\nsearch"}


def panels(
    curves: Mapping[tuple[str, str], pd.DataFrame],
    scores: Mapping[str, Mapping[str, Values]],
    memory: Mapping[str, Mapping[str, xr.Dataset]],
) -> dict[str, pd.DataFrame]:
    """Build one table per kind of panel.

    Parameters
    ----------
    curves : score by subject and million steps, for each task and core.
    scores : by task and agent.
    memory : memory functions by signal and agent.
    """
    return {
        "learning": pd.concat([_band(curve, *place) for place, curve in curves.items()], ignore_index=True),
        "references": _references(scores),
        "final": _final(scores),
        **{f"memory-{signal}": _memory(memory[signal]) for signal in SIGNALS},
    }


def _band(curve: pd.DataFrame, task: str, core: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval."""
    mean, low, high = confidence_band(curve.to_numpy())
    place = {"task": task, "core": core, "steps": curve.columns}
    return pd.DataFrame({**place, "score": mean, "low": low, "high": high})


def _references(scores: Mapping[str, Mapping[str, Values]]) -> pd.DataFrame:
    """Score of the reference learners."""
    rows = [
        {"task": task, "reference": REFERENCES[name], "score": values.mean()}
        for task, own in scores.items()
        for name, values in own.items()
        if name in REFERENCES
    ]
    return pd.DataFrame(rows)


def _final(scores: Mapping[str, Mapping[str, Values]]) -> pd.DataFrame:
    """Score of each subject, trained and untrained."""
    tables = []
    for task, own in scores.items():
        for core in CORES:
            for training, name in (("trained", core), ("untrained", f"{core}.untrained")):
                place = {"task": task, "core": core, "training": training, "subject": np.arange(len(own[name]))}
                tables.append(pd.DataFrame({**place, "score": own[name]}))
    return pd.concat(tables, ignore_index=True)


def _memory(memory: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Memory functions with their bands over subjects, and what 99% of all shuffles stay below."""
    tables, lag = [], memory[COUNTS]["lag"].values
    for name in (*CORES, *(f"{core}.untrained" for core in CORES), COUNTS):
        mean, low, high = confidence_band(memory[name]["share"].transpose("subject", "lag").values)
        tables.append(pd.DataFrame({"state": name, "lag": lag, "share": mean, "low": low, "high": high}))
    null = np.quantile([memory[core]["null"].values for core in CORES], 0.99)
    tables.append(pd.DataFrame({"state": "shuffled", "lag": lag, "share": null, "low": null, "high": null}))
    return pd.concat(tables, ignore_index=True)

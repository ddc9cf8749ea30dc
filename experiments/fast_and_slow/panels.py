"""Everything the figure draws, as one tidy table per panel, and the table of which learner wins where."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.base.statistics import confidence_band

from .costs import Cost
from .worlds import WORLDS

# In the order in which they are drawn.
LEARNERS = {
    "bayes": "Bayes-optimal",
    "recurrent": "recurrent meta-RL",
    "episodic": "episodic meta-RL",
    "maml": "MAML",
    "fine-tune": "fine-tuning",
    "mfec": "episodic control",
    "dqn": "DQN",
}

# Nothing but their activity, or a count, changes while they learn.
BY_ACTIVITY = ("bayes", "recurrent", "episodic")


def panels(
    results: xr.Dataset, earned: xr.DataArray, again: xr.DataArray, price: Mapping[str, Cost]
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    results : ``steps``, ``reached`` over ``world learner subject``.
    earned : reward per pull over ``world learner subject step``.
    again : share of the way over ``world learner subject exposure``.
    price : of every learner.
    """
    return {
        "steps": _steps(results),
        **{name: _curves(earned.sel(world=name), "step", "reward") for name in WORLDS},
        "again": _curves(again.sel(world="inside"), "exposure", "share"),
        "costs": pd.DataFrame([{"condition": LEARNERS[label], **vars(each)} for label, each in price.items()]),
    }


def summary(results: xr.Dataset, price: Mapping[str, Cost]) -> pd.DataFrame:
    """One row per learner: pulls to criterion in both worlds, subjects that reach it, and costs."""
    rows = []
    for label, name in LEARNERS.items():
        row: dict[str, object] = {"learner": name}
        for world in WORLDS:
            own = results.sel(learner=label, world=world)
            row[f"median pulls {world}"] = float(own["steps"].median())
            row[f"subjects at criterion {world}"] = int(own["reached"].sum())
        rows.append({**row, **vars(price[label])})
    return pd.DataFrame(rows)


def _steps(results: xr.Dataset) -> pd.DataFrame:
    """One row per learner, world and subject; those that never reach the criterion stand at the last pull."""
    table = results[["steps", "reached"]].to_dataframe(["learner", "world", "subject"]).reset_index()
    names = {name: world.name for name, world in WORLDS.items()}
    task, condition = [LEARNERS[label] for label in table["learner"]], [names[world] for world in table["world"]]
    return table.assign(task=task, condition=condition)


def _curves(values: xr.DataArray, along: str, name: str) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, of every learner."""
    tables = []
    for learner in values["learner"].values:
        own = values.sel(learner=learner)
        mean, low, high = confidence_band(np.asarray(own.transpose("subject", along)))
        columns = {along: own[along].values, name: mean, "low": low, "high": high}
        tables.append(pd.DataFrame({"condition": LEARNERS[str(learner)], **columns}))
    return pd.concat(tables, ignore_index=True)

"""Tidy tables of everything that Figure 6 draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.tasks.fixation import LEFT, RIGHT
from pfc_metarl.tasks.harlow import HarlowGaze
from pfc_metarl.tasks.harlow_scene import HEIGHT, WIDTH

from .config import STAGES


def panels(stages: pd.DataFrame, task: HarlowGaze) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    stages : columns ``subject stage trial performance``.
    task : whose views are shown in panel 6a.
    """
    last = stages.loc[stages["stage"] == STAGES, ["subject", "trial", "performance"]]
    return {"6a": _frames(task), "6c": _curves(stages), "6c subjects": last.reset_index(drop=True)}


def _curves(stages: pd.DataFrame) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, by stage and trial."""
    tables = []
    for stage, own in stages.groupby("stage"):
        by_trial = own.pivot_table(index="subject", columns="trial", values="performance")
        mean, low, high = confidence_band(by_trial.to_numpy())
        tables.append(
            pd.DataFrame({"stage": stage, "trial": by_trial.columns, "performance": mean, "low": low, "high": high})
        )
    return pd.concat(tables, ignore_index=True)


def _frames(task: HarlowGaze) -> pd.DataFrame:
    """Three views of one trial, pixel by pixel: before fixation, on it, and on the way to the left object."""
    # Any episode would do; in this one the gaze begins at the far left.
    uniform = torch.full((1, 1, task.start_draws), 0.4)
    uniform[..., 3] = 0.0
    nothing = torch.empty(1, 1, 0)
    state, shown = task.start(uniform)
    views = {"before fixation": shown.observation}
    while not bool(state.choosing):
        state, shown = task.step(state, torch.tensor([[RIGHT]]), nothing)
    views["cross fixated: objects appear"] = shown.observation
    while bool(state.choosing):
        state, shown = task.step(state, torch.tensor([[LEFT]]), nothing)
    views["left object chosen"] = shown.observation
    return pd.concat([_pixels(name, view) for name, view in views.items()], ignore_index=True)


def _pixels(name: str, view: torch.Tensor) -> pd.DataFrame:
    rows, columns = np.divmod(np.arange(HEIGHT * WIDTH), WIDTH)
    # From what the subject receives, -1 to 1, to brightness.
    rgb = (view.reshape(-1, 3).numpy() + 1) / 2
    colours = {"red": rgb[:, 0], "green": rgb[:, 1], "blue": rgb[:, 2]}
    return pd.DataFrame({"frame": name, "row": rows, "column": columns, **colours})

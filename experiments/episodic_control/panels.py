"""Tidy tables of everything that is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.tasks.pixel_maze import PixelMaze

from .config import KINDS, WORLDS

# Points of a curve, each the mean over its part of life; subject whose maze is shown, fixed beforehand.
POINTS = 60
SHOWN = 0


def panels(
    shares: Mapping[tuple[str, str], Float[np.ndarray, "subject step"]],
    steps: Mapping[str, Mapping[str, tuple[Float[np.ndarray, " subject"], Bool[np.ndarray, " subject"]]]],
    beginning: Any,
    maze: PixelMaze,
) -> dict[str, pd.DataFrame]:
    """Build one table per panel.

    Parameters
    ----------
    shares : of the best reward, step by step, by world and learner.
    steps : to DQN's final level and whether it was reached, by world and learner.
    beginning : the maze's state in which lives began.
    maze : the maze task.
    """
    return {"curves": _curves(shares), "steps": _steps(steps), "picture": _picture(beginning, maze)}


def _curves(shares: Mapping[tuple[str, str], Float[np.ndarray, "subject step"]]) -> pd.DataFrame:
    """Mean over subjects with its 95% interval, by part of life."""
    tables = []
    for (world, kind), share in shares.items():
        parts = np.array_split(np.arange(share.shape[1]), POINTS)
        mean, low, high = confidence_band(np.stack([share[:, part].mean(axis=1) for part in parts], axis=1))
        columns = {"steps": [part[-1] + 1 for part in parts], "share": mean, "low": low, "high": high}
        tables.append(pd.DataFrame({"world": world, "learner": KINDS[kind].name, **columns}))
    return pd.concat(tables, ignore_index=True)


def _steps(steps: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> pd.DataFrame:
    """Steps to DQN's final level, subject by subject."""
    tables = [
        pd.DataFrame(
            {
                "world": WORLDS[world].name,
                "learner": KINDS[kind].name,
                "subject": np.arange(len(taken)),
                "steps": taken,
                "reached": ever,
            }
        )
        for world, found in steps.items()
        for kind, (taken, ever) in found.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _picture(beginning: Any, maze: PixelMaze) -> pd.DataFrame:
    """What one subject sees when its life begins, pixel by pixel."""
    seen = maze.picture(beginning)[SHOWN, 0]
    row, column = torch.meshgrid(*(torch.arange(side) for side in seen.shape[:2]), indexing="ij")
    flat = {"row": row.flatten(), "column": column.flatten()}
    channels = dict(zip(("wall", "goal", "subject"), seen.flatten(0, 1).unbind(-1), strict=True))
    return pd.DataFrame({name: values.numpy() for name, values in {**flat, **channels}.items()})

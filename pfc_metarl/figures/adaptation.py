"""Panels on learning a task from few examples: error by gradient step and by example, and one task's fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS


def draw_error(axes: Axes, data: pd.DataFrame, along: str, colours: Mapping[str, str]) -> None:
    """Draw the error of several learners with bands, on a logarithmic axis, and published values as crosses.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner error low high``, the axis, and ``published`` where there are any.
    along : name of the axis.
    colours : per learner, in the order of the legend.
    """
    for learner, colour in colours.items():
        own = data.loc[data["learner"] == learner]
        x = np.asarray(own[along])
        marker = "o" if len(x) < 5 else None
        axes.plot(x, np.asarray(own["error"]), color=colour, label=learner, marker=marker, ms=4)
        # On a logarithmic axis a band cannot reach zero.
        low = np.clip(np.asarray(own["low"]), 1e-3, None)
        axes.fill_between(x, low, np.asarray(own["high"]), color=colour, alpha=0.18, lw=0)
        if "published" in own:
            axes.plot(x, np.asarray(own["published"], float), "x", color=colour, ms=7, mew=1.8, zorder=3)
    axes.set_yscale("log")
    axes.set(xlabel=along, ylabel="mean squared error")


def draw_fit(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the curves that learners put through the examples of one task.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``curve x y``; the curve "truth" is dashed, the rows "seen" are the examples.
    colours : per curve that is drawn.
    """
    truth, seen = (data.loc[data["curve"] == name] for name in ("truth", "seen"))
    axes.plot(truth["x"], truth["y"], color=COLOURS["black"], ls="--", lw=1.2, label="truth")
    for curve, colour in colours.items():
        own = data.loc[data["curve"] == curve]
        axes.plot(own["x"], own["y"], color=colour, label=curve)
    axes.scatter(seen["x"], seen["y"], s=36, color=COLOURS["black"], zorder=3, label="seen")
    axes.set(xlabel="x", ylabel="y")

"""Panels on finding a goal in the plane: paths before and after learning where it is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS


def draw_paths(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw paths from the origin, and the goal as a star.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``curve x y``, moment by moment; the row "goal" is the goal.
    colours : per curve, in the order of the legend.
    """
    for curve, colour in colours.items():
        own = data.loc[data["curve"] == curve]
        axes.plot(own["x"], own["y"], color=colour, lw=1.2, marker="o", ms=2.5, label=curve)
    goal = data.loc[data["curve"] == "goal"]
    axes.plot(0, 0, "+", color=COLOURS["black"], ms=9, mew=1.5, zorder=4)
    axes.plot(goal["x"], goal["y"], "*", color=COLOURS["black"], ms=13, zorder=4, label="goal")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()

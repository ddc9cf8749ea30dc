"""Panels on networks that are reused: how a new task is learned, and how much faster that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pfc_metarl.figures.style import COLOURS


def draw_steps(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw steps to criterion, by task and condition: a dot per subject, hollow where never reached; bars: mean.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``task condition subject steps reached``, tasks in the order in which they are drawn.
    colours : per condition, in the order in which they stand side by side.
    """
    tasks = list(dict.fromkeys(data["task"]))
    width = 0.8 / len(colours)
    for place, task in enumerate(tasks):
        for number, (condition, colour) in enumerate(colours.items()):
            own = data[(data["task"] == task) & (data["condition"] == condition)]
            steps, reached = (np.asarray(own[name]) for name in ("steps", "reached"))
            middle = place + (number - (len(colours) - 1) / 2) * width
            aside = middle + np.linspace(-0.25, 0.25, len(steps)) * width
            axes.bar(middle, steps.mean(), width=0.9 * width, color=colour, alpha=0.45)
            faces = [colour if each else "white" for each in reached]
            axes.scatter(aside, steps, s=9, c=faces, edgecolor=colour, lw=0.7, zorder=3)
    axes.set_xticks(range(len(tasks)), tasks)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:g}")


def draw_speed_by_distance(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw speed by number of changes: a dot per subject and task, and the line through their means.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``changes condition doublings``; the axis says how many times as fast that is.
    colours : per condition.
    """
    for number, (condition, colour) in enumerate(colours.items()):
        own = data[data["condition"] == condition]
        aside = (number - (len(colours) - 1) / 2) * 0.12
        changes, speed = (np.asarray(own[name]) for name in ("changes", "doublings"))
        axes.scatter(changes + aside, speed, s=9, color=colour, alpha=0.5, lw=0)
        places = np.unique(changes)
        means = [speed[changes == place].mean() for place in places]
        axes.plot(places + aside, means, color=colour, marker="o", ms=5, label=condition)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    axes.set_xticks(np.unique(np.asarray(data["changes"])))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda doublings, _: f"{2**doublings:g}")

"""Panels on the size of steps: what is known in the course of life, time to learn, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullLocator

from pfc_metarl.figures.style import COLOURS


def draw_two_tasks(axes: Axes, data: pd.DataFrame, colours: Mapping[float, str], switch: int, chance: float) -> None:
    """Draw what is known of an earlier task (lines) and of a later one (dashed) in the course of life.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``step_size task step mean low high``; tasks are "first" and "later".
    colours : per step size.
    switch : step at which the later task follows.
    chance : what is right by chance.
    """
    for size, colour in colours.items():
        for task, dashes in (("first", "-"), ("later", (0, (4, 2)))):
            own = data.loc[(data["step_size"] == size) & (data["task"] == task)]
            axes.plot(own["step"], own["mean"], color=colour, ls=dashes)
            axes.fill_between(own["step"], own["low"], own["high"], color=colour, alpha=0.15, lw=0)
    axes.axvline(switch, color=COLOURS["black"], lw=0.8)
    axes.axhline(chance, color=COLOURS["grey"], lw=0.8, ls=":")
    axes.set(xlabel="steps in the world", ylabel="contexts known", xlim=(0, data["step"].max()), ylim=(0, 1.05))


def draw_time(axes: Axes, data: pd.DataFrame, criterion: float) -> None:
    """Draw every subject's steps to a criterion by step size, both logarithmic, with means.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``step_size subject steps reached``; who never reached it is a ring.
    criterion : named on the axis.
    """
    sizes = np.unique(np.asarray(data["step_size"]))
    means = []
    for size in sizes:
        own = data.loc[data["step_size"] == size]
        steps, reached = np.asarray(own["steps"], float), np.asarray(own["reached"], bool)
        x = size * np.linspace(0.92, 1.08, len(steps))
        axes.scatter(x[reached], steps[reached], s=11, color=COLOURS["blue"])
        axes.scatter(x[~reached], steps[~reached], s=14, edgecolors=COLOURS["blue"], facecolors="none", lw=0.9)
        means.append(steps.mean())
    axes.plot(sizes, means, color=COLOURS["black"], lw=1.2)
    axes.set(xscale="log", yscale="log", xlabel="step size", ylabel=f"steps until {criterion:.0%} are known")
    _plain(axes.xaxis)
    _plain(axes.yaxis)


def draw_kept(axes: Axes, data: pd.DataFrame, styles: Mapping[str, tuple[str, str]], chance: float) -> None:
    """Draw the share of what was known that still is, by step size, with 95% intervals over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``kind step_size mean low high``.
    styles : of each kind its name in words and colour, in the order of the legend.
    chance : what is right by chance.
    """
    for kind, (name, colour) in styles.items():
        own = data.loc[data["kind"] == kind]
        axes.plot(own["step_size"], own["mean"], color=colour, marker="o", ms=3.5, label=name)
        axes.fill_between(own["step_size"], own["low"], own["high"], color=colour, alpha=0.15, lw=0)
    axes.axhline(chance, color=COLOURS["grey"], lw=0.8, ls=":")
    axes.set(xscale="log", xlabel="step size", ylabel="still known", ylim=(0, 1.05))
    _plain(axes.xaxis)


def draw_both(axes: Axes, data: pd.DataFrame, colours: Mapping[float, str]) -> None:
    """Draw steps to criterion against what is kept: one point with its 95% intervals for each step size, and a legend.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``step_size``, and ``mean low high`` of ``steps`` and of ``retention``.
    colours : per step size.
    """
    rows = data.set_index("step_size").to_dict("index")
    axes.plot(data["mean_steps"], data["mean_retention"], color=COLOURS["grey"], lw=0.8, zorder=0)
    for size, colour in colours.items():
        row = rows[size]
        x, y = row["mean_steps"], row["mean_retention"]
        axes.errorbar(
            x,
            y,
            xerr=[[x - row["low_steps"]], [row["high_steps"] - x]],
            yerr=[[y - row["low_retention"]], [row["high_retention"] - y]],
            color=colour,
            marker="o",
            ms=6,
            lw=1,
            label=f"{size:g}",
        )
    axes.set(xscale="log", xlabel="steps to criterion", ylabel="still known", ylim=(0, 1.05))
    _plain(axes.xaxis)


def _plain(axis: Axis) -> None:
    """Write plain numbers on a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())

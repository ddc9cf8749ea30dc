"""Panels that set several learners beside each other, and beside published numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pfc_metarl.figures.style import COLOURS


def draw_totals(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw one row per learner: what was measured, with its interval, and what was published.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner reward low high published``; a learner without a published number has none drawn.
    colours : per learner, from top to bottom; others are left out.
    """
    own = data[data["learner"].isin(list(colours))].set_index("learner").reindex(list(colours)).dropna(subset="reward")
    row = np.arange(len(own))
    spread = np.abs(own[["low", "high"]].to_numpy().T - own["reward"].to_numpy())
    axes.scatter(own["published"], row, s=46, facecolors="none", edgecolors=COLOURS["grey"], lw=1.2)
    for place, learner in enumerate(own.index):
        axes.errorbar(
            own["reward"].iloc[place],
            place,
            xerr=np.nan_to_num(spread[:, place : place + 1]),
            fmt="o",
            ms=4.5,
            color=colours[str(learner)],
        )
    axes.set_yticks(row, list(own.index))
    axes.invert_yaxis()
    axes.grid(axis="y", lw=0.4, color=COLOURS["grey"], alpha=0.35)
    axes.set_axisbelow(True)


def explain_totals(figure: Figure) -> None:
    """Explain the marks of `draw_totals` above all panels, since within one they would look like data of its rows."""
    grey, black = COLOURS["grey"], COLOURS["black"]
    handles = [
        Line2D([], [], ls="", marker="o", ms=6.8, mfc="none", mec=grey, mew=1.2, label="published"),
        Line2D([], [], color=black, marker="o", ms=4.5, label="ours, with 95% interval"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles))


def draw_courses(axes: Axes, data: pd.DataFrame, time: str, colours: Mapping[str, str]) -> None:
    """Draw each learner's reward over an episode.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner reward`` and one for the time.
    time : name of that column.
    colours : per learner, in the order of the legend.
    """
    for learner, colour in colours.items():
        own = data[data["learner"] == learner]
        if len(own):
            network = learner.startswith("RL²")
            axes.plot(own[time], own["reward"], color=colour, lw=2.0 if network else 1.2, ls="-" if network else "--")
            axes.lines[-1].set_label(learner)
    axes.set(xlabel=time, xlim=(1, data[time].max()))

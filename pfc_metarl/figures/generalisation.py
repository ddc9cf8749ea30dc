"""Panels on learning from examples: error by their number, how many are needed, bias and variance, and fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS


def draw_learning_curves(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str], criterion: float) -> None:
    """Draw error by number of examples with bands, both axes logarithmic, and the criterion as a line.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner examples error low high``.
    colours : per learner, in the order of the legend.
    criterion : the error to be reached.
    """
    for learner, colour in colours.items():
        own = data.loc[data["learner"] == learner]
        x, error = np.asarray(own["examples"]), np.asarray(own["error"])
        axes.plot(x, error, color=colour, label=learner, marker="o", ms=3)
        # On a logarithmic axis a band cannot reach zero.
        low = np.maximum(np.asarray(own["low"]), error / 10)
        axes.fill_between(x, low, np.asarray(own["high"]), color=colour, alpha=0.15, lw=0)
    axes.axhline(criterion, color=COLOURS["black"], lw=1, ls="--")
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted(set(data["examples"]))
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="examples", ylabel="test error")


def draw_needed(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw how many examples each learner needs as bars with intervals; an open bar ends where none got there.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner examples low high reached subjects``, one row per learner.
    colours : per learner, from the top.
    """
    rows = data.set_index("learner").to_dict("index")
    for position, (learner, colour) in enumerate(colours.items()):
        examples, low, high = (rows[learner][name] for name in ("examples", "low", "high"))
        reached, subjects = (rows[learner][name] for name in ("reached", "subjects"))
        fill = colour if reached else "none"
        axes.barh(position, examples, height=0.65, color=fill, edgecolor=colour, alpha=0.75)
        if reached:
            axes.errorbar(examples, position, xerr=[[examples - low], [high - examples]], color=COLOURS["black"], lw=1)
        text = f"{examples:.0f}" if reached == subjects else f"more than {examples:.0f}"
        axes.text(max(examples, high if reached else 0) * 1.02 + 2, position, text, va="center")
    axes.set_yticks(range(len(colours)), list(colours))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.45 * max(row["examples"] for row in rows.values()))
    axes.set_xlabel("examples needed")


def draw_parts(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw variance against squared bias, one point per learner, both axes logarithmic; a legend names the colours.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner bias variance``, one row per learner.
    colours : per learner.
    """
    rows = data.set_index("learner").to_dict("index")
    for learner, colour in colours.items():
        # An estimated bias can be below zero; it is drawn at the left edge.
        bias, variance = max(rows[learner]["bias"], 1e-4), rows[learner]["variance"]
        axes.scatter(bias, variance, s=48, color=colour, alpha=0.8, lw=0, zorder=3)
    axes.set(xscale="log", yscale="log", xlabel="squared bias", ylabel="variance", xlim=(7e-5, 10), ylim=(4e-3, 1))


def draw_fits(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw what learners predict after one training set, and the truth.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner x y truth``.
    colours : per learner that is drawn.
    """
    for learner, colour in colours.items():
        own = data.loc[data["learner"] == learner]
        axes.plot(own["x"], own["y"], color=colour, label=learner)
    one = data.loc[data["learner"] == next(iter(colours))]
    axes.plot(one["x"], one["truth"], color=COLOURS["black"], ls="--", lw=1.2, label="truth")
    axes.set(xlabel="x", ylabel="y")

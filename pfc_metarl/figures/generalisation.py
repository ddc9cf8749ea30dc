"""Panels on learning from examples: error by their number, how many are needed, bias and variance, and fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from pfc_metarl.figures.style import COLOURS

# Squared bias that is still drawn where it is; less, or an estimate below zero, stands left of a line.
LEAST_BIAS = 1e-4


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
    """Draw how many examples each learner needs as bars with intervals.

    An open bar ends where no subject got there; a pale one is of a learner some of whose subjects did, in brackets how
    many.

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
        strength = 0.75 if reached == subjects else 0.25 if reached else 0.0
        axes.barh(position, examples, height=0.65, color=to_rgba(colour, strength), edgecolor=colour)
        if reached:
            axes.errorbar(examples, position, xerr=[[examples - low], [high - examples]], color=COLOURS["black"], lw=1)
        text = f"{examples:.0f}" if reached == subjects else f"more than {examples:.0f}"
        text += f" ({reached:.0f} of {subjects:.0f})" if 0 < reached < subjects else ""
        axes.text(max(examples, high if reached else 0) * 1.02 + 2, position, text, va="center")
    axes.set_yticks(range(len(colours)), list(colours))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.95 * max(row["examples"] for row in rows.values()))
    axes.set_xlabel("examples needed")


def draw_parts(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw variance against squared bias, one point per learner, both axes logarithmic; a legend names the colours.

    Triangles left of the dotted line are learners without a bias that could be drawn.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner bias variance``, one row per learner.
    colours : per learner.
    """
    rows = data.set_index("learner").to_dict("index")
    unbiased = [learner for learner in colours if rows[learner]["bias"] < LEAST_BIAS]
    for learner, colour in colours.items():
        bias, variance, marker = rows[learner]["bias"], rows[learner]["variance"], "o"
        if learner in unbiased:
            # Side by side, so that none hides another.
            aside = (unbiased.index(learner) + 1) / (len(unbiased) + 1)
            bias, marker = LEAST_BIAS * 10**-aside, "<"
        axes.scatter(bias, variance, s=48, marker=marker, color=colour, alpha=0.8, lw=0, zorder=3)
    axes.axvline(LEAST_BIAS, color=COLOURS["grey"], lw=0.8, ls=":", zorder=0)
    axes.set(
        xscale="log", yscale="log", xlabel="squared bias", ylabel="variance", xlim=(LEAST_BIAS / 10, 10), ylim=(4e-3, 1)
    )
    axes.set_xticks(10.0 ** np.arange(-4, 2))
    axes.minorticks_off()


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

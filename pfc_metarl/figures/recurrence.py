"""Panels on contexts that come back: what is earned, exposure by exposure and pull by pull."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS, mark_below

# Numbered exposures, early ones light.
EXPOSURE_COLOURS = (COLOURS["sky"], COLOURS["blue"], COLOURS["black"])


@dataclass(frozen=True)
class Line:
    """How a condition is drawn."""

    colour: str
    style: str = "-"


def draw_curves(
    axes: Axes, data: pd.DataFrame, across: str, up: str, lines: Mapping[str, Line], marker: str = "o"
) -> None:
    """Draw one curve per condition, with 95% intervals over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition low high`` and the two that are drawn.
    across, up : names of the columns that are drawn.
    lines : per condition, in the order of the legend.
    marker : at every point of a solid line.
    """
    for condition, line in lines.items():
        own = data[data["condition"] == condition]
        x, mean, low, high = (np.asarray(own[name]) for name in (across, up, "low", "high"))
        point = marker if line.style == "-" else ""
        axes.plot(x, mean, color=line.colour, ls=line.style, marker=point, ms=4, label=condition)
        axes.fill_between(x, low, high, color=line.colour, alpha=0.18, lw=0)


def mark_hidden(axes: Axes, data: pd.DataFrame, up: str, lines: Mapping[str, Line]) -> None:
    """Mark at the lower edge each curve that lies below it from end to end, with the range of its means.

    Parameters
    ----------
    axes : to draw on, whose limits are set.
    data, up, lines : as for `draw_curves`.
    """
    bottom = axes.get_ylim()[0]
    heights = {condition: np.asarray(data.loc[data["condition"] == condition, up]) for condition in lines}
    hidden = {condition: own for condition, own in heights.items() if len(own) and own.max() < bottom}
    for number, (condition, own) in enumerate(hidden.items()):
        # Side by side, each in the middle of its share of the axis.
        place = (number + 0.5) / len(hidden)
        mark_below(axes, place, f"below:\n{own.min():.2g} to {own.max():.2g}", lines[condition].colour)


def draw_pulls(axes: Axes, data: pd.DataFrame, up: str, styles: Mapping[str, str]) -> None:
    """Draw episodes pull by pull, one colour per exposure.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition exposure pull low high`` and the one that is drawn.
    up : name of the column that is drawn.
    styles : line style of each condition; the solid one is named in the legend.
    """
    for (exposure, own), colour in zip(data.groupby("exposure"), EXPOSURE_COLOURS, strict=True):
        for condition, style in styles.items():
            name = f"exposure {exposure}" if style == "-" else ""
            one = own[own["condition"] == condition].assign(condition=name)
            draw_curves(axes, one, "pull", up, {name: Line(colour, style)})
    axes.set(xlabel="pull")
    axes.set_xticks(np.unique(np.asarray(data["pull"])))


def draw_level(axes: Axes, level: float, name: str, below: bool = False, left: bool = False) -> None:
    """Draw a level for comparison, named at one end of its line, above or below it.

    Parameters
    ----------
    axes : to draw on.
    level : its height.
    name : what it is.
    below : name it below its line.
    left : name it at the left end of its line, not at the right one.
    """
    axes.axhline(level, color=COLOURS["grey"], lw=1, ls=":", zorder=0)
    axes.annotate(
        f"{name} {level:.2g}",
        (0.01 if left else 1.0, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, -2 if below else 2),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top" if below else "bottom",
        fontsize=7.5,
        color=COLOURS["grey"],
    )

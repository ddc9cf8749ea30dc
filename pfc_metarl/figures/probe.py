"""Panels of the report on a network that fit any task."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.figures.style import COLOURS

# Trained networks lead; what they are compared with stands back.
AGENTS = {"trained": COLOURS["blue"], "untrained": COLOURS["grey"]}


def draw_by_trial(axes: Axes, data: pd.DataFrame, label: str, colours: Mapping[str, str] = AGENTS) -> None:
    """Draw a measure by trial: thin lines are subjects, thick ones their mean with its 95% band.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``agent subject trial value``.
    label : of the vertical axis.
    colours : per agent, in the order of the legend.
    """
    for agent, colour in colours.items():
        own = data[data["agent"] == agent].pivot_table(index="subject", columns="trial", values="value")
        trial, values = own.columns.to_numpy(dtype=float), own.to_numpy(dtype=float)
        mean, low, high = confidence_band(values)
        axes.plot(trial, values.T, color=colour, lw=0.5, alpha=0.35)
        axes.plot(trial, mean, color=colour, lw=2, label=agent)
        axes.fill_between(trial, low, high, color=colour, alpha=0.2, lw=0)
    axes.set(xlabel="trial", ylabel=label)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(colours))


def draw_conditions(axes: Axes, data: pd.DataFrame, label: str) -> None:
    """Draw one bar per condition with a dot per subject; a dashed line goes on from the first.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition subject`` and one that is named ``reward``; conditions in order.
    label : of the horizontal axis.
    """
    names = list(dict.fromkeys(data["condition"]))
    for position, name in enumerate(names):
        values = np.asarray(data.loc[data["condition"] == name, "reward"], dtype=float)
        colour = {"control": AGENTS["trained"], "untrained": AGENTS["untrained"]}.get(name, COLOURS["vermilion"])
        axes.barh(position, values.mean(), height=0.66, color=colour, alpha=0.55)
        aside = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
        axes.scatter(values, position + aside, s=10, color=colour, edgecolor=COLOURS["black"], lw=0.4, zorder=3)
    first = np.asarray(data.loc[data["condition"] == names[0], "reward"], dtype=float).mean()
    axes.axvline(first, color=COLOURS["black"], lw=0.9, ls="--", zorder=0)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel=label)

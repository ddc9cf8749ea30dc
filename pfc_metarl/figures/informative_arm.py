"""Panels on arms with hidden information: what is earned and what is pulled, pull by pull."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS

# What is pulled keeps its colour, from the bottom of a bar up.
KINDS = {"informative": COLOURS["blue"], "target": COLOURS["green"], "other": COLOURS["grey"]}


def draw_earnings(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw what each pull earns on average, with a band over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``curve pull reward low high``.
    colours : per curve, in the order of the legend.
    """
    for curve, colour in colours.items():
        own = data[data["curve"] == curve]
        learned = curve.startswith("meta-RL")
        axes.plot(
            own["pull"],
            own["reward"],
            color=colour,
            label=curve,
            marker="o",
            ms=4,
            lw=2.2 if learned else 1.3,
            ls="-" if learned else "--",
        )
        axes.fill_between(own["pull"], own["low"], own["high"], color=colour, alpha=0.18, lw=0)
    axes.set_xticks(np.unique(data["pull"].to_numpy()))
    axes.set(xlabel="pull", ylabel="mean reward", ylim=(0, None))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=2.4)


def draw_pulls(axes: Axes, data: pd.DataFrame) -> None:
    """Draw what is pulled as stacked bars, mean over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``pull kind share`` and one row per subject.
    """
    table = data.pivot_table(index="pull", columns="kind", values="share", aggfunc="mean")
    bottom = np.zeros(len(table))
    for kind, colour in KINDS.items():
        share = table[kind].to_numpy()
        axes.bar(table.index.to_numpy(), share, bottom=bottom, width=0.75, color=colour, alpha=0.8, label=kind)
        bottom += share
    axes.set_xticks(table.index.to_numpy())
    axes.set(xlabel="pull", ylabel="share of pulls", ylim=(0, 1))

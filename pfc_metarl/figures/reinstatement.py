"""Panels about episodic memory: when its gate opens, and what it gives back."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.figures.style import COLOURS

RECALLING = {True: ("a state is recalled", COLOURS["purple"]), False: ("nothing to recall", COLOURS["grey"])}


def draw_gate_opening(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how far the reinstatement gate is open at each step: thin lines are subjects, thick ones their mean.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject recalled step openness``; the step counts from 0.
    """
    for kind, (label, colour) in RECALLING.items():
        own = data[(data["recalled"] == kind) & data["openness"].notna()]
        if own.empty:
            continue
        table = own.pivot_table(index="subject", columns="step", values="openness")
        step, values = 1 + table.columns.to_numpy(dtype=float), table.to_numpy(dtype=float)
        mean, low, high = confidence_band(values)
        axes.plot(step, values.T, color=colour, lw=0.5, alpha=0.35)
        axes.plot(step, mean, color=colour, lw=2, label=label, marker="o" if len(step) == 1 else None)
        axes.fill_between(step, low, high, color=colour, alpha=0.2, lw=0)
    axes.set(xlabel="step of the episode", ylabel="opening of the reinstatement gate", ylim=(0, 1))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def draw_content(axes: Axes, data: pd.DataFrame) -> None:
    """Draw what can be read from recalled states, one bar per variable with a dot per subject, beside its null.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject variable score null chance``: balanced accuracy, the highest 5% of shuffles, and one
        divided by the number of classes.
    """
    names = list(dict.fromkeys(data["variable"]))
    for position, name in enumerate(names):
        own = data.loc[data["variable"] == name]
        scores = np.asarray(own["score"], dtype=float)
        axes.barh(position, scores.mean(), height=0.6, color=COLOURS["purple"], alpha=0.5)
        aside = np.linspace(-0.2, 0.2, len(scores)) if len(scores) > 1 else np.zeros(1)
        axes.scatter(scores, position + aside, s=10, color=COLOURS["purple"], edgecolor=COLOURS["black"], lw=0.4)
        for column, line in (("null", "-"), ("chance", ":")):
            level = np.asarray(own[column], dtype=float).mean()
            axes.plot([level, level], [position - 0.36, position + 0.36], color=COLOURS["black"], lw=1.2, ls=line)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="decoded from the recalled state, balanced accuracy", xlim=(0, 1))

"""Panels on recalled states: what they spare or cost, by how alike two tasks are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS


def by_cell(data: pd.DataFrame) -> pd.DataFrame:
    """Mean savings over subjects, structures down and contents across, both in the order in which they come."""
    rows, columns = (list(dict.fromkeys(data[name])) for name in ("structure", "contents"))
    return data.pivot_table(index="structure", columns="contents", values="savings").loc[rows, columns]


def draw_savings_matrix(axes: Axes, data: pd.DataFrame, reach: float) -> None:
    """Draw mean savings by likeness of structure and contents, each cell with its number.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``structure contents subject savings``.
    reach : savings of the darkest blue; as much interference is the darkest red.
    """
    cells = by_cell(data)
    table = cells.to_numpy()
    axes.imshow(table, cmap="RdBu", vmin=-reach, vmax=reach, aspect="auto")
    for row, column in np.ndindex(table.shape):
        # White reads better on the dark ends of the scale.
        ink = "white" if abs(table[row, column]) > 0.6 * reach else COLOURS["black"]
        axes.text(column, row, f"{table[row, column]:+.2f}", ha="center", va="center", color=ink)
    axes.set_xticks(range(len(cells.columns)), list(cells.columns))
    axes.set_yticks(range(len(cells)), list(cells.index))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def draw_savings(axes: Axes, data: pd.DataFrame) -> None:
    """Draw savings by condition, a dot per subject, and the ideal observer's as a line.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition trials learner subject savings``; learners are "networks" and "ideal observer".
    """
    conditions, spans = (list(dict.fromkeys(data[name])) for name in ("condition", "trials"))
    shades = (COLOURS["sky"], COLOURS["blue"])
    for trials, side, colour in zip(spans, (-0.19, 0.19), shades, strict=True):
        for place, condition in enumerate(conditions):
            own = data[(data["condition"] == condition) & (data["trials"] == trials)]
            values, ideal = (
                own.loc[own["learner"] == learner, "savings"].to_numpy() for learner in ("networks", "ideal observer")
            )
            label = f"first {trials} trials" if place == 0 else None
            aside = place + side + np.linspace(-0.1, 0.1, len(values))
            axes.bar(place + side, values.mean(), width=0.34, color=colour, alpha=0.45, label=label)
            axes.scatter(aside, values, s=10, color=colour, edgecolor=COLOURS["black"], lw=0.4, zorder=3)
            if len(ideal):
                name = "ideal observer" if place == 0 and trials == spans[-1] else ""
                ends = place + side - 0.17, place + side + 0.17
                axes.hlines(ideal.mean(), *ends, color=COLOURS["black"], lw=1.6, zorder=4, label=name)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    axes.set_xticks(range(len(conditions)), conditions)
    axes.legend()

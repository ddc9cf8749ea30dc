"""Panels on learners and distributions of problems: final regret as a heat map, choice without reward input."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from pfc_metarl.figures.style import COLOURS

# Regret of the palest colour at the least; the scale is logarithmic.
PALEST = 0.1


def draw_matrix(axes: Axes, data: pd.DataFrame, scale: tuple[float, float]) -> None:
    """Draw mean final regret by learner and tested distribution, each cell with its number.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner tested subject regret``.
    scale : regret of the palest and of the darkest colour.
    """
    rows, columns = (list(dict.fromkeys(data[name])) for name in ("learner", "tested"))
    table = data.pivot_table(index="learner", columns="tested", values="regret").loc[rows, columns].to_numpy()
    norm = LogNorm(max(scale[0], PALEST), scale[1])
    axes.imshow(table, cmap="Blues", norm=norm, aspect="auto")
    for row, column in np.ndindex(table.shape):
        # White reads better on the dark half of the scale.
        ink = "white" if norm(table[row, column]) > 0.55 else COLOURS["black"]
        axes.text(column, row, f"{table[row, column]:.2f}", ha="center", va="center", color=ink)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("tested on")


def draw_silenced(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the share of choices of the better arm with and without reward input, a dot per subject.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``trained subject intact reward_silenced``.
    """
    labels = list(dict.fromkeys(data["trained"]))
    conditions = {"intact": ("intact", COLOURS["blue"]), "reward_silenced": ("reward silenced", COLOURS["vermilion"])}
    for side, (name, (label, colour)) in zip((-0.15, 0.15), conditions.items(), strict=True):
        for position, trained in enumerate(labels):
            own = data.loc[data["trained"] == trained, name].to_numpy()
            spread = np.linspace(-0.08, 0.08, len(own)) if len(own) > 1 else np.zeros(1)
            axes.scatter(
                position + side + spread, own, s=14, color=colour, lw=0, label=label if position == 0 else None
            )
    axes.axhline(0.5, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xticks(range(len(labels)), labels)
    axes.set(xlabel="trained and tested on", ylabel="share of better arm", ylim=(0.4, 1.09))
    # Above 1, where no data can be that its dots would be taken for.
    axes.legend(loc="upper center", ncols=2)

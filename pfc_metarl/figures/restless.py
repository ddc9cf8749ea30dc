"""Panels on restless bandits: an episode trial by trial, and which model of the learning rate is preferred."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS
from pfc_metarl.figures.volatility import draw_bars

SHADES = (COLOURS["vermilion"], COLOURS["blue"], COLOURS["green"])


def draw_walk(axes: Axes, data: pd.DataFrame) -> None:
    """Draw a walking probability and the choices; those of the first arm above, filled where rewarded.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``trial true_probability believed_probability choice reward``.
    """
    trial = data["trial"].to_numpy()
    axes.plot(trial, data["true_probability"].to_numpy(), color=COLOURS["blue"], label="first arm pays")
    axes.plot(
        trial, data["believed_probability"].to_numpy(), color=COLOURS["black"], lw=1.0, label="ideal observer's belief"
    )
    height = np.where(data["choice"].to_numpy() == 0, 1.07, -0.07)
    rewarded = data["reward"].to_numpy() > 0
    for chosen, face, label in ((rewarded, COLOURS["grey"], "rewarded"), (~rewarded, "none", "not rewarded")):
        axes.scatter(trial[chosen], height[chosen], s=9, facecolor=face, edgecolor=COLOURS["grey"], lw=0.6, label=label)
    axes.set_yticks([0, 0.5, 1])
    axes.set(xlabel="trial", ylabel="probability", xlim=(0, trial[-1] + 1), ylim=(-0.14, 1.14))


def draw_preference(axes: Axes, data: pd.DataFrame) -> None:
    """Draw by how much BIC prefers a learning rate of each block's own, a dot per subject.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner subject preference``.
    """
    table = data.pivot_table(index="learner", columns="subject", values="preference", sort=False)
    draw_bars(axes, table.to_numpy(), SHADES[: len(table)])
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    # Some prefer it by thousands, others refuse it by tens.
    axes.set_yscale("symlog", linthresh=10)
    # Whole dots at both ends.
    lowest, highest = axes.get_ylim()
    axes.set_ylim(1.5 * lowest, 1.5 * highest)
    axes.set_xticks(range(len(table)), list(table.index))
    axes.set(ylabel="BIC, one rate minus a rate per block")

"""Panels on risky choice: the share of risky choices with and without a manipulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import sem

from pfc_metarl.figures.style import COLOURS

# Control is drawn alike in every panel, and so is whatever is compared with it.
GROUPS = {"control": (COLOURS["grey"], -0.05), "manipulated": (COLOURS["vermilion"], 0.05)}


def draw_risky_choices(axes: Axes, data: pd.DataFrame, label: str) -> None:
    """Draw the share of risky choices at each probability: mean with its standard error, and each subject.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject risky_probability control manipulated``, the shares from 0 to 1.
    label : of the manipulation.
    """
    probabilities = sorted(data["risky_probability"].unique(), reverse=True)
    place = np.arange(len(probabilities))
    for group, (colour, aside) in GROUPS.items():
        table = data.pivot_table(index="subject", columns="risky_probability", values=group)
        values = 100 * table[probabilities].to_numpy()
        # Subjects stand beside their mean, and side by side, so that none hides another.
        for own, beside in zip(values, np.linspace(2 * aside, 4.5 * aside, len(values)), strict=True):
            axes.scatter(place + beside, own, s=9, color=colour, alpha=0.7, lw=0)
        axes.errorbar(
            place + aside,
            values.mean(axis=0),
            # One subject alone has no standard error.
            yerr=sem(values, axis=0) if len(values) > 1 else None,
            color=colour,
            lw=2.2,
            marker="o",
            ms=6,
            capsize=3,
            label=label if group == "manipulated" else group,
            zorder=3,
        )
    axes.set_xticks(place, [f"{probability:g}" for probability in probabilities])
    axes.set(xlim=(-0.4, len(place) - 0.6), ylim=(-3, 118), xlabel="probability of large reward")
    axes.set_yticks(range(0, 101, 20))
    axes.legend(loc="upper center", ncols=2, handlelength=1.4, columnspacing=1.2)


def draw_outcome_errors(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the prediction error after each outcome, as it is and with what a manipulation adds; dots are subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject event added error``; ``added`` is 0 where nothing is manipulated.
    """
    kinds = data[["event", "added"]].drop_duplicates().to_numpy().tolist()
    for place, (event, added) in enumerate(kinds):
        error = np.asarray(data.loc[(data["event"] == event) & (data["added"] == added), "error"])
        colour, _ = GROUPS["manipulated" if added else "control"]
        # Dots stand above each other, so that equal subjects do not hide each other.
        spread = np.linspace(-0.2, 0.2, len(error)) if len(error) > 1 else np.zeros(1)
        axes.scatter(error, place + spread, s=12, color=colour, alpha=0.6, lw=0)
        axes.plot([error.mean()] * 2, [place - 0.32, place + 0.32], color=colour, lw=2.2)
    axes.axvline(0, color=COLOURS["black"], lw=0.8, zorder=0)
    labels = [f"{event}, error {added:+g}" if added else event for event, added in kinds]
    axes.set_yticks(range(len(kinds)), labels)
    axes.invert_yaxis()
    axes.set(xlabel="prediction error received")

"""Panels on learning in stable and volatile times: a session trial by trial, learning rates, units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS

STABLE, VOLATILE = COLOURS["blue"], COLOURS["vermilion"]

# Columns of a session's table that are probabilities, and how each is drawn.
PROBABILITIES = {
    "true_probability": ("true probability", COLOURS["blue"], 1.8),
    "expected_probability": ("expected", COLOURS["black"], 1.2),
    "choice_probability": ("choice probability", COLOURS["black"], 1.2),
    "learning_rate": ("learning rate", COLOURS["vermilion"], 1.8),
}

# Columns on the volatility axis; where both are given, the first leads.
VOLATILITIES = {"decoded_volatility": "decoded volatility", "expected_volatility": "learner's volatility"}


def draw_session(axes: Axes, data: pd.DataFrame) -> None:
    """Draw one session: probabilities on the left axis, volatility on the right, choices above and below.

    A choice of arm 0 is drawn above, one of arm 1 below; filled where it was rewarded.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``trial choice reward`` and any of those in `PROBABILITIES` and `VOLATILITIES`.
    """
    trial = np.asarray(data["trial"])
    for name, (label, colour, width) in PROBABILITIES.items():
        if name in data:
            axes.plot(trial, np.asarray(data[name]), color=colour, lw=width, label=label)
    height = np.where(np.asarray(data["choice"]) == 0, 1.07, -0.07)
    rewarded = np.asarray(data["reward"]) > 0
    for chosen, face, label in ((rewarded, COLOURS["grey"], "rewarded"), (~rewarded, "none", "not rewarded")):
        axes.scatter(trial[chosen], height[chosen], s=9, facecolor=face, edgecolor=COLOURS["grey"], lw=0.6, label=label)
    axes.set(
        ylabel="probability, rate" if "learning_rate" in data else "probability",
        ylim=(-0.14, 1.14),
        xlim=(0, trial[-1] + 1),
        xlabel="trial",
    )
    axes.set_yticks([0, 0.5, 1])
    right = axes.twinx()
    right.spines["right"].set(visible=True, color=COLOURS["green"])
    right.set_ylabel("volatility (log)", color=COLOURS["green"])
    right.tick_params(axis="y", colors=COLOURS["green"])
    for position, name in enumerate(name for name in VOLATILITIES if name in data):
        # The decoded curve leads; what it was decoded from is faint beside it.
        width, alpha = (1.8, 1.0) if position == 0 else (1.0, 0.45)
        colour = COLOURS["green"]
        right.plot(trial, np.asarray(data[name]), color=colour, lw=width, alpha=alpha, label=VOLATILITIES[name])
    handles = [handle for drawn in (axes, right) for handle in drawn.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.2)


def draw_learning_rates(axes: Axes, data: pd.DataFrame, volatile: Mapping[str, bool]) -> None:
    """Draw fitted learning rates by block; dots joined by a line are one subject's.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``block subject learning_rate``.
    volatile : the blocks in order, and whether each is volatile.
    """
    table = data.pivot_table(index="subject", columns="block", values="learning_rate")[list(volatile)].to_numpy()
    for own, aside in zip(table, _aside(len(table)), strict=True):
        axes.plot(np.arange(len(volatile)) + aside, own, color=COLOURS["grey"], lw=0.7, alpha=0.7, zorder=1)
    draw_bars(axes, table.T, [VOLATILE if each else STABLE for each in volatile.values()])
    axes.set_xticks(range(len(volatile)), [name.replace(" ", "\n") for name in volatile])
    axes.set(ylabel="fitted learning rate", ylim=(0, None))


def draw_shares(axes: Axes, data: pd.DataFrame, published: float) -> None:
    """Draw the share of units that follow a variable, beside a published share.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``units subject share``.
    published : drawn as a line.
    """
    labels = list(dict.fromkeys(data["units"]))
    shares = np.stack([np.asarray(data.loc[data["units"] == label, "share"]) for label in labels])
    draw_bars(axes, shares, [COLOURS["green"], *[COLOURS["grey"]] * (len(labels) - 1)])
    axes.axhline(published, color=COLOURS["black"], lw=1, ls="--", label=f"paper {published:.2g}")
    axes.set_xticks(range(len(labels)), labels)
    axes.set(ylabel="share of units", ylim=(0, 1.02))
    axes.legend(loc="upper right")


def draw_bars(axes: Axes, values: Float[np.ndarray, "bar subject"], colours: Sequence[str]) -> None:
    """Draw means as bars with a dot per subject.

    Parameters
    ----------
    axes : to draw on.
    values : one row per bar.
    colours : of each bar.
    """
    for position, (own, colour) in enumerate(zip(values, colours, strict=True)):
        axes.bar(position, own.mean(), width=0.6, color=colour, alpha=0.55, zorder=0)
        axes.scatter(position + _aside(len(own)), own, s=14, color=colour, edgecolor=COLOURS["black"], lw=0.5, zorder=3)


def _aside(subjects: int) -> Float[np.ndarray, " subject"]:
    """Where dots stand beside the middle of their bar, so that equal subjects do not hide each other."""
    return np.linspace(-0.2, 0.2, subjects) if subjects > 1 else np.zeros(1)

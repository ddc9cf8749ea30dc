"""Panels on the two-step task: staying, the influence of past trials, prediction errors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS

# Common and uncommon transitions keep their colours in every panel, and so do the two stages.
TRANSITIONS = {"common": COLOURS["blue"], "uncommon": COLOURS["vermilion"]}
STAGES = {"stage 2": COLOURS["green"], "reward": COLOURS["purple"]}
OUTCOMES = {"rewarded": "-", "unrewarded": "--"}


def draw_stay(axes: Axes, data: pd.DataFrame, bottom: float | None = None) -> None:
    """Draw the probability of staying as bars, with a dot per subject.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject outcome transition stay``.
    bottom : of the axis; without it one half where nothing lies below, and else 0.
    """
    named: set[str] = set()
    for position, outcome in enumerate(OUTCOMES):
        for side, (transition, colour) in zip((-0.2, 0.2), TRANSITIONS.items(), strict=True):
            own = np.asarray(data.loc[(data["outcome"] == outcome) & (data["transition"] == transition), "stay"])
            if not len(own):
                continue
            # Each once: a transition may never have come after a reward.
            label = None if transition in named else transition
            named.add(transition)
            axes.bar(position + side, own.mean(), width=0.36, color=colour, alpha=0.55, label=label)
            # Dots stand side by side, so that equal subjects do not hide each other.
            spread = np.linspace(-0.12, 0.12, len(own)) if len(own) > 1 else np.zeros(1)
            axes.scatter(
                position + side + spread, own, s=12, color=colour, edgecolor=COLOURS["black"], lw=0.5, zorder=3
            )
    if bottom is None:
        bottom = 0.5 if float(np.nanmin(np.asarray(data["stay"]))) > 0.5 else 0.0
    axes.set_xticks(range(len(OUTCOMES)), list(OUTCOMES))
    # Room for the legend above the bars, all of which may reach 1.
    axes.set(ylabel="stay probability", ylim=(bottom, 1 + 0.15 * (1 - bottom)), xlabel="last trial")
    axes.legend(loc="upper center", ncols=2)


def draw_lagged_weights(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the weight of each kind of past trial by how long ago it was; thin lines are subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject outcome transition lag weight``.
    """
    for outcome, dashes in OUTCOMES.items():
        for transition, colour in TRANSITIONS.items():
            own = data[(data["outcome"] == outcome) & (data["transition"] == transition)]
            for _, line in own.groupby("subject"):
                axes.plot(
                    np.asarray(line["lag"]), np.asarray(line["weight"]), color=colour, ls=dashes, lw=0.5, alpha=0.5
                )
            means = own.pivot_table(index="subject", columns="lag", values="weight").mean()
            axes.plot(
                means.index.to_numpy(),
                means.to_numpy(),
                color=colour,
                ls=dashes,
                lw=2.2,
                marker="o",
                ms=4,
                label=f"{transition}, {outcome}",
            )
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xticks(np.unique(np.asarray(data["lag"])))
    axes.set(xlabel="trials ago", ylabel="regression weight")
    axes.legend(loc="upper right", handlelength=4.2)


def draw_errors(axes: Axes, data: pd.DataFrame, label: str) -> None:
    """Draw a network's prediction errors against a learner's, with the straight line that fits best.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner_rpe network_rpe stage``.
    label : of the horizontal axis.
    """
    for stage, colour in STAGES.items():
        own = data[data["stage"] == stage]
        axes.scatter(
            np.asarray(own["learner_rpe"]),
            np.asarray(own["network_rpe"]),
            s=5,
            color=colour,
            alpha=0.35,
            lw=0,
            label=stage,
        )
    across, up = np.asarray(data["learner_rpe"]), np.asarray(data["network_rpe"])
    if len(across) > 1 and np.ptp(across) > 0:
        slope, height = np.polyfit(across, up, 1)
        ends = np.array([across.min(), across.max()])
        axes.plot(ends, slope * ends + height, color=COLOURS["black"], lw=1.2)
    axes.set(xlabel=label, ylabel="network's prediction error")
    axes.legend(loc="upper left", markerscale=2.5, handletextpad=0.2)


def draw_better_choices(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw how often the better action is chosen, trial by trial, with bands.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``curve trial mean low high``.
    colours : per curve, in the order of the legend.
    """
    for curve, colour in colours.items():
        own = data[data["curve"] == curve]
        axes.plot(own["trial"], own["mean"], color=colour, label=curve, marker="o", ms=4)
        axes.fill_between(own["trial"], own["low"], own["high"], color=colour, alpha=0.18, lw=0)
    axes.axhline(0.5, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xticks(np.unique(data["trial"].to_numpy()))
    axes.set(xlabel="trial", ylabel="share of choices", ylim=(0, 1.02))
    axes.legend(loc="lower right")


def draw_lesions(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the share of prediction errors explained by a model-based learner after lesions; thin lines are subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject lesion r2``; lesion is a share of the units.
    """
    by_size = data.pivot_table(index="lesion", columns="subject", values="r2")
    across = 100 * by_size.index.to_numpy()
    axes.plot(across, by_size.to_numpy(), color=COLOURS["green"], lw=0.7, alpha=0.6)
    axes.plot(across, by_size.mean(axis=1).to_numpy(), color=COLOURS["black"], lw=2.2, marker="o", ms=4)
    axes.set(xlabel="units lesioned (%)", ylabel="r² with model-based error, stage 2", ylim=(-0.02, 1.02))

"""Panels on inferred value: prediction errors around a reversal, states by latent state, and how well it is read."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.figures.style import COLOURS

CUES = {"rewarded before": COLOURS["green"], "rewarded after": COLOURS["purple"]}
SIDES = {"left": COLOURS["blue"], "right": COLOURS["vermilion"]}
MARKERS = {"left": "<", "right": ">"}

# The ideal observer's bars.
IDEAL: dict[str, Any] = {"ls": "", "marker": "_", "ms": 16, "mew": 1.4}

# Colour and dashes of each curve of the decoding panel.
CURVES = {
    "trained": (COLOURS["black"], "-"),
    "trained, across targets": (COLOURS["sky"], "-"),
    "untrained": (COLOURS["grey"], "--"),
    "untrained, across targets": (COLOURS["orange"], "--"),
    "shuffled": (COLOURS["grey"], ":"),
}


def draw_errors(axes: Axes, data: pd.DataFrame) -> None:
    """Draw mean prediction errors at the events of one kind of trial.

    Thick lines are means over subjects, thin lines subjects, short bars the ideal observer.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``source subject cue event rpe``, events in order; sources "network" and
        "ideal observer".
    """
    events = list(dict.fromkeys(data["event"]))
    place = range(len(events))
    for cue, colour in CUES.items():
        own, ideal = (
            data[(data["cue"] == cue) & (data["source"] == source)]
            .pivot(index="subject", columns="event", values="rpe")[events]
            .to_numpy()
            for source in ("network", "ideal observer")
        )
        axes.plot(place, own.T, color=colour, lw=0.5, alpha=0.5)
        axes.plot(place, own.mean(axis=0), color=colour, lw=2.2, marker="o", ms=4, label=f"cue {cue}")
        axes.plot(place, ideal.mean(axis=0), **IDEAL, color=colour)
    # Named once, for bars of either colour.
    axes.plot([], [], **IDEAL, color=COLOURS["black"], label="ideal observer")
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xticks(place, events)
    axes.set_xlim(-0.4, len(events) - 0.6)


def draw_states(axes: Axes, data: pd.DataFrame, shape: str | None, filled: str | None) -> None:
    """Draw states in their first two components, coloured by the side that is rewarded.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``pc1 pc2 rewarded_side target rewarded``.
    shape : column of a side; left is a triangle to the left, right one to the right.
    filled : column of truth; where it is false, markers are open.
    """
    marked = data.assign(
        marker=data[shape].replace(MARKERS) if shape else "o",
        hollow=~data[filled] if filled else False,
    )
    for row, points in marked.groupby(["rewarded_side", "marker", "hollow"]):
        side, marker, hollow = cast("tuple[str, str, bool]", row)
        colour = SIDES[side]
        face = "none" if hollow else colour
        axes.scatter(points["pc1"], points["pc2"], s=14, marker=marker, c=face, edgecolors=colour, lw=0.6, alpha=0.45)
    axes.set(xlabel="PC 1", ylabel="PC 2")


def explain_states(figure: SubFigure) -> None:
    """Explain the colours and markers of the states below them."""

    def handle(label: str, marker: str, colour: str, face: str) -> Line2D:
        return Line2D([], [], ls="", marker=marker, color=colour, markerfacecolor=face, label=label)

    black = COLOURS["black"]
    handles = [
        *(handle(f"{side} is rewarded", "o", colour, colour) for side, colour in SIDES.items()),
        *(handle(f"{side} target", marker, black, black) for side, marker in MARKERS.items()),
        handle("reward", "o", black, black),
        handle("no reward", "o", black, "none"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), handletextpad=0.2)


def draw_decoding(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how well the rewarded side is read by trial from the reversal; bands are 95% intervals over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``source subject since_reversal accuracy``.
    """
    for source, (colour, dashes) in CURVES.items():
        table = data[data["source"] == source].pivot(index="subject", columns="since_reversal", values="accuracy")
        mean, low, high = confidence_band(table.to_numpy())
        axes.plot(table.columns, mean, color=colour, ls=dashes, marker="o", ms=3, label=source)
        axes.fill_between(table.columns, low, high, color=colour, alpha=0.15, lw=0)
    axes.axhline(0.5, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.axvline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set(xlabel="trials since the reversal", ylabel="rewarded side read correctly", ylim=(-0.03, 1.03))

"""Draws how each new task is learned, the steps to criterion, and how much faster that is, by distance."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.figures.recurrence import Line, draw_curves, mark_hidden
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.transfer import draw_speed_by_distance, draw_steps
from pfc_metarl.studies.study import Evaluation

from .config import CRITERION
from .panels import LABELS
from .targets import TARGETS

COLOUR_OF = {
    LABELS[way]: COLOURS[colour]
    for way, colour in (
        ("scratch", "black"),
        ("all", "vermilion"),
        ("inputs", "orange"),
        ("heads", "blue"),
        ("untrained-body", "grey"),
    )
}

LINES = {label: Line(colour) for label, colour in COLOUR_OF.items()}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the seven panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(12, 6.6), layout="constrained")
        # Five narrow panels above two wide ones.
        rows: list[Any] = [[[list(TARGETS)]], [[["steps", "speed"]]]]
        axes: dict[str, Axes] = figure.subplot_mosaic(rows, height_ratios=[1, 1.15])
        for task in TARGETS:
            _draw_learning(axes[task], panels["curves"], task)
        first = axes[next(iter(TARGETS))]
        first.set_ylabel("performance\n(0 chance, 1 scratch at the end)")
        first.tick_params(labelleft=True)
        table = panels["steps"]
        draw_steps(axes["steps"], table.assign(steps=table["steps"] / 1e3), COLOUR_OF)
        axes["steps"].set(ylabel="thousand steps to criterion")
        without = {label: colour for label, colour in COLOUR_OF.items() if label != LABELS["scratch"]}
        draw_speed_by_distance(axes["speed"], panels["speed"], without)
        axes["speed"].set(xlabel="changes from the source's task", ylabel="times as fast as from scratch")
        handles, labels = first.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        for own, text in zip(axes.values(), "abcdefg", strict=True):
            letter(own, text)
    return figure


def _draw_learning(axes: Axes, curves: pd.DataFrame, task: str) -> None:
    """Draw how one task is learned in every way, and the criterion."""
    own = curves.loc[curves["task"] == task]
    draw_curves(axes, own.assign(steps=own["steps"] / 1e3), "steps", "performance", LINES, marker="")
    axes.axhline(CRITERION, color=COLOURS["black"], lw=0.8, ls="--")
    number = len(TARGETS[task].changes)
    title = f"{task}\n({number} change{'' if number == 1 else 's'})"
    axes.set(title=title, xlabel="thousand steps", ylim=(-0.6, 1.6))
    mark_hidden(axes, own, "performance", LINES)
    axes.tick_params(labelleft=False)

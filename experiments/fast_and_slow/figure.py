"""Draws pulls to criterion, how reward rises, what is still there when a context comes back, and what it all costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pfc_metarl.figures.recurrence import Line, draw_curves
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.transfer import draw_steps
from pfc_metarl.studies.study import Evaluation

from .config import CRITERION
from .panels import BY_ACTIVITY, LEARNERS
from .worlds import WORLDS, World

HUES = ("black", "blue", "sky", "vermilion", "orange", "green", "grey")
LINES = {
    name: Line(COLOURS[hue], ":" if label == "bayes" else "-")
    for (label, name), hue in zip(LEARNERS.items(), HUES, strict=True)
}
WORLD_COLOURS = {world.name: COLOURS[hue] for world, hue in zip(WORLDS.values(), ("blue", "vermilion"), strict=True)}

# Those that are also met by contexts that come back.
ACTIVE = [LEARNERS[label] for label in BY_ACTIVITY]

COSTS = {
    "outer": "outer loop, pulls",
    "operations": "multiply-adds per pull",
    "memory": "numbers held",
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the seven panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(12, 10), layout="constrained")
        axes = figure.subplot_mosaic([["steps"] * 3, [*WORLDS, "again"], list(COSTS)])
        table = panels["steps"]
        draw_steps(axes["steps"], table, WORLD_COLOURS)
        axes["steps"].set(ylabel="pulls to criterion", title="a new task; hollow: not learned within all pulls")
        patches = [Patch(color=colour, alpha=0.45, label=name) for name, colour in WORLD_COLOURS.items()]
        axes["steps"].legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(patches))
        for name, world in WORLDS.items():
            _draw_course(axes[name], panels[name], world)
        draw_curves(axes["again"], panels["again"], "exposure", "share", {name: LINES[name] for name in ACTIVE})
        axes["again"].set(title="inside: a context comes back", xlabel="meeting of the context")
        axes["again"].set(ylabel="0 chance, 1 arm known", xticks=[1, 2], ylim=(0, 1))
        for name, title in COSTS.items():
            _draw_cost(axes[name], panels["costs"], name)
            axes[name].set_title(title)
            axes[name].tick_params(labelleft=name == "outer")
        handles, labels = axes["inside"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        for own, text in zip(axes.values(), "abcdefg", strict=True):
            letter(own, text)
    return figure


def _draw_course(axes: Axes, table: pd.DataFrame, world: World) -> None:
    """Draw reward per pull as a world's problems are learned; the legend names the criterion, for curves fill all."""
    draw_curves(axes, table, "step", "reward", LINES, marker="")
    criterion = world.chance + CRITERION * (world.good - world.chance)
    axes.axhline(criterion, color=COLOURS["black"], lw=1, ls="--", zorder=0, label="criterion")
    axes.set_xscale("log")
    axes.set(title=world.name, xlabel="pulls of the same context", ylabel="reward per pull", ylim=(0, 1))


def _draw_cost(axes: Axes, table: pd.DataFrame, cost: str) -> None:
    """Draw a bar per learner on a logarithmic axis, with its number; nothing is no bar."""
    values, colours = np.asarray(table[cost], float), [LINES[name].colour for name in table["condition"]]
    axes.barh(table["condition"], np.clip(values - 1, 0, None), left=1, color=colours, alpha=0.6)
    for place, value in enumerate(values):
        text, end = f"{value:,.0f}" if value else "none", (max(value, 1), place)
        axes.annotate(text, end, xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(1, 40 * values.max())
    axes.invert_yaxis()

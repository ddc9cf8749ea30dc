"""Draws paths by exposure, with the memory disturbed, goals, and paths through one context as they were swum."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from pfc_metarl.figures.maze import draw_grid, draw_path, explain_paths
from pfc_metarl.figures.recurrence import Line, draw_curves, draw_level
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import EXPOSURES, LENGTH, SHOWN_EXPOSURES, SIDE
from .panels import CONTROLS, NETWORKS

LINE_OF = {
    "episodic": Line(COLOURS["vermilion"]),
    "plain": Line(COLOURS["blue"]),
    "gate-closed": Line(COLOURS["purple"]),
    "keys-shuffled": Line(COLOURS["orange"]),
    "random": Line(COLOURS["grey"]),
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the curves above, and the six paths below, from their tables."""
    panels, measures = evaluation.panels, evaluation.measures
    with style():
        figure = Figure(figsize=(11.5, 6.4), layout="constrained")
        axes = figure.subplot_mosaic("aabbcc;defghi", height_ratios=(1.35, 1))
        for name, labels in (("a", NETWORKS), ("b", CONTROLS), ("c", NETWORKS)):
            table, up = {"a": ("paths", "steps"), "b": ("controls", "steps"), "c": ("goals", "goals")}[name]
            lines = {label: LINE_OF[condition] for condition, label in labels.items()}
            draw_curves(axes[name], panels[table], "exposure", up, lines)
            axes[name].set_xticks(range(1, EXPOSURES + 1))
            axes[name].set(xlabel="exposure of the context")
            letter(axes[name], name)
        for name in "ab":
            draw_level(axes[name], float(measures["path.late.shortest"].mean()), "shortest path", below=True)
            search = float(measures["path.search"].mean())
            # In the legend, since curves and bands lie on both sides of this level.
            label = f"best search without memory {search:.3g}"
            axes[name].axhline(search, color=COLOURS["black"], lw=1, ls="--", zorder=0, label=label)
            axes[name].set(ylabel="steps to the goal, median", ylim=(0, 1.05 * LENGTH))
            axes[name].legend(loc="center right", bbox_to_anchor=(1.0, 0.7))
        axes["a"].set_title("a context comes back: the weights are fixed")
        axes["b"].set_title("episodic LSTM, memory disturbed")
        axes["c"].set(title="all that is found in an episode", ylabel="goals per episode", ylim=(0, None))
        axes["c"].legend(loc="lower right")
        swum = panels["swum"]
        places = [(label, exposure) for label in NETWORKS.values() for exposure in SHOWN_EXPOSURES]
        for name, (label, exposure) in zip("defghi", places, strict=True):
            path = swum.loc[(swum["condition"] == label) & (swum["exposure"] == exposure), :]
            draw_grid(axes[name], SIDE)
            draw_path(axes[name], path)
            axes[name].set_title(f"{label}\nexposure {exposure}: {_length(path)}", fontsize=9)
        explain_paths(figure)
        for name, text in (("d", "d"), ("g", "e")):
            letter(axes[name], text)
    return figure


def _length(path: pd.DataFrame) -> str:
    last = path.iloc[-1]
    found = (last["row"], last["column"]) == (last["goal_row"], last["goal_column"])
    return f"{len(path) - 1} steps" if found else "not found"

"""Draws learning curves, final scores and memory of the three cores."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pfc_metarl.figures.cores import draw_final, draw_learning, draw_memory
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .coin_flips import COUNTS
from .config import TASKS

TITLES = {"bandit": "two-armed bandit", "two-step": "two-step task", "informative-arm": "informative arm"}
SIGNAL_TITLES = {"evidence": "memory of which arm was better", "reward": "memory of having been paid"}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the six panels from their tables."""
    tables = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 6.6), layout="constrained")
        learning, below = figure.subplots(2, 3)
        for axes, task in zip(learning, TASKS, strict=True):
            own, references = (tables[name].loc[tables[name]["task"] == task, :] for name in ("learning", "references"))
            draw_learning(axes, own, references)
            axes.set_title(TITLES[task])
        learning[0].legend(loc="lower right")
        draw_final(below[0], tables["final"])
        below[0].set_title("0 is chance, 1 the best there is")
        for axes, (signal, title) in zip(below[1:], SIGNAL_TITLES.items(), strict=True):
            draw_memory(axes, tables[f"memory-{signal}"], COUNTS)
            axes.set_title(title)
        # Outside, where their marks are not taken for data.
        marks, names = below[0].get_legend_handles_labels()
        figure.legend(marks, names, loc="outside lower left", ncols=len(names), title="d")
        kinds = _kinds()
        figure.legend(handles=kinds, loc="outside lower right", ncols=len(kinds), title="e and f")
        for axes, name in zip((*learning, *below), "abcdef", strict=True):
            letter(axes, name)
    return figure


def _kinds() -> list[Line2D]:
    """What the lines of a memory panel are, whatever their colour."""
    grey = COLOURS["grey"]
    return [
        Line2D([], [], color=grey, lw=2, label="trained"),
        Line2D([], [], color=grey, lw=1, ls=":", label="untrained"),
        Line2D([], [], color=COLOURS["black"], lw=1.2, label="counts of outcomes"),
        Line2D([], [], color=grey, lw=1.2, ls="--", label="shuffled"),
    ]

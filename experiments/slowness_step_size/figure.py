"""Draws lives in two tasks, time to learn and what is kept by step size, and one against the other."""

from __future__ import annotations

from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from pfc_metarl.figures.step_sizes import draw_both, draw_kept, draw_time, draw_two_tasks
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import CHANCE, CRITERION, STEP_SIZES, STEPS
from .panels import SHOWN

# From small steps to large ones.
COLOUR_OF = {
    size: to_hex(colormaps["viridis"](0.9 * place / (len(STEP_SIZES) - 1))) for place, size in enumerate(STEP_SIZES)
}

KINDS = {
    "retention_control": ("no later task", COLOURS["grey"]),
    "retention_early": ("once the later task is learned", COLOURS["orange"]),
    "retention": ("after the later task", COLOURS["vermilion"]),
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 6.6), layout="constrained")
        axes = figure.subplots(2, 2)
        shown = {STEP_SIZES[place]: COLOUR_OF[STEP_SIZES[place]] for place in SHOWN}
        draw_two_tasks(axes[0, 0], panels["lives"], shown, STEPS, CHANCE)
        axes[0, 0].set_title("first task (lines), later task (dashed)")
        draw_time(axes[0, 1], panels["steps"], CRITERION)
        axes[0, 1].set_title("time to learn the first task")
        draw_kept(axes[1, 0], panels["retention"], KINDS, CHANCE)
        axes[1, 0].set_title("what is kept of it")
        axes[1, 0].legend(loc="center right", bbox_to_anchor=(1.0, 0.75))
        draw_both(axes[1, 1], panels["both"], COLOUR_OF)
        axes[1, 1].set_title("time to learn, and what is kept")
        sizes, names = axes[1, 1].get_legend_handles_labels()
        figure.legend(sizes, names, title="step size", loc="outside upper center", ncols=len(STEP_SIZES))
        for each, text in zip(axes.flat, "abcd", strict=True):
            letter(each, text)
    return figure

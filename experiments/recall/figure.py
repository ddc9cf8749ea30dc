"""Draws savings by likeness of two tasks: as matrices, by kind, and trial by trial."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.figures.recurrence import Line, draw_curves
from pfc_metarl.figures.savings import by_cell, draw_savings, draw_savings_matrix
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import CURVES, IDEAL_CURVES, KINDS, LATER, NULLS

COLOUR_OF = {"": COLOURS["grey"], "what": COLOURS["blue"], "how": COLOURS["green"], "different": COLOURS["vermilion"]}

LINES = {CURVES[kind]: Line(colour) for kind, colour in COLOUR_OF.items()} | {
    IDEAL_CURVES[kind]: Line(colour, ":") for kind, colour in COLOUR_OF.items()
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    with style():
        figure = Figure(figsize=(11.5, 7.2), layout="constrained")
        axes = figure.subplot_mosaic([["network", "ideal"], ["kinds", "curves"]], height_ratios=[1, 1.35])
        _matrices(axes["network"], axes["ideal"], evaluation)
        draw_savings(axes["kinds"], evaluation.panels["savings"])
        axes["kinds"].set_ylabel("savings (reward)")
        axes["kinds"].axvline(len(KINDS) - 0.5, color=COLOURS["grey"], lw=0.8, ls=":")
        names = [*(kind.replace(" ", "\n") for kind in KINDS), *(f"null:\n{name}" for name in NULLS)]
        axes["kinds"].set_xticks(range(len(names)), names, fontsize=8)
        draw_curves(axes["curves"], evaluation.panels["curves"], "trial", "good_arm", LINES, marker="")
        axes["curves"].set(xlabel="trial", ylabel="good arm chosen", xlim=(1, LATER), ylim=(0, 1))
        axes["curves"].legend(ncols=2)
        for text, name in zip("abcd", axes, strict=True):
            letter(axes[name], text)
    return figure


def _matrices(network: Axes, ideal: Axes, evaluation: Evaluation) -> None:
    """Draw both matrices in the same colours."""
    tables = {network: evaluation.panels["matrix"], ideal: evaluation.panels["matrix-ideal"]}
    reach = max(float(by_cell(table).abs().to_numpy().max()) for table in tables.values())
    for axes, title in ((network, "networks"), (ideal, "ideal observer")):
        draw_savings_matrix(axes, tables[axes], reach)
        axes.set_title(f"{title}: savings in the first {LATER} trials")
        axes.set_xlabel("good arm of this task, in the order of the recalled one")
    network.set_ylabel("recalled from")

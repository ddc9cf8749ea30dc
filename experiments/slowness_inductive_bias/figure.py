"""Draws what each learner's bias costs and saves in two worlds, one to a row."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.generalisation import draw_fits, draw_learning_curves, draw_needed, draw_parts
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import COMPARED, CRITERION
from .worlds import FAMILIES

COLOUR_OF = {
    "line": COLOURS["grey"],
    "parabola": COLOURS["vermilion"],
    "wave": COLOURS["purple"],
    "cubic": COLOURS["orange"],
    "spline": COLOURS["black"],
    "net-4": COLOURS["sky"],
    "net-16": COLOURS["blue"],
    "net-64": COLOURS["green"],
}

TITLES = {"parabola": "y = a x² + b", "wave": "y = A sin(πx + φ)"}

# Learners whose predictions are shown.
SHOWN = ("parabola", "wave", "spline", "net-64")


def plot(evaluation: Evaluation) -> Figure:
    """Draw four panels for each world from their tables."""
    with style():
        figure = Figure(figsize=(14, 7.2), layout="constrained")
        rows = figure.subplots(len(FAMILIES), 4)
        for row, world in zip(rows, FAMILIES, strict=True):
            panels = {name: table.loc[table["world"] == world] for name, table in evaluation.panels.items()}
            draw_fits(row[0], panels["fit"], {learner: COLOUR_OF[learner] for learner in SHOWN})
            row[0].set_title(f"{TITLES[world]}: after {COMPARED} examples")
            draw_learning_curves(row[1], panels["error"], COLOUR_OF, CRITERION)
            row[1].set_ylim(3e-4, 30)
            row[1].set_title("error by number of examples")
            draw_needed(row[2], panels["needed"], COLOUR_OF)
            row[2].set_title(f"examples to an error of {CRITERION:g}")
            draw_parts(row[3], panels["parts"], COLOUR_OF)
            row[3].set_title(f"bias and variance, {COMPARED} examples")
        truth = rows[0][0].get_lines()[-1]
        handles = [*rows[0][1].get_legend_handles_labels()[0], truth]
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
        for axes, text in zip(rows.flat, "abcdefgh", strict=True):
            letter(axes, text)
    return figure

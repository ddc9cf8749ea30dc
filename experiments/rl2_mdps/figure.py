"""Draws total reward by learner, and reward trial by trial."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.learners import draw_courses, draw_totals, explain_totals
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .panels import FOLLOWED, NETWORKS, PLANNERS

NETWORK_COLOURS = dict(zip(NETWORKS.values(), (COLOURS["vermilion"], COLOURS["orange"]), strict=True))

# Rows from top to bottom; random choices, which would squeeze the others, stand in the table.
ROWS = {
    **NETWORK_COLOURS,
    **{f"{name}, uninformed": COLOURS["blue"] for name in PLANNERS.values()},
    **{f"{name}, prior known": COLOURS["green"] for name in PLANNERS.values()},
}

COURSES = dict(
    zip(
        FOLLOWED.values(),
        (
            *NETWORK_COLOURS.values(),
            COLOURS["purple"],
            COLOURS["grey"],
            COLOURS["sky"],
            COLOURS["blue"],
            COLOURS["green"],
        ),
        strict=True,
    )
)


def plot(evaluation: Evaluation) -> Figure:
    """Draw two panels per number of trials."""
    totals, courses = evaluation.panels["total"], evaluation.panels["trials"]
    lengths = sorted(set(totals["trials"]))
    with style():
        figure = Figure(figsize=(5.6 * len(lengths), 6.4), layout="constrained")
        grid = figure.subplots(2, len(lengths), squeeze=False, height_ratios=[1.25, 1])
        for column, length in enumerate(lengths):
            above, below = grid[:, column]
            draw_totals(above, totals.query(f"trials == {length}"), ROWS)
            above.set(xlabel="total reward", title=f"{length} trials in the same world")
            draw_courses(below, courses.query(f"trials == {length}"), "trial", COURSES)
            below.set(ylabel="reward of a trial")
        letter(grid[0, 0], "a")
        letter(grid[1, 0], "b")
        for axes in grid[0, 1:]:
            axes.set_yticklabels([])
        explain_totals(figure)
        figure.legend(*grid[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure

"""Draws total reward by setting and learner, and reward pull by pull."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.learners import draw_courses, draw_totals, explain_totals
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

# Random pulls earn half of them in every setting; they stand in the table, and would squeeze the others here.
COLOUR_OF = {
    "RL², GRU": COLOURS["vermilion"],
    "RL², LSTM": COLOURS["orange"],
    "Gittins index": COLOURS["green"],
    "UCB1": COLOURS["blue"],
    "optimistic Thompson": COLOURS["sky"],
    "Thompson sampling": COLOURS["purple"],
    "epsilon-greedy": COLOURS["grey"],
    "greedy": COLOURS["black"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw a row of panels per number of pulls, and below them the course over the most pulls."""
    totals, pulls = evaluation.panels["total"], evaluation.panels["pulls"]
    lengths, arms = sorted(set(totals["pulls"])), sorted(set(totals["arms"]))
    with style():
        figure = Figure(figsize=(4 * len(arms), 2.7 * len(lengths) + 2.6), layout="constrained")
        grid = figure.subplots(len(lengths) + 1, len(arms), squeeze=False)
        for row, length in enumerate(lengths):
            for axes, count in zip(grid[row], arms, strict=True):
                draw_totals(axes, totals.query(f"pulls == {length} and arms == {count}"), COLOUR_OF)
                axes.set(title=f"{count} arms, {length} pulls", xlabel="total reward")
            for axes in grid[row, 1:]:
                axes.set_yticklabels([])
        for axes, count in zip(grid[-1], arms, strict=True):
            if count in set(pulls["arms"]):
                draw_courses(axes, pulls.query(f"arms == {count}"), "pull", COLOUR_OF)
            axes.set(title=f"{count} arms, {lengths[-1]} pulls")
        grid[-1, 0].set_ylabel("expected reward")
        explain_totals(figure)
        figure.legend(*grid[-1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
        for row in range(len(lengths) + 1):
            letter(grid[row, 0], "abcdef"[row])
    return figure

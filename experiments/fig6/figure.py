"""Draws Figure 6, panels a and c."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.harlow import draw_frames, draw_stages, draw_subjects
from pfc_metarl.figures.style import letter, style
from pfc_metarl.studies.study import Evaluation


def plot(evaluation: Evaluation) -> Figure:
    """Draw the views above, the curves below."""
    with style():
        figure = Figure(figsize=(9.5, 5.6), layout="constrained")
        grid = figure.add_gridspec(2, 6, height_ratios=(1.15, 2.6))
        views = [figure.add_subplot(grid[0, 2 * place : 2 * place + 2]) for place in range(3)]
        draw_frames(views, evaluation.panels["6a"])
        stages, subjects = figure.add_subplot(grid[1, :3]), figure.add_subplot(grid[1, 3:])
        draw_stages(stages, evaluation.panels["6c"])
        stages.set_title("new objects, by stage of training")
        draw_subjects(subjects, evaluation.panels["6c subjects"])
        reached = evaluation.measures["ceiling"]
        subjects.set_title(f"after training; {int(reached.sum())} of {len(reached)} subjects at ceiling")
        letter(views[0], "a")
        letter(stages, "c")
    return figure

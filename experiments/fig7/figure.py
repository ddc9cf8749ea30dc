"""Draws Figure 7b, the increment that is like no event, and the errors behind all of them."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.risky_choice import draw_outcome_errors, draw_risky_choices
from pfc_metarl.figures.style import letter, style
from pfc_metarl.studies.study import Evaluation

from .config import MANIPULATIONS


def plot(evaluation: Evaluation) -> Figure:
    """Draw all panels from their tables."""
    with style():
        figure = Figure(figsize=(9.5, 7.0), layout="constrained")
        rows = figure.add_gridspec(2, 1)
        upper, lower = figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1])
        left, centre, right = upper.subplots(1, 3)
        increment, errors = lower.subplots(1, 2, width_ratios=(1, 1.6))
        for axes, manipulation in zip((left, centre, right, increment), MANIPULATIONS.values(), strict=True):
            draw_risky_choices(axes, evaluation.panels[manipulation.panel], f"error {manipulation.amount:+g}")
            axes.set_title(manipulation.title)
        draw_outcome_errors(errors, evaluation.panels["errors"])
        errors.set_title("what the policy network receives")
        for axes in (left, increment):
            axes.set_ylabel("risky choices (%)")
        letter(left, "b")
    return figure

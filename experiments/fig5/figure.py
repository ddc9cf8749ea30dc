"""Draws Figure 5, panels c, e, f and g."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.style import letter, style
from pfc_metarl.figures.two_step import draw_errors, draw_lagged_weights, draw_stay
from pfc_metarl.studies.study import Evaluation


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    with style():
        figure = Figure(figsize=(9.5, 7.6), layout="constrained")
        (stay, weights), (based, free) = figure.subplots(2, 2)
        draw_stay(stay, evaluation.panels["5c"])
        stay.set_title("stage-1 choice repeated")
        draw_lagged_weights(weights, evaluation.panels["5e"])
        weights.set_title("influence of past trials")
        for axes, learner in ((based, "model-based"), (free, "model-free")):
            panel = "5f" if learner == "model-based" else "5g"
            draw_errors(axes, evaluation.panels[panel], f"{learner} prediction error")
            share = float(evaluation.measures[f"r2.{learner}.both"].mean())
            axes.set_title(f"one subject; r² over all subjects {share:.2g}")
        for axes, name in ((stay, "c"), (weights, "e"), (based, "f"), (free, "g")):
            letter(axes, name)
    return figure

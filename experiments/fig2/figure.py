"""Draws Figure 2, panels d, e and f."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.foraging import draw_coding, draw_kernel, draw_matching
from pfc_metarl.figures.style import letter, style
from pfc_metarl.studies.study import Evaluation


def plot(evaluation: Evaluation) -> Figure:
    """Draw the three panels from their tables; f has two parts."""
    with style():
        figure = Figure(figsize=(9.5, 7.6), layout="constrained")
        (matching, coding), (rewards, choices) = figure.subplots(2, 2)
        draw_matching(matching, evaluation.panels["2d"])
        slope = float(evaluation.measures["matching.slope.all"].mean())
        matching.set_title(f"one subject; slope over all subjects {slope:.2f}")
        draw_coding(coding, evaluation.panels["2e"])
        coding.set_title("units at fixation, all subjects; share beyond shuffled")
        for axes, event in ((rewards, "reward"), (choices, "choice")):
            draw_kernel(axes, evaluation.panels["2f"], event)
            axes.set_title(f"influence of past {event}s")
        for axes, name in ((matching, "d"), (coding, "e"), (rewards, "f")):
            letter(axes, name)
    return figure

"""Draws staying of networks and of learners fitted to them, and the choice of the better action by trial."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.two_step import draw_better_choices, draw_stay
from pfc_metarl.studies.study import Evaluation

from .panels import CURVES

TITLES = {"trained": "networks", "ideal": "ideal observer", "model-free": "model-free learner fitted to networks"}
COLOUR_OF = {
    "trained": COLOURS["vermilion"],
    "ideal": COLOURS["black"],
    "reward-silenced": COLOURS["sky"],
    "untrained": COLOURS["grey"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    with style():
        figure = Figure(figsize=(13.5, 3.6), layout="constrained")
        *stays, learning = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.2])
        for axes, (name, title) in zip(stays, TITLES.items(), strict=True):
            draw_stay(axes, evaluation.panels[f"stay-{name}"], bottom=0.0)
            axes.set_title(title)
        draw_better_choices(
            learning, evaluation.panels["learning"], {CURVES[name]: own for name, own in COLOUR_OF.items()}
        )
        learning.set_title("better action chosen")
        for axes, text in zip((*stays, learning), "abcd", strict=True):
            letter(axes, text)
    return figure

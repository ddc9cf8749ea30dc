"""Draws the matrix of training and test distributions, regret by trial, and choice without reward input."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pfc_metarl.figures.bandit import draw_regret
from pfc_metarl.figures.regret_matrix import draw_matrix, draw_silenced
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .panels import CURVES

COLOUR_OF = {
    "uniform": COLOURS["blue"],
    "independent": COLOURS["vermilion"],
    "ucb": COLOURS["orange"],
    "thompson": COLOURS["purple"],
    "gittins": COLOURS["green"],
    "dependence-known": COLOURS["black"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 8.0), layout="constrained")
        axes = figure.subplot_mosaic([["matrix", "curves"], ["references", "silenced"]], width_ratios=[1.1, 1])
        # One scale of colours for networks and reference learners.
        regret = np.concatenate([panels[name]["regret"].to_numpy() for name in ("matrix", "references")])
        scale = (float(regret.min()), float(regret.max()))
        draw_matrix(axes["matrix"], panels["matrix"], scale)
        axes["matrix"].set(title="final regret, networks", ylabel="trained on")
        draw_matrix(axes["references"], panels["references"], scale)
        axes["references"].set(title="final regret, others", ylabel="")
        draw_regret(axes["curves"], panels["curves"], {CURVES[name]: colour for name, colour in COLOUR_OF.items()})
        axes["curves"].set_title("uniform dependent arms")
        draw_silenced(axes["silenced"], panels["silenced"])
        for name, text in zip(axes, "abcd", strict=True):
            letter(axes[name], text)
    return figure

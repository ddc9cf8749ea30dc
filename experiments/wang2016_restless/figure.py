"""Draws two episodes, regret by trial, fitted learning rates, and what BIC prefers."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.bandit import draw_regret
from pfc_metarl.figures.restless import draw_preference, draw_walk
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.volatility import draw_learning_rates
from pfc_metarl.studies.study import Evaluation

from .panels import CURVES, FITTED, VOLATILITY

COLOUR_OF = {
    "trained": COLOURS["vermilion"],
    "optimal": COLOURS["black"],
    "rescorla-wagner": COLOURS["blue"],
    "thompson": COLOURS["purple"],
    "ucb": COLOURS["orange"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the six panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 7.2), layout="constrained")
        axes = figure.subplot_mosaic("aaabbb;cccdef", height_ratios=[1, 1.35])
        for name, panel, volatile in (("a", "walk-low", False), ("b", "walk-high", True)):
            draw_walk(axes[name], panels[panel])
            axes[name].set_title(VOLATILITY[volatile])
        axes["b"].legend(loc="lower right", bbox_to_anchor=(1.0, 1.12), ncols=4)
        draw_regret(axes["c"], panels["regret"], {CURVES[name]: colour for name, colour in COLOUR_OF.items()})
        axes["c"].set_title("both volatilities")
        kinds = {name: volatile for volatile, name in VOLATILITY.items()}
        for name, fitted in (("d", "trained"), ("e", "rescorla-wagner")):
            draw_learning_rates(axes[name], panels[f"rates-{fitted}"], kinds)
            axes[name].set_title(FITTED[fitted])
        axes["e"].sharey(axes["d"])
        draw_preference(axes["f"], panels["bic"])
        for name, each in axes.items():
            letter(each, name)
    return figure

"""Draws what is earned and what is pulled, pull by pull."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.informative_arm import draw_earnings, draw_pulls
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .panels import CURVES, SHOWN

COLOUR_OF = {
    "trained": COLOURS["vermilion"],
    "optimal": COLOURS["black"],
    "thompson": COLOURS["purple"],
    "reward-silenced": COLOURS["sky"],
    "untrained": COLOURS["grey"],
    "ucb": COLOURS["orange"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the three panels from their tables."""
    with style():
        figure = Figure(figsize=(11.5, 3.6), layout="constrained")
        earnings, *pulls = figure.subplots(1, 3, width_ratios=[1.6, 1, 1])
        draw_earnings(earnings, evaluation.panels["earnings"], {CURVES[name]: own for name, own in COLOUR_OF.items()})
        reward = float(evaluation.measures["reward.trained"].mean())
        earnings.set_title(f"meta-RL earns {reward:.2f} per episode")
        for axes, name in zip(pulls, SHOWN, strict=True):
            draw_pulls(axes, evaluation.panels[f"pulls-{name}"])
            axes.set_title(CURVES[name])
        pulls[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        for axes, name in zip((earnings, *pulls), "abc", strict=True):
            letter(axes, name)
    return figure

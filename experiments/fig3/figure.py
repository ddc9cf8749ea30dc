"""Draws Figure 3, panels a, b and d, and the share of units that track volatility."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.style import letter, style
from pfc_metarl.figures.volatility import draw_learning_rates, draw_session, draw_shares
from pfc_metarl.studies.study import Evaluation

from .config import BLOCKS, PUBLISHED_SHARE


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    panels, measures = evaluation.panels, evaluation.measures
    with style():
        figure = Figure(figsize=(11.5, 7.0), layout="constrained")
        # Room between the volatility axis of one panel and the axis of the next.
        figure.set_layout_engine("constrained", w_pad=0.15)
        axes = figure.subplot_mosaic([["a", "d"], ["b", "units"]], width_ratios=[2.1, 1])
        draw_session(axes["a"], panels["3a"])
        axes["a"].set_title("Bayesian learner on the network's outcomes", pad=36)
        draw_session(axes["b"], panels["3b"])
        share = float(measures["decoding.learner"].mean())
        axes["b"].set_title(f"network; decoded volatility (r² over all subjects {share:.2g})", pad=36)
        draw_learning_rates(axes["d"], panels["3d"], {name: volatile for name, (volatile, _) in BLOCKS.items()})
        axes["d"].set_title("network's learning rate")
        draw_shares(axes["units"], panels["3-units"], PUBLISHED_SHARE)
        axes["units"].set_title("units that track volatility")
        for name in ("a", "b", "d"):
            letter(axes[name], name)
    return figure

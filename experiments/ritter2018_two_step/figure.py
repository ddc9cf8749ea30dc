"""Draws staying without cues, with them and after the trial called back; controls; reward by trial and in training."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pfc_metarl.figures.recurrence import Line, draw_curves, draw_level
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.two_step import draw_stay
from pfc_metarl.figures.volatility import draw_bars
from pfc_metarl.studies.study import Evaluation

from .config import CORES, STAGES, TRIALS
from .panels import BARS, CURVES, PARTS

CHANCE = 0.5

LINE_OF = {
    "remembering": Line(COLOURS["black"], "--"),
    "episodic": Line(COLOURS["vermilion"]),
    "plain": Line(COLOURS["blue"]),
    "forgetful": Line(COLOURS["grey"], "--"),
    "gate-closed": Line(COLOURS["purple"]),
    "keys-shuffled": Line(COLOURS["orange"]),
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the six panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 7.0), layout="constrained")
        axes = figure.subplot_mosaic("abc;def")
        for name, (kind, title) in zip("abc", PARTS.items(), strict=True):
            draw_stay(axes[name], panels[f"stay-{kind}"], bottom=0.0)
            axes[name].set_title(title)
        axes["c"].set(xlabel="trial called back")
        bars = panels["interactions"]
        by_condition = [bars.loc[bars["condition"] == label, "interaction"].to_numpy() for label in BARS.values()]
        draw_bars(axes["d"], np.stack(by_condition), [LINE_OF[name].colour for name in BARS])
        axes["d"].axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
        axes["d"].set_xticks(range(len(BARS)), list(BARS.values()))
        axes["d"].set(ylabel="interaction, trial called back", title="reward x transition")
        draw_curves(axes["e"], panels["rewards"], "trial", "reward", {CURVES[name]: LINE_OF[name] for name in CURVES})
        # Up to the legend only.
        axes["e"].axvline(TRIALS / 2 + 0.5, ymax=0.68, color=COLOURS["grey"], lw=0.8, ls=":")
        axes["e"].set(xlabel="trial", title="cues from the middle on; weights fixed")
        draw_curves(axes["f"], panels["stages"], "stage", "reward", {CURVES[name]: LINE_OF[name] for name in CORES})
        axes["f"].set_xticks(range(1, STAGES + 1))
        axes["f"].set(xlabel=f"training, in {STAGES} parts", title="all trials, while learning")
        for name in "ef":
            draw_level(axes[name], CHANCE, "chance")
            axes[name].set(ylabel="reward per trial")
        axes["e"].set(ylim=(0.45, 1.05))
        axes["e"].legend(loc="upper left")
        axes["f"].legend(loc="lower right", bbox_to_anchor=(1.0, 0.1))
        for name, each in axes.items():
            letter(each, name)
    return figure

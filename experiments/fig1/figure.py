"""Draws Figure 1, panels c to f."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecFromSubplotSpec, SubplotSpec
from matplotlib.patches import Patch

from pfc_metarl.figures.bandit import SIDES, draw_choices, draw_regret, draw_states, draw_trajectory
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .panels import CURVES

COLOUR_OF = {
    "independent": COLOURS["vermilion"],
    "correlated": COLOURS["blue"],
    "gittins": COLOURS["green"],
    "thompson": COLOURS["purple"],
    "ucb": COLOURS["orange"],
    "bayes-optimal": COLOURS["black"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    with style():
        figure = Figure(figsize=(11, 7.6), layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=[1.25, 1])
        _choices(figure, grid[0, 0], evaluation.panels["1c"])
        axes = figure.add_subplot(grid[0, 1])
        draw_regret(axes, evaluation.panels["1d"], {CURVES[label]: colour for label, colour in COLOUR_OF.items()})
        axes.set_title("(.25, .75) and its mirror image")
        letter(axes, "d")
        _trajectories(figure, grid[1, 0], evaluation.panels["1e"])
        axes = figure.add_subplot(grid[1, 1])
        draw_states(axes, evaluation.panels["1f"], "p_left", "payoff of the left arm")
        axes.set_title("state after trial 100, 300 episodes")
        letter(axes, "f")
    return figure


def _choices(figure: Figure, place: SubplotSpec, data: pd.DataFrame) -> None:
    rows = GridSpecFromSubplotSpec(2, 1, place)
    problems = list(dict.fromkeys(data["problem"]))
    for position, problem in enumerate(problems):
        axes = figure.add_subplot(rows[position])
        draw_choices(axes, data.loc[data["problem"] == problem])
        axes.set_title(f"payoffs {problem}")
        if position == 0:
            letter(axes, "c")
            axes.set_xlabel("")
            handles = [Patch(color=colour, label=side) for side, colour in SIDES.items()]
            axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, handlelength=1)


def _trajectories(figure: Figure, place: SubplotSpec, data: pd.DataFrame) -> None:
    cells = GridSpecFromSubplotSpec(2, 2, place)
    limits = {name: _limits(data[name].to_numpy()) for name in ("pc1", "pc2")}
    panels, paths = [], []
    for position, (problem, path) in enumerate(data.groupby("problem", sort=False)):
        axes = figure.add_subplot(cells[position // 2, position % 2])
        paths.append(draw_trajectory(axes, path))
        axes.set(xlim=limits["pc1"], ylim=limits["pc2"], title=f"payoffs {problem}")
        if position % 2 == 0:
            axes.set_ylabel("component 2")
        if position // 2:
            axes.set_xlabel("component 1")
        panels.append(axes)
    letter(panels[0], "e")
    figure.colorbar(paths[-1], ax=panels, label="trial", fraction=0.04, pad=0.02)


def _limits(values: np.ndarray) -> tuple[float, float]:
    margin = 0.08 * float(np.ptp(values))
    return float(values.min()) - margin, float(values.max()) + margin

"""Draws steps by visit, goals with and without memory, what is known of the goal, two visits; and the animation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from pfc_metarl.figures.maze import draw_knowledge, draw_path, draw_visits, draw_walls, explain_paths, visit_frames
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.volatility import draw_bars
from pfc_metarl.studies.study import Evaluation

from .config import EVALUATION_LENGTH, THIRD
from .panels import BARS, CURVES

COLOUR_OF = {
    "trained": COLOURS["blue"],
    "familiar": COLOURS["sky"],
    "reset": COLOURS["vermilion"],
    "untrained": COLOURS["purple"],
    "random": COLOURS["grey"],
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the panels from their tables."""
    panels, measures = evaluation.panels, evaluation.measures
    with style():
        figure = Figure(figsize=(10.5, 6.8), layout="constrained")
        rows = figure.add_gridspec(2, 1)
        above, below = figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1])
        visits, goals = above.subplots(1, 2, width_ratios=(1.5, 1))
        levels = {
            "random walk": (float(measures["steps.random-walk"].mean()), ":"),
            "shortest path": (float(measures["steps.shortest"].mean()), "--"),
        }
        draw_visits(visits, panels["visits"], {label: COLOUR_OF[name] for name, label in CURVES.items()}, levels)
        visits.set_title("the weights are fixed")
        table = panels["goals"]
        by_condition = [table.loc[table["condition"] == label, "goals"].to_numpy() for label in BARS.values()]
        draw_bars(goals, np.stack(by_condition), [COLOUR_OF[name] for name in BARS])
        goals.set_xticks(range(len(BARS)), list(BARS.values()))
        goals.set(ylabel=f"goals in {EVALUATION_LENGTH} steps")
        first, third, known = below.subplots(1, 3)
        for axes, visit in ((first, 1), (third, THIRD)):
            path = panels["paths"].loc[panels["paths"]["visit"] == visit]
            draw_walls(axes, panels["walls"])
            draw_path(axes, path)
            axes.set_title(f"visit {visit}: {len(path) - 1} steps")
        explain_paths(below, "outside lower left")
        draw_knowledge(known, panels["known"])
        known.set_title("the goal's place, read from the state")
        for axes, name in zip((visits, goals, first, known), "abcd", strict=True):
            letter(axes, name)
    return figure


def animate(evaluation: Evaluation) -> Iterator[Figure]:
    """Walk through the same three visits."""
    return visit_frames(evaluation.panels["walls"], evaluation.panels["paths"])

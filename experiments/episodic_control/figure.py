"""Draws a maze as it is seen, reward against steps in each world, and steps to DQN's level."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.figures.value_learning import draw_maze, draw_shares, draw_steps
from pfc_metarl.studies.study import Evaluation

from .config import FIFTH, KINDS, WORLDS

COLOUR_OF = {
    KINDS[kind].name: COLOURS[colour]
    for kind, colour in {"mfec": "vermilion", "nec": "orange", "dqn": "blue", "tabular": "grey"}.items()
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 6.6), layout="constrained")
        axes = figure.subplot_mosaic([["picture", "maze", "maze"], ["bandit", "chance", "steps"]])
        draw_maze(axes["picture"], panels["picture"])
        axes["picture"].set_title("a maze as it is seen")
        for name, world in WORLDS.items():
            curves = panels["curves"]
            draw_shares(axes[name], curves.loc[curves["world"] == name, :], COLOUR_OF)
            axes[name].set_title(world.name)
        axes["maze"].legend(loc="lower right", ncols=2)
        draw_steps(axes["steps"], panels["steps"], COLOUR_OF, KINDS["dqn"].name, FIFTH)
        axes["steps"].set_title("steps to DQN's final level\n(dashed: a fifth of what DQN takes)")
        for name, text in zip(("picture", "maze", "bandit", "chance", "steps"), "abcde", strict=True):
            letter(axes[name], text)
    return figure

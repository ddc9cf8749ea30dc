"""Draws one goal as it is learned, returns by gradient step, and both tasks trial by trial."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.navigation import draw_paths
from pfc_metarl.figures.recurrence import Line, draw_curves, mark_hidden
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import CHANCE, STEPS, TRIALS, TRIALS_PER_STEP
from .panels import LEARNERS, STAGES

LINES = {
    LEARNERS["ideal"]: Line(COLOURS["black"], ":"),
    LEARNERS["recurrent"]: Line(COLOURS["blue"]),
    LEARNERS["maml"]: Line(COLOURS["vermilion"]),
    LEARNERS["untrained"]: Line(COLOURS["grey"], "--"),
}

PATHS = {
    stage: COLOURS[colour] for stage, colour in zip(STAGES, ("grey", "orange", "vermilion", "purple"), strict=True)
}

TICKS = (1, 2, 5, 10, 20, 50, TRIALS)

TITLES = {"two-armed-bandit": "bandit, payoffs p and 1 - p", "two-step": "two-step task, payoffs fixed"}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the four panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(10.5, 8), layout="constrained")
        axes = figure.subplot_mosaic([["paths", "returns"], list(TITLES)])
        draw_paths(axes["paths"], panels["paths"], PATHS)
        axes["paths"].set_title("one goal, one episode at each stage")
        own = {name: line for name, line in LINES.items() if name in set(panels["returns"]["condition"])}
        draw_curves(axes["returns"], panels["returns"], "step", "return", own)
        published = panels["returns"].dropna(subset="published")
        axes["returns"].plot(published["step"], published["published"], "x", color=COLOURS["black"], ms=8, mew=1.8)
        axes["returns"].plot([], [], "x", color=COLOURS["black"], ms=8, mew=1.8, label="published")
        axes["returns"].set(title="navigation", xlabel="gradient steps", ylabel="return", xticks=range(STEPS + 1))
        axes["returns"].legend()
        for task, title in TITLES.items():
            draw_curves(axes[task], panels[task], "trial", "reward", LINES, marker="")
            axes[task].axhline(CHANCE, color=COLOURS["grey"], lw=1, ls=":", zorder=0, label="chance")
            axes[task].set(title=f"{title}; a gradient step every {TRIALS_PER_STEP} trials")
            axes[task].set(xlabel="trial", ylabel="reward per trial", xlim=(1, TRIALS), ylim=(0.35, 0.8))
            mark_hidden(axes[task], panels[task], "reward", LINES)
            # What takes a recurrent network a trial or two would not be seen among a hundred.
            axes[task].set_xscale("log")
            axes[task].set_xticks(TICKS, map(str, TICKS))
        axes["two-armed-bandit"].legend(loc="lower right")
        for text, name in zip("abcd", axes, strict=True):
            letter(axes[name], text)
    return figure

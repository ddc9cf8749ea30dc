"""Draws errors by gradient step and by example, and one task as it is learned."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.adaptation import draw_error, draw_fit
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import SHOTS, STEPS
from .panels import LEARNERS, STAGE_NAMES, STAGES

COLOUR_OF = {
    LEARNERS[label]: COLOURS[colour]
    for label, colour in (
        ("maml", "vermilion"),
        ("first-order", "orange"),
        ("lstm", "green"),
        ("pretrained", "blue"),
        ("untrained", "grey"),
    )
}

GRADIENT_FITS = {
    STAGE_NAMES[step]: COLOURS[colour] for step, colour in zip(STAGES, ("grey", "orange", "vermilion"), strict=True)
}

OTHER_FITS = {LEARNERS[label]: COLOUR_OF[LEARNERS[label]] for label in ("lstm", "pretrained")}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the six panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 7.2), layout="constrained")
        steps, fits = figure.subplots(2, 3)
        for axes, shots in zip(steps, SHOTS, strict=True):
            data = panels["steps"]
            draw_error(axes, data.loc[data["shots"] == shots], "step", COLOUR_OF)
            axes.set(title=f"{shots} examples", xlabel="gradient steps", ylim=(0.03, 8))
        steps[0].plot([], [], "x", color=COLOURS["black"], ms=7, mew=1.8, label="published")
        figure.legend(*steps[0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
        draw_error(fits[0], panels["examples"], "shots", COLOUR_OF)
        fits[0].set(title=f"after all examples, {STEPS} steps", xlabel="examples", ylim=(0.03, 8))
        for axes, curves in zip(fits[1:], (GRADIENT_FITS, OTHER_FITS), strict=True):
            draw_fit(axes, panels["task"], curves)
            # Room for the legend above the curves.
            axes.set(title=f"one task, {SHOTS[0]} examples", ylim=(-6, 10))
            axes.legend(loc="upper center", ncols=2)
        for axes, text in zip([*steps, *fits], "abcdef", strict=True):
            letter(axes, text)
    return figure

"""Draws the two predictions."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.style import letter, style
from pfc_metarl.figures.two_step import draw_lesions, draw_stay
from pfc_metarl.studies.study import Evaluation

TITLES = {"control": "trained with dopamine", "blocked": "phasic dopamine blocked"}


def plot(evaluation: Evaluation) -> Figure:
    """Draw staying of both populations, and prediction errors by size of the lesion."""
    with style():
        figure = Figure(figsize=(11.5, 3.8), layout="constrained")
        control, blocked, lesions = figure.subplots(1, 3)
        staying = evaluation.panels["staying"]
        for axes, name in ((control, "control"), (blocked, "blocked")):
            draw_stay(axes, staying.loc[staying["training"] == name, :], bottom=0.0)
            axes.set_title(TITLES[name])
        draw_lesions(lesions, evaluation.panels["lesions"])
        lesions.set_title("model-based errors after lesions")
        for axes, name in ((control, "a"), (blocked, "b"), (lesions, "c")):
            letter(axes, name)
    return figure

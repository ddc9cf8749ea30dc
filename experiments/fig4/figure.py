"""Draws Figure 4, panels b and c."""

from __future__ import annotations

from matplotlib.figure import Figure, SubFigure

from pfc_metarl.analysis.inferred_value import KINDS
from pfc_metarl.figures.inferred_value import draw_decoding, draw_errors, draw_states, explain_states
from pfc_metarl.figures.style import letter, style
from pfc_metarl.studies.study import Evaluation

# Columns of panel c: title, the phase whose states are shown, what the shape tells and what the filling.
COLUMNS = (
    ("Central fixation", "fixation", None, None),
    ("Cue", "cue", "target", None),
    ("Action", "outcome", "target", None),
    ("Reward", "outcome", None, "rewarded"),
)
ROWS = {"n": "reversal trial n", "n+1": "trial n + 1"}


def plot(evaluation: Evaluation) -> Figure:
    """Draw both panels and the decoding from their tables."""
    with style():
        figure = Figure(figsize=(12, 10), layout="constrained")
        (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 2.1), hspace=0.03)
        ((errors, decoding),) = above.subfigures(1, 2, squeeze=False, width_ratios=(1.5, 1))
        _draw_errors(errors, evaluation)
        axes = decoding.subplots()
        draw_decoding(axes, evaluation.panels["4c, decoded"])
        axes.set_title("state at fixation, read by a linear decoder")
        decoding.legend(loc="outside lower center", ncols=3, columnspacing=1.0)
        _draw_states(below, evaluation)
    return figure


def _draw_errors(figure: SubFigure, evaluation: Evaluation) -> None:
    """Panel b, one kind of trial beside the other."""
    grid = figure.subplots(1, len(KINDS), sharey=True)
    errors = dict(iter(evaluation.panels["4b"].groupby("kind")))
    for axes, kind in zip(grid, KINDS, strict=True):
        draw_errors(axes, errors[kind])
        axes.set_title(kind)
        axes.tick_params(axis="x", rotation=35)
    grid[0].set_ylabel("prediction error (reward units)")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    letter(grid[0], "b")


def _draw_states(figure: SubFigure, evaluation: Evaluation) -> None:
    """Panel c, the reversal trial above the next."""
    grid = figure.subplots(len(ROWS), len(COLUMNS), sharex="col", sharey="col")
    every = evaluation.panels["4c"]
    states = dict(iter(every.groupby(["phase", "trial"])))
    for line, (trial, row_title) in zip(grid, ROWS.items(), strict=True):
        for axes, (title, phase, shape, filled) in zip(line, COLUMNS, strict=True):
            # A network under interventions may not finish any of these trials.
            draw_states(axes, states[phase, trial] if (phase, trial) in states else every.iloc[:0], shape, filled)
            axes.set_title(title if trial == "n" else "")
            axes.set_xlabel("" if trial == "n" else "PC 1")
        line[0].set_ylabel(f"{row_title}\nPC 2")
    explain_states(figure)
    letter(grid[0, 0], "c")

"""Panels that compare recurrent cores: learning over training, final scores, and memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS, mark_below

# Each core keeps its colour and its name in every panel.
CORE_COLOURS = {"vanilla": COLOURS["orange"], "gru": COLOURS["green"], "lstm": COLOURS["blue"]}
CORE_NAMES = {"vanilla": "plain", "gru": "GRU", "lstm": "LSTM"}

# Share of variance below which memory is drawn on a straight scale.
FAINT = 0.01

# Lower end of the axis of scores.
LOWEST = -0.25


def draw_learning(axes: Axes, data: pd.DataFrame, references: pd.DataFrame) -> None:
    """Draw the score after so many steps of training, one curve per core with its 95% interval.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``core steps score low high``; steps in millions.
    references : columns ``reference score``, drawn as lines and named on the right.
    """
    for core, colour in CORE_COLOURS.items():
        own = data[data["core"] == core]
        axes.plot(own["steps"], own["score"], color=colour, marker="o", ms=3, label=CORE_NAMES[core])
        axes.fill_between(own["steps"], own["low"], own["high"], color=colour, alpha=0.18, lw=0)
    last = float(data["steps"].to_numpy().max())
    for name, score in zip(references["reference"], references["score"].to_numpy(), strict=True):
        axes.axhline(score, color=COLOURS["purple"], lw=0.9, ls="--", zorder=0)
        axes.text(1.03 * last, score, name, color=COLOURS["purple"], fontsize=8, ha="left", va="center")
    _chance_and_best(axes)
    axes.set(xlabel="million steps of experience", ylabel="score", xlim=(0, 1.02 * last), ylim=(LOWEST, 1.1))


def draw_final(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the score of every subject, trained as a dot and untrained as a ring, and each core's mean.

    The kinds of marks have labels for a legend.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``task core training subject score``; untrained subjects that lie below the panel are a triangle at
        its edge, with their mean.
    """
    tasks = list(dict.fromkeys(data["task"]))
    offsets = dict(zip(CORE_COLOURS, (-0.25, 0.0, 0.25), strict=True))
    for position, task in enumerate(tasks):
        for core, colour in CORE_COLOURS.items():
            here = (data["task"] == task) & (data["core"] == core)
            place = position + offsets[core]
            trained, untrained = (
                data.loc[here & (data["training"] == training), "score"].to_numpy()
                for training in ("trained", "untrained")
            )
            spread = place + 0.07 * np.linspace(-1, 1, len(trained))
            axes.scatter(spread, untrained, s=12, edgecolors=colour, facecolors="none", lw=0.8)
            axes.scatter(spread, trained, s=12, color=colour)
            axes.hlines(trained.mean(), place - 0.1, place + 0.1, color=COLOURS["black"], lw=2)
            below = untrained[untrained < LOWEST]
            if len(below):
                mark_below(axes, (place + 0.5) / len(tasks), f"{below.mean():.1f}", colour)
    _chance_and_best(axes)
    axes.set_xticks(range(len(tasks)), tasks)
    axes.set(ylabel="score after training", xlim=(-0.5, len(tasks) - 0.5), ylim=(LOWEST, 1.1))
    grey = COLOURS["grey"]
    kinds = {"trained": ("o", grey), "untrained": ("o", "none"), "untrained, below the axis, mean": ("v", grey)}
    for name, (marker, face) in kinds.items():
        axes.plot([], [], ls="", marker=marker, ms=4, mfc=face, mec=grey, mew=0.8, label=name)


def draw_memory(axes: Axes, data: pd.DataFrame, ideal: str) -> None:
    """Draw how much of what each earlier trial brought the state holds, on scales that show faint and late memory.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``state lag share low high``; a state is a core, ``core.untrained``, the ideal or "shuffled".
    ideal : name of the ideal learner's state.
    """
    for state, own in data.groupby("state", sort=False):
        core, _, untrained = str(state).partition(".")
        lag, share = own["lag"].to_numpy(), own["share"].to_numpy()
        if core in CORE_COLOURS:
            colour = CORE_COLOURS[core]
            axes.plot(lag, share, color=colour, lw=1.0 if untrained else 2.0, ls=":" if untrained else "-")
            if not untrained:
                axes.fill_between(lag, own["low"], own["high"], color=colour, alpha=0.18, lw=0)
        else:
            colour, dashes = (COLOURS["black"], "-") if state == ideal else (COLOURS["grey"], "--")
            axes.plot(lag, share, color=colour, lw=1.2, ls=dashes)
    axes.set_xscale("log")
    ticks = [1, 2, 5, 10, 20, 50]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    # Straight about zero, where the shuffles are, and logarithmic above.
    axes.set_yscale("symlog", linthresh=FAINT)
    levels = [0, FAINT, 0.1, 1]
    axes.set_yticks(levels, [f"{level:g}" for level in levels])
    axes.set(xlabel="trials ago", ylabel="share of variance read", ylim=(-FAINT, 1.2))
    axes.minorticks_off()


def _chance_and_best(axes: Axes) -> None:
    for level in (0, 1):
        axes.axhline(level, color=COLOURS["grey"], lw=0.8, ls=":" if level == 0 else "-", zorder=0)

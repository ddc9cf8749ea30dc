"""Panels on baited foraging: matching, coding by single units, the influence of past trials."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS

# Base rates met in training and those left out.
RATES = {False: ("base rates as in training", COLOURS["blue"]), True: ("held-out base rates", COLOURS["vermilion"])}

EVENTS = {"reward": COLOURS["green"], "choice": COLOURS["purple"]}


def draw_matching(axes: Axes, data: pd.DataFrame, rates: Mapping[bool, tuple[str, str]] = RATES) -> None:
    """Draw how choices and rewards divide in each episode, beside exact matching.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``log_reward_ratio log_choice_ratio held_out``.
    rates : label and colour of the episodes, by ``held_out``.
    """
    for held_out, (label, colour) in rates.items():
        own = data[data["held_out"] == held_out]
        axes.scatter(own["log_reward_ratio"], own["log_choice_ratio"], s=11, color=colour, alpha=0.7, lw=0, label=label)
    limit = 1.08 * float(data[["log_reward_ratio", "log_choice_ratio"]].abs().to_numpy().max())
    axes.plot([-limit, limit], [-limit, limit], color=COLOURS["grey"], lw=1, ls="--", zorder=0, label="exact matching")
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    axes.set(xlabel="log2 (rewards right / left)", ylabel="log2 (choices right / left)")
    axes.legend(loc="upper left", handletextpad=0.4, borderaxespad=0.1)


def draw_coding(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how strongly units code each variable: a dot per unit, bars their mean.

    Units within what shuffled episodes give are grey. The share of the others stands above.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``variable strength coded``, one row per unit and variable.
    """
    generator = np.random.default_rng(0)
    variables = list(dict.fromkeys(data["variable"]))
    for position, variable in enumerate(variables):
        own = data[data["variable"] == variable]
        strength, coded = np.asarray(own["strength"]), np.asarray(own["coded"], dtype=bool)
        axes.bar(position, strength.mean(), width=0.7, color=COLOURS["sky"], alpha=0.6)
        across = position + generator.uniform(-0.26, 0.26, len(own))
        for kind, colour in ((coded, COLOURS["blue"]), (~coded, COLOURS["grey"])):
            axes.scatter(across[kind], strength[kind], s=5, color=colour, alpha=0.5, lw=0, zorder=3)
        axes.text(position, 1.02, f"{100 * coded.mean():.0f} %", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(variables)), [variable.replace(" ", "\n", 1) for variable in variables])
    axes.set(ylabel="|partial correlation|", ylim=(0, 1.1))


def draw_kernel(axes: Axes, data: pd.DataFrame, event: str) -> None:
    """Draw the weight of a past event on the next choice by how long ago it was; thin lines are subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject event lag weight``.
    event : ``reward`` or ``choice``.
    """
    own, colour = data[data["event"] == event], EVENTS[event]
    for _, line in own.groupby("subject"):
        axes.plot(np.asarray(line["lag"]), np.asarray(line["weight"]), color=colour, lw=0.6, alpha=0.6)
    means = own.pivot_table(index="subject", columns="lag", values="weight").mean()
    axes.plot(means.index.to_numpy(), means.to_numpy(), color=colour, lw=2.2, marker="o", ms=4)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    # The present is on the right, as in the paper.
    axes.invert_xaxis()
    axes.set_xticks([len(means), *range(10, 0, -5), 1])
    axes.set(xlabel="trials ago", ylabel="regression weight")

"""Panels on learners of action values: reward against steps, steps to a level, and what is seen."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from pfc_metarl.figures.style import COLOURS

# Channels of a picture, and how each is painted where it is lit.
PAINT = {"wall": COLOURS["black"], "goal": COLOURS["green"], "subject": COLOURS["vermilion"]}

# Letters of a world's name on one line, so that neighbours do not touch.
LABEL_WIDTH = 11


def draw_maze(axes: Axes, data: pd.DataFrame) -> None:
    """Draw a picture pixel by pixel.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``row column`` and one for each channel, 1 where it is lit.
    """
    side = data[["row", "column"]].to_numpy(int).max(axis=0) + 1
    picture = np.ones((*side, 3))
    for channel, colour in PAINT.items():
        lit = data.loc[np.asarray(data[channel]) > 0, ["row", "column"]].to_numpy(int)
        picture[lit[:, 0], lit[:, 1]] = to_rgb(colour)
        if channel != "wall":
            axes.text(lit[0, 1], lit[0, 0], channel[0].upper(), color="white", ha="center", va="center", fontsize=7)
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()


def draw_shares(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw reward as a share of the best that can be done, against steps, with 95% intervals over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``learner steps share low high``.
    colours : per learner, in the order of the legend.
    """
    for learner, colour in colours.items():
        own = data[data["learner"] == learner]
        axes.plot(own["steps"], own["share"], color=colour, label=learner)
        axes.fill_between(own["steps"], own["low"], own["high"], color=colour, alpha=0.15, lw=0)
    axes.axhline(1, color=COLOURS["grey"], lw=0.8, ls="--", zorder=0)
    last = float(data["steps"].to_numpy().max())
    axes.set(xlabel="steps in the world", ylabel="reward, share of the best", xlim=(0, last), ylim=(0, 1.08))


def draw_steps(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str], against: str, part: float) -> None:
    """Draw every subject's steps to a level on a logarithmic scale, and a part of one learner's mean as a line.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``world learner subject steps reached``; who never reached the level is a ring.
    colours : per learner, side by side.
    against : the learner that the others are compared with.
    part : of its mean steps.
    """
    worlds = list(dict.fromkeys(data["world"]))
    offsets = dict(zip(colours, np.linspace(-0.3, 0.3, len(colours)), strict=True))
    for position, world in enumerate(worlds):
        for learner, colour in colours.items():
            own = data.loc[(data["world"] == world) & (data["learner"] == learner), :]
            steps, reached = np.asarray(own["steps"], float), np.asarray(own["reached"], bool)
            place = position + offsets[learner] + 0.05 * np.linspace(-1, 1, len(own))
            axes.scatter(place[reached], steps[reached], s=11, color=colour)
            axes.scatter(place[~reached], steps[~reached], s=14, edgecolors=colour, facecolors="none", lw=0.9)
            middle = position + offsets[learner]
            axes.hlines(steps.mean(), middle - 0.08, middle + 0.08, color=COLOURS["black"], lw=1.8)
            if learner == against:
                axes.hlines(part * steps.mean(), position - 0.42, position + 0.42, color=colour, lw=0.9, ls="--")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xticks(range(len(worlds)), [fill(world, LABEL_WIDTH) for world in worlds])
    axes.set(ylabel="steps", xlim=(-0.5, len(worlds) - 0.5))

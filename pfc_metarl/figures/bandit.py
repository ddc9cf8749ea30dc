"""Panels on bandits: choices, regret, and states in the plane of two components."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap

from pfc_metarl.figures.style import COLOURS

# Left and right keep their colours in every panel.
SIDES = {"left": COLOURS["blue"], "right": COLOURS["orange"]}


def draw_choices(axes: Axes, data: pd.DataFrame) -> None:
    """Draw each choice as a pixel: episodes down, trials across.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``episode trial choice``; choice 0 is left, 1 is right.
    """
    image = data.pivot_table(index="episode", columns="trial", values="choice").to_numpy()
    episodes, trials = image.shape
    axes.imshow(
        image,
        aspect="auto",
        interpolation="nearest",
        cmap=ListedColormap(list(SIDES.values())),
        vmin=0,
        vmax=1,
        extent=(0.5, trials + 0.5, episodes, 0),
    )
    axes.set_xticks([1, *range(20, trials + 1, 20)])
    axes.set_yticks([0, episodes])
    axes.set_yticklabels(["1", str(episodes)])
    axes.set(xlabel="trial", ylabel="episode")


def draw_regret(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw cumulative regret by trial with a band.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``curve trial regret low high``.
    colours : per curve, in the order of the legend.
    """
    for curve, colour in colours.items():
        own = data[data["curve"] == curve]
        learned = curve.startswith("meta-RL")
        axes.plot(
            own["trial"],
            own["regret"],
            color=colour,
            label=curve,
            lw=2.2 if learned else 1.3,
            ls="-" if learned else "--",
        )
        axes.fill_between(own["trial"], own["low"], own["high"], color=colour, alpha=0.18, lw=0)
    trials = int(data["trial"].to_numpy().max())
    axes.set(xlabel="trial", ylabel="cumulative regret", xlim=(1, trials))
    axes.set_xticks([1, *range(20, trials + 1, 20)])
    # Room for the legend above the curves. One subject alone has no band.
    axes.set_ylim(0, 1.45 * float(np.nanmax(data[["regret", "high"]].to_numpy(float))))
    axes.legend(loc="upper left", handlelength=1.8, ncols=2)


def draw_trajectory(axes: Axes, data: pd.DataFrame) -> LineCollection:
    """Draw a state's path through one episode, dark at the first trial and light at the last.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``trial pc1 pc2``.

    Returns
    -------
    The path, for a colour bar.
    """
    points = data[["pc1", "pc2"]].to_numpy()
    segments = np.stack([points[:-1], points[1:]], axis=1)
    path = LineCollection(list(segments), cmap="viridis", array=data["trial"].to_numpy()[1:], linewidths=1.2)
    axes.add_collection(path)
    axes.scatter(*points[0], s=22, color=COLOURS["black"], zorder=3)
    axes.scatter(*points[-1], s=34, marker="*", color=COLOURS["vermilion"], zorder=3)
    return path


def draw_states(axes: Axes, data: pd.DataFrame, colour: str, label: str) -> None:
    """Draw states as points in the plane of two components, coloured by a variable.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``pc1 pc2`` and the variable.
    colour : name of the variable's column.
    label : of the colour bar.
    """
    points = axes.scatter(data["pc1"], data["pc2"], c=data[colour], cmap="coolwarm", s=14, vmin=0, vmax=1, lw=0)
    assert axes.figure is not None
    axes.figure.colorbar(points, ax=axes, label=label, ticks=[0, 0.5, 1], fraction=0.05, pad=0.03)
    axes.set(xlabel="principal component 1", ylabel="principal component 2")

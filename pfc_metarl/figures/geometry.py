"""Panels on the geometry of activity: paths, demixed components, dissimilarities, similarity between networks."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from pfc_metarl.figures.style import COLOURS

# Of parts and kinds without an order, one after the other.
CYCLE = [COLOURS[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky", "black", "grey")]


def _shades(count: int) -> list[str]:
    """Colours of conditions in order, dark to light; few are told apart best by the palette."""
    if count <= 2:
        return CYCLE[:count]
    return [to_hex(mpl.colormaps["viridis"](value)) for value in np.linspace(0, 0.92, count)]


def draw_trajectories(axes: Axes, data: pd.DataFrame, along: str = "step") -> None:
    """Draw the mean path of each condition in the plane of two components, from a dot to a star.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition pc1 pc2`` and the one that orders a path; conditions in order.
    along : name of that column.
    """
    conditions = list(dict.fromkeys(data["condition"]))
    for condition, colour in zip(conditions, _shades(len(conditions)), strict=True):
        own = data.loc[data["condition"] == condition, ["pc1", "pc2", along]].to_numpy()
        path = own[np.argsort(own[:, 2], kind="stable"), :2]
        axes.plot(*path.T, color=colour, lw=1.4, label=str(condition))
        axes.scatter(*path[0], s=16, color=colour, zorder=3)
        axes.scatter(*path[-1], s=46, marker="*", color=colour, edgecolor=COLOURS["black"], lw=0.4, zorder=3)
    axes.set(xlabel="principal component 1", ylabel="principal component 2")
    axes.legend(loc="best", handlelength=1.2)


def draw_demixed(axes: Axes, data: pd.DataFrame) -> None:
    """Draw the share of variance that each demixed component explains, stacked by the part it belongs to.

    Bars are means over subjects, largest first; what a component takes away from a part lies below zero.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject marginalisation component part explained``.
    """
    parts = list(dict.fromkeys(data["part"]))
    bars = data.pivot_table(index=["marginalisation", "component"], columns="part", values="explained")[parts]
    bars = 100 * bars.loc[bars.sum(axis=1).sort_values(ascending=False).index]
    place = np.arange(len(bars))
    above, below = np.zeros(len(bars)), np.zeros(len(bars))
    for part, colour in zip(parts, CYCLE, strict=False):
        size = bars[part].to_numpy()
        axes.bar(place, size, bottom=np.where(size > 0, above, below), color=colour, width=0.75, label=part)
        above, below = above + np.maximum(size, 0), below + np.minimum(size, 0)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    names = [f"{marginalisation} {component + 1}" for marginalisation, component in bars.index]
    axes.set_xticks(place, names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set(xlabel="demixed component", ylabel="explained variance (%)")
    axes.legend(title="variance of", loc="upper right")


def draw_held_out(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how much of each part is told in held-out episodes: bars are means, dots subjects, dashes the null.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject marginalisation explained null``; null is the 95th percentile of the
        subject's shuffles.
    """
    parts = list(dict.fromkeys(data["marginalisation"]))
    for position, (part, colour) in enumerate(zip(parts, CYCLE, strict=False)):
        own = data.loc[data["marginalisation"] == part, ["explained", "null"]].to_numpy()
        axes.bar(position, own[:, 0].mean(), width=0.6, color=colour, alpha=0.55)
        spread = position + np.linspace(-0.2, 0.2, len(own)) if len(own) > 1 else np.array([position])
        axes.scatter(spread, own[:, 0], s=12, color=colour, edgecolor=COLOURS["black"], lw=0.5, zorder=3)
        axes.scatter(
            spread,
            own[:, 1],
            s=26,
            marker="_",
            color=COLOURS["black"],
            lw=1,
            label="shuffled" if not position else None,
        )
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    axes.set_xticks(range(len(parts)), parts, rotation=20, ha="right", rotation_mode="anchor")
    # What is far below nothing is not worth the room.
    axes.set(ylabel="share told in held-out episodes", ylim=(max(-0.5, axes.get_ylim()[0]), 1.02))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), handletextpad=0.2)


def draw_dissimilarity(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how far apart the activity of each two conditions is, averaged over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject condition other dissimilarity``; conditions in order.
    """
    names = list(dict.fromkeys(data["condition"]))
    table = data.pivot_table(index="condition", columns="other", values="dissimilarity").loc[names, names]
    image = axes.imshow(table.to_numpy(), cmap="magma", interpolation="nearest")
    assert axes.figure is not None
    axes.figure.colorbar(image, ax=axes, label="dissimilarity", fraction=0.05, pad=0.03)
    axes.spines[:].set_visible(False)
    # Names are written while they can be read.
    every = -(-len(names) // 24)
    place = range(0, len(names), every)
    axes.set_xticks(place, names[::every], rotation=60, ha="right", rotation_mode="anchor", fontsize=7)
    axes.set_yticks(place, names[::every], fontsize=7)


def draw_similarity(axes: Axes, table: pd.DataFrame, summary: pd.DataFrame, kinds: Sequence[str] | None = None) -> None:
    """Draw one measure of similarity by pair of groups: dots are pairs of networks, black means over subjects.

    Bars are 95% intervals over subjects; grey bands reach from the mean of the null to its 95th percentile.

    Parameters
    ----------
    axes : to draw on.
    table, summary : one measure of ``similarity_table``, and its ``similarity_summary``.
    kinds : which pairs of groups to draw, in order, as "trained – untrained"; all by default.
    """
    table, summary = (each.assign(kind=_kinds(each)) for each in (table, summary))
    shown = list(kinds) if kinds is not None else list(summary["kind"])
    generator = np.random.default_rng(0)
    for position, kind in enumerate(shown):
        value = table.loc[table["kind"] == kind, "value"].to_numpy()
        beside = position + generator.uniform(-0.22, 0.22, len(value))
        axes.scatter(value, beside, s=7, color=CYCLE[position % len(CYCLE)], alpha=0.5, lw=0)
        numbers = summary.loc[summary["kind"] == kind, ["mean", "low", "high", "null_mean", "null_bound"]].to_numpy()
        mean, low, high, expected, bound = numbers[0]
        null = (expected, position - 0.35), bound - expected, 0.7
        axes.add_patch(Rectangle(*null, color=COLOURS["grey"], alpha=0.35, lw=0, label=None if position else "null"))
        axes.plot([low, high], [position, position], color=COLOURS["black"], lw=1.6)
        axes.scatter(mean, position, s=30, color=COLOURS["black"], zorder=3, label=None if position else "mean")
    axes.set_yticks(range(len(shown)), shown)
    axes.set(xlabel=str(table["measure"].iloc[0]), ylim=(len(shown) - 0.4, -0.6))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, handlelength=1)


def _kinds(table: pd.DataFrame) -> list[str]:
    """Name the two groups of each row, and whether both networks are the same subject."""
    columns = (table[name].to_list() for name in ("group", "other_group", "same_subject"))
    return [f"{one} – {other}{', same subject' if same else ''}" for one, other, same in zip(*columns, strict=True)]

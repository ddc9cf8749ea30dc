"""Panels on mazes: steps by visit, ways through a maze as they are walked, what is known of the goal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from pfc_metarl.figures.style import COLOURS

# Frames for which an animation rests where the goal is reached.
REST = 4

# Marks of where a path starts and of its goal.
START: dict[str, Any] = {"marker": "o", "ms": 9, "mfc": "white", "mec": COLOURS["black"], "mew": 1.4}
GOAL: dict[str, Any] = {"marker": "*", "ms": 17, "mfc": COLOURS["orange"], "mec": COLOURS["black"], "mew": 0.8}

# Where the colours of a path's first and last step stand on the scale.
SHADES = (0.1, 0.95)

# Steps of the trail that an animation draws behind the subject.
TRAIL = 12


def draw_visits(
    axes: Axes, data: pd.DataFrame, colours: Mapping[str, str], levels: Mapping[str, tuple[float, str]]
) -> None:
    """Draw steps to the goal by visit, with 95% intervals over subjects, on a logarithmic scale.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition visit steps low high``.
    colours : per condition, in the order of the legend.
    levels : by name, a number of steps and the style of the line that stands for it.
    """
    _curves(axes, data, "steps", colours)
    for name, (steps, line) in levels.items():
        axes.axhline(steps, color=COLOURS["grey"], lw=1.2, ls=line, zorder=0, label=f"{name} {steps:.3g}")
    axes.set_yscale("log")
    ticks = [5, 10, 20, 40, 80, 160]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xticks(np.unique(np.asarray(data["visit"])))
    lowest = min(float(np.asarray(data["steps"]).min()), *(steps for steps, _ in levels.values()))
    axes.set(xlabel="visit of the goal", ylabel="steps to the goal", ylim=(0.8 * lowest, None))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_knowledge(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how well the goal's place is read from the state when a visit begins, with 95% intervals over subjects.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``condition visit share low high``; the first condition leads, any other is its null.
    """
    conditions = list(dict.fromkeys(data["condition"]))
    colours = [COLOURS["blue"], *[COLOURS["grey"]] * (len(conditions) - 1)]
    _curves(axes, data, "share", dict(zip(conditions, colours, strict=True)))
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, ls=":", zorder=0)
    axes.set_xticks(np.unique(np.asarray(data["visit"])))
    axes.set(xlabel="visit that begins", ylabel="explained variance")
    axes.legend(loc="best")


def draw_walls(axes: Axes, walls: pd.DataFrame) -> None:
    """Draw a maze, cells one unit wide.

    Parameters
    ----------
    axes : to draw on.
    walls : columns ``row column``, one row per block of wall; the picture's blocks are numbered from 0.
    """
    picture = _picture(walls)
    horizontal = picture[::2, 1::2]
    vertical = picture[1::2, ::2]
    lines = [[(column, row), (column + 1, row)] for row, column in np.argwhere(horizontal)]
    lines += [[(column, row), (column, row + 1)] for row, column in np.argwhere(vertical)]
    axes.add_collection(LineCollection(lines, colors=COLOURS["black"], lw=2.0, capstyle="round"))
    _frame(axes, len(picture) // 2)


def draw_grid(axes: Axes, side: int) -> None:
    """Draw an open grid of so many cells along each side, cells one unit wide."""
    for edge in range(side + 1):
        outer = edge in (0, side)
        look = {"color": COLOURS["black"], "lw": 2.0} if outer else {"color": COLOURS["grey"], "lw": 0.4, "alpha": 0.6}
        axes.plot([0, side], [edge, edge], **look, solid_capstyle="round", zorder=0)
        axes.plot([edge, edge], [0, side], **look, solid_capstyle="round", zorder=0)
    _frame(axes, side)


def draw_path(axes: Axes, path: pd.DataFrame) -> None:
    """Draw one visit's way from the start (circle) to the goal (star), its colour going from early to late.

    Parameters
    ----------
    axes : to draw on, after the walls.
    path : columns ``step row column`` of cells, in order; the last one is the goal, unless columns ``goal_row
        goal_column`` tell where else it is.
    """
    points, goal = _centres(path), _centres(path)[-1]
    if "goal_row" in path:
        goal = path[["goal_column", "goal_row"]].to_numpy(float)[-1] + 0.5
    # A little aside, later steps more, so that a way walked twice is seen twice.
    aside = np.linspace(-0.12, 0.12, len(points))[:, None]
    shown = points + aside
    segments = np.stack([shown[:-1], shown[1:]], axis=1)
    shades = colormaps["viridis_r"](np.linspace(*SHADES, max(len(segments), 1)))
    axes.add_collection(LineCollection(list(segments), colors=shades, lw=2.2, capstyle="round"))
    _mark(axes, points[0], goal)


def explain_paths(
    figure: Figure | SubFigure, place: Literal["outside lower left", "outside lower center"] = "outside lower center"
) -> None:
    """Explain the marks and colours of `draw_path` below all panels."""
    handles = [
        Line2D([], [], ls="", **START, label="start"),
        Line2D([], [], ls="", **GOAL, label="goal"),
        *(
            Line2D([], [], color=colormaps["viridis_r"](shade), lw=2.2, label=f"{name} step")
            for name, shade in zip(("first", "last"), SHADES, strict=True)
        ),
    ]
    figure.legend(handles=handles, loc=place, ncols=len(handles))


def visit_frames(walls: pd.DataFrame, paths: pd.DataFrame) -> Iterator[Figure]:
    """Draw an episode step by step: the subject with its trail, and how many steps each visit took.

    Parameters
    ----------
    walls : as for `draw_walls`.
    paths : columns ``visit step row column``, in order; each visit ends at the goal.
    """
    figure = Figure(figsize=(3.6, 4.1), dpi=80)
    axes = figure.add_axes((0.03, 0.02, 0.94, 0.84))
    draw_walls(axes, walls)
    every = _centres(paths)
    _mark(axes, every[0], every[-1])
    trail = LineCollection([], colors=COLOURS["blue"], lw=3, capstyle="round")
    axes.add_collection(trail)
    (subject,) = axes.plot([], [], "o", ms=13, color=COLOURS["blue"])
    heading = figure.text(0.05, 0.95, "", fontsize=11, va="center", fontweight="bold")
    before = figure.text(0.05, 0.895, "", fontsize=9, va="center", color=COLOURS["grey"])
    finished: list[str] = []
    for visit, path in paths.groupby("visit", sort=False):
        points = _centres(path)
        for step, (across, down) in enumerate(points):
            past = points[max(0, step - TRAIL) : step + 1]
            trail.set_segments(list(np.stack([past[:-1], past[1:]], axis=1)))
            fading = np.linspace(0.1, 0.8, len(past) - 1)
            trail.set_color(list(to_rgba_array([COLOURS["blue"]] * len(fading), fading)))
            subject.set_data([across], [down])
            heading.set_text(f"visit {visit}: step {step}")
            before.set_text("earlier visits: " + (", ".join(finished) or "none"))
            for _ in range(REST if step in (0, len(points) - 1) else 1):
                yield figure
        finished.append(f"{len(points) - 1} steps")


def _frame(axes: Axes, side: int) -> None:
    """Show all cells, rows downwards, and nothing around them."""
    axes.set(xlim=(-0.1, side + 0.1), ylim=(side + 0.1, -0.1), aspect="equal")
    axes.set_axis_off()


def _curves(axes: Axes, data: pd.DataFrame, name: str, colours: Mapping[str, str]) -> None:
    for condition, colour in colours.items():
        own = data[data["condition"] == condition]
        visit, mean, low, high = (np.asarray(own[column]) for column in ("visit", name, "low", "high"))
        axes.plot(visit, mean, color=colour, marker="o", ms=4, label=condition)
        axes.fill_between(visit, low, high, color=colour, alpha=0.2, lw=0)


def _picture(walls: pd.DataFrame) -> np.ndarray:
    rows, columns = (np.asarray(walls[name]) for name in ("row", "column"))
    picture = np.zeros((rows.max() + 1, columns.max() + 1), bool)
    picture[rows, columns] = True
    return picture


def _centres(path: pd.DataFrame) -> Float[np.ndarray, "step 2"]:
    """Middle of each cell, across and down."""
    return path[["column", "row"]].to_numpy(float) + 0.5


def _mark(axes: Axes, start: Float[np.ndarray, " 2"], goal: Float[np.ndarray, " 2"]) -> None:
    axes.plot(*start, **START, zorder=3)
    axes.plot(*goal, **GOAL, zorder=3)

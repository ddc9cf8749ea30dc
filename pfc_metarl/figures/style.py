"""One look for all figures: readable on a slide, and for readers who see few colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.animation import PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.base.files import unwritable

# Okabe and Ito's palette: told apart with any common colour vision.
COLOURS = {
    "vermilion": "#D55E00",
    "blue": "#0072B2",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#222222",
    "grey": "#8A8A8A",
}

_SETTINGS: dict[Any, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    # Text stays text in an SVG, and the same figure gives the same file.
    "svg.fonttype": "none",
    "svg.hashsalt": "pfc_metarl",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style within this block."""
    with mpl.rc_context(_SETTINGS):
        yield


def letter(axes: Axes, text: str) -> None:
    """Put a panel's letter above its upper left corner."""
    axes.text(-0.02, 1.06, text, transform=axes.transAxes, fontsize=13, fontweight="bold", ha="right", va="bottom")


def mark_below(axes: Axes, place: float, text: str, colour: str) -> None:
    """Say at the lower edge of a panel what lies below it, above a triangle that points there.

    Parameters
    ----------
    axes : to draw on.
    place : where along the edge, from 0 to 1.
    text : what lies below.
    colour : of the text and the triangle.
    """
    axes.text(place, 0.01, f"{text}\n▼", transform=axes.transAxes, ha="center", va="bottom", fontsize=7.5, color=colour)


def save_figure(figure: Figure, folder: Path, name: str = "figure") -> None:
    """Write PNG and SVG.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    with mpl.rc_context(_SETTINGS):
        for ending in ("png", "svg"):
            path = folder / f"{name}.{ending}"
            try:
                figure.savefig(path, metadata={"Date": None} if ending == "svg" else None)
            except OSError as error:
                raise unwritable(path, error) from None


def save_animation(frames: Iterable[Figure], folder: Path, rate: int = 6, name: str = "animation") -> None:
    """Write a GIF.

    Parameters
    ----------
    frames : one figure, handed over again and again as it changes.
    folder : to write into.
    rate : frames per second.
    name : of the file, without its ending.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path, writer = folder / f"{name}.gif", PillowWriter(fps=rate)
    with mpl.rc_context({**_SETTINGS, "savefig.dpi": "figure"}):
        coming = iter(frames)
        figure = next(coming)
        try:
            with writer.saving(figure, str(path), dpi=figure.dpi):
                writer.grab_frame()
                for _ in coming:
                    writer.grab_frame()
        except OSError as error:
            raise unwritable(path, error) from None

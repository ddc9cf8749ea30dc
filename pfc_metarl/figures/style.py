"""One look for all figures: readable on a slide, and for readers who see few colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
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

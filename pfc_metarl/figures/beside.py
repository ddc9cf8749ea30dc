"""Figures of the same panels beside each other, each under a title and all with the same axes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pfc_metarl.base.files import write_atomically
from pfc_metarl.figures.style import style

# Room for the titles above the figures and the size of their letters, in points.
STRIP, LETTERS = 30, 13


def save_beside(figures: Mapping[str, Figure], folder: Path, name: str) -> None:
    """Write figures side by side, as PNG and as SVG.

    Parameters
    ----------
    figures : by title, of the same panels. Their axes are given common limits.
    folder, name : of the files to write.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    _share_limits(list(figures.values()))
    with style():
        columns = [_under(title, figure) for title, figure in figures.items()]
        drawings = {title: _drawing(figure) for title, figure in figures.items()}
    height = max(len(column) for column in columns)
    white = [np.pad(each, ((0, height - len(each)), (0, 0), (0, 0)), constant_values=255) for each in columns]
    picture = io.BytesIO()
    Image.fromarray(np.hstack(white)).save(picture, "png")
    write_atomically(folder / f"{name}.png", picture.getvalue())
    write_atomically(folder / f"{name}.svg", _nested(drawings).encode())


def _share_limits(figures: Sequence[Figure]) -> None:
    """Let each panel show the same range in all figures, so that what differs is what was drawn."""
    for panels in zip(*(figure.axes for figure in figures), strict=True):
        for limits, change in (("xlim", "set_xlim"), ("ylim", "set_ylim")):
            ends = np.array([axes.properties()[limits] for axes in panels])
            # An axis that runs backwards goes on doing so.
            reach = (ends.min(), ends.max()) if ends[0, 0] <= ends[0, 1] else (ends.max(), ends.min())
            for axes in panels:
                getattr(axes, change)(reach)


def _under(title: str, figure: Figure) -> np.ndarray:
    """A figure's pixels under its title."""
    resolution = float(mpl.rcParams["savefig.dpi"])
    strip = Figure(figsize=(figure.get_figwidth(), STRIP / 72))
    strip.text(0.5, 0.5, title, fontsize=LETTERS, weight="bold", ha="center", va="center", parse_math=False)
    return np.vstack([_pixels(each, resolution) for each in (strip, figure)])


def _pixels(figure: Figure, resolution: float) -> np.ndarray:
    figure.set_dpi(resolution)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _drawing(figure: Figure) -> str:
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def _nested(drawings: Mapping[str, str]) -> str:
    """One drawing that holds others side by side.

    Matplotlib's identifiers are hashes of what they name: the same one in two drawings means the same thing.
    """
    parts: list[str] = []
    across = highest = 0.0
    for title, drawing in drawings.items():
        opening = re.search(r'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt"[^>]*>', drawing)
        assert opening is not None, "matplotlib measures its drawings in points"
        width, height = float(opening[1]), float(opening[2])
        parts.append(
            f'<text x="{across + width / 2:g}" y="{STRIP * 0.7:g}" text-anchor="middle" font-weight="bold" '
            f'font-size="{LETTERS}" font-family="DejaVu Sans, sans-serif">{escape(title)}</text>\n'
            f'<svg x="{across:g}" y="{STRIP}" width="{width:g}" height="{height:g}">{drawing[opening.end() :]}'
        )
        across, highest = across + width, max(highest, STRIP + height)
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"'
    size = f'width="{across:g}pt" height="{highest:g}pt" viewBox="0 0 {across:g} {highest:g}"'
    return "\n".join([f"<svg {spaces} {size}>", '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"])

"""From sections to one HTML file that needs nothing else: no network, no folder beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import matplotlib as mpl
import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from pfc_metarl.figures.style import style
from pfc_metarl.probe.section import Section


def render(title: str, facts: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Write the report.

    Parameters
    ----------
    title : heading of the page.
    facts : what was probed and with what, shown under the heading.
    sections : in order.

    Returns
    -------
    HTML, with its style and all figures inside.
    """
    template = files("pfc_metarl.probe").joinpath("report.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters.update(picture=picture, table=table)
    return page.from_string(template).render(title=title, facts=facts, sections=sections)


def picture(figure: Figure) -> str:
    """Turn a figure into the address of an image that holds its own bytes."""
    written = io.BytesIO()
    with style(), mpl.rc_context({"savefig.dpi": 160}):
        figure.savefig(written, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode("ascii")


def table(content: pd.DataFrame) -> Markup:
    """Turn a table into HTML; numbers have three significant digits."""
    html = content.to_html(index=False, border=0, float_format=lambda number: f"{number:.3g}", na_rep="–", escape=True)
    return Markup(html)

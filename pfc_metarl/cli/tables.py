"""Tables for a terminal."""

from __future__ import annotations

import shutil
import textwrap

import pandas as pd

_MARKS = {"replicated": "yes", "partly": "partly", "not replicated": "NO"}


def claims_table(claims: pd.DataFrame) -> str:
    """Lay out claims: the verdict, then what is claimed, what was measured and by which rule."""
    width = min(shutil.get_terminal_size((110, 24)).columns, 120)
    lines = [f"{'replicated?':<12} claim", "-" * width]
    for row in claims.to_dict("records"):
        lines += _wrapped(_MARKS[row["verdict"]], row["statement"], width)
        lines += _wrapped("", f"measured: {row['measured']}", width)
        lines += _wrapped("", f"paper: {row['paper']}; reference: {row['reference']}", width)
        if row["failed"]:
            lines += _wrapped("", f"failed: {row['failed']}", width)
    counts = claims["verdict"].value_counts()
    lines += ["-" * width, ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in _MARKS)]
    return "\n".join(lines)


def _wrapped(mark: str, text: str, width: int) -> list[str]:
    """Wrap text beside a mark in the first column."""
    return textwrap.wrap(text, width, initial_indent=f"{mark:<12} ", subsequent_indent=" " * 15)

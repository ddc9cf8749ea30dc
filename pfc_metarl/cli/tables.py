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


def comparison_table(comparison: pd.DataFrame) -> str:
    """Lay out the claims' measures without and with interventions; the verdict is that of the control."""
    width = min(shutil.get_terminal_size((110, 24)).columns, 120)
    lines = [f"{'control':<12} claim, and its measures: control -> intervened (difference, over the same subjects)"]
    lines.append("-" * width)
    for _, rows in comparison.groupby("claim", sort=False):
        measures = rows.to_dict("records")
        lines += _wrapped(_MARKS[measures[0]["verdict"]], measures[0]["statement"], width)
        for row in measures:
            control, intervened, difference = (
                f"{row[f'{name}_mean']:.3g} [{row[f'{name}_low']:.3g}, {row[f'{name}_high']:.3g}]"
                for name in ("control", "intervened", "difference")
            )
            lines += _wrapped("", f"{row['measure']}: {control} -> {intervened} ({difference})", width)
    return "\n".join([*lines, "-" * width])


def _wrapped(mark: str, text: str, width: int) -> list[str]:
    """Wrap text beside a mark in the first column."""
    return textwrap.wrap(text, width, initial_indent=f"{mark:<12} ", subsequent_indent=" " * 15)

"""``pfc-metarl scorecard``: what has been claimed, measured and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from tyro.conf import FlagCreatePairsOff

from pfc_metarl.cli.options import parse
from pfc_metarl.cli.tables import claims_table
from pfc_metarl.studies.scorecard import measure_scorecard, refuse_changes, stored_scorecard, write_scorecard

DESCRIPTION = """\
Print every claim of every study: what the paper says, what was measured (mean and 95% interval
over subjects), the oracle or chance level, the verdict, and the command that re-makes it.

example: pfc-metarl scorecard --format csv"""


@dataclass(frozen=True)
class ScorecardOptions:
    """Options of ``scorecard``."""

    format: Literal["table", "csv", "json", "html", "markdown"] = "table"
    """How to print it. Example: --format csv"""

    check: FlagCreatePairsOff[bool] = False
    """Evaluate the bundled networks again and fail if a stored verdict no longer holds."""

    write: Path | None = None
    """Evaluate the bundled networks again and write the result here. Example: --write data/scorecard.csv"""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bars."""


def run(words: Sequence[str]) -> int:
    """Print, check or write the scorecard."""
    options = parse(ScorecardOptions, words, "scorecard", DESCRIPTION)
    scorecard = measure_scorecard(options.quiet) if options.check or options.write else stored_scorecard()
    if options.check:
        refuse_changes(stored_scorecard(), scorecard)
    if options.write:
        write_scorecard(scorecard, options.write)
    print(_formatted(scorecard, options.format))
    return 0


def _formatted(scorecard: pd.DataFrame, how: str) -> str:
    if how == "csv":
        return scorecard.to_csv(index=False).rstrip()
    if how == "json":
        return str(scorecard.to_json(orient="records", indent=2))
    if how == "html":
        return scorecard.to_html(index=False)
    if how == "markdown":
        return markdown(scorecard)
    parts = (f"{command}\n{claims_table(own)}" for command, own in scorecard.groupby("command", sort=False))
    return "\n\n".join(parts)


def markdown(scorecard: pd.DataFrame) -> str:
    """Lay the scorecard out as the README shows it; the numbers are those of each claim's first measure."""
    lines = ["| study | claim | paper | measured, 95% interval, n | reference | verdict |", "|---|---|---|---|---|---|"]
    for row in scorecard.to_dict("records"):
        measured = f"{row['mean']:.3g} [{row['low']:.3g}, {row['high']:.3g}], {row['subjects']}"
        cells = (row["study"], row["statement"], row["paper"], measured, row["reference"], row["verdict"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)

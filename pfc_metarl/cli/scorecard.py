"""``pfc-metarl scorecard``: what has been claimed, measured and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from tyro.conf import FlagCreatePairsOff

from pfc_metarl.base.files import refuse_unwritable
from pfc_metarl.cli.options import parse
from pfc_metarl.cli.tables import claims_table
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.scorecard import (
    measure_scorecard,
    only,
    refuse_changes,
    renewed,
    stored_scorecard,
    write_scorecard,
)

DESCRIPTION = """\
Print every claim of every study: what the paper says, what was measured (mean and 95% interval
over subjects), the oracle or chance level, the verdict, and the command that re-makes it.

example: pfc-metarl scorecard --check --studies fig1 fig2"""


@dataclass(frozen=True)
class ScorecardOptions:
    """Options of ``scorecard``."""

    format: Literal["table", "csv", "json", "html", "markdown"] = "table"
    """How to print it. Example: --format csv"""

    check: FlagCreatePairsOff[bool] = False
    """Evaluate the bundled networks again and fail if a stored verdict no longer holds."""

    write: Path | None = None
    """Evaluate the bundled networks again and write the result here, all other studies as they are stored.
    Example: --write data/scorecard.csv"""

    studies: tuple[str, ...] = ()
    """Print, check or evaluate only these. Example: --studies fig1 fig2"""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bars."""


def run(words: Sequence[str]) -> int:
    """Print, check or write the scorecard."""
    options = parse(ScorecardOptions, words, "scorecard", DESCRIPTION)
    studies = [find_study(name).name for name in options.studies] or list(STUDIES)
    scorecard = only(stored_scorecard(), studies)
    if options.write:
        refuse_unwritable(options.write, "--write")
    if options.check or options.write:
        stored, scorecard = scorecard, measure_scorecard(studies, options.quiet)
        if options.check:
            refuse_changes(stored, scorecard)
    if options.write:
        write_scorecard(renewed(stored_scorecard(), scorecard), options.write)
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
        # A bar of its own, such as those of |x|, would end the cell.
        escaped = [str(cell).replace("|", r"\|") for cell in cells]
        lines.append(f"| {' | '.join(escaped)} |")
    return "\n".join(lines)

"""Tables as markdown, put into the page of the documentation between their marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from benchmarks import scaling
from benchmarks.targets import judge


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """All tables in a folder, by name."""
    return {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}


def markdown(table: pd.DataFrame) -> str:
    """A table in markdown; numbers have three significant digits."""
    rows = [list(table.columns), ["---"] * table.shape[1], *([_text(cell) for cell in row] for row in table.to_numpy())]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        if pd.isna(cell):
            return ""
        return f"{cell:.0f}" if cell.is_integer() or abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)


def fill(page: str, tables: Mapping[str, pd.DataFrame]) -> str:
    """Put every table between its marks, ``<!-- table NAME -->`` and ``<!-- end -->``.

    A mark without a table, because that part was never measured, says so.
    """
    shown = {**tables, "targets": judge(tables)}
    if "trials" in tables:
        shown["lines"] = _lines(tables["trials"])

    def between(found: re.Match[str]) -> str:
        name = found[1]
        content = markdown(shown[name]) if name in shown else "Not measured yet."
        return f"<!-- table {name} -->\n\n{content}\n\n<!-- end -->"

    return re.sub(r"<!-- table ([\w-]+) -->.*?<!-- end -->", between, page, flags=re.DOTALL)


def _lines(trials: pd.DataFrame) -> pd.DataFrame:
    """Straight lines over trials, and the memory of one more trial."""
    time, memory = (scaling.straight_line(trials, column) for column in ("seconds", "peak memory MB"))
    return pd.DataFrame(
        [
            {"over trials": "seconds per update", **time},
            {"over trials": "peak memory, MB", **memory},
            {"over trials": "bytes per subject, episode and trial", "slope": scaling.bytes_per_trial(trials)},
        ]
    )


if __name__ == "__main__":
    # The committed page, from the committed tables.
    root = Path(__file__).parents[1]
    committed = root / "docs" / "performance.md"
    committed.write_text(fill(committed.read_text(), read_tables(root / "benchmarks" / "results")))

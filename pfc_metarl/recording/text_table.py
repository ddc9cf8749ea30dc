"""A CSV file as text, with the line of each row, so that a complaint can say where."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pfc_metarl.base.errors import StoredFileError, TableError
from pfc_metarl.recording.columns import MISSING, Column

SEPARATORS = ",;\t"

# The number that stands for a missed answer; as text it may also be 'nan', '-1.0' and the like.
MISSED = -1


class TextTable:
    """Rows and columns as they are written.

    Parameters
    ----------
    path : CSV with a header; commas, semicolons or tabs; ``.gz`` is unpacked.

    Attributes
    ----------
    lines : of the file, where each row stands.
    columns : the table's name of a column -> its texts, stripped of blanks.
    names : our name of a column -> the table's, for the columns that are there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: dict[str, str] = {}
        header, rows, lines = self._read()
        wrong = next((line for line, row in zip(lines, rows, strict=True) if len(row) != len(header)), None)
        if wrong is not None:
            count = len(rows[lines.index(wrong)])
            raise TableError(f"{path}, line {wrong}: {count} fields where the header has {len(header)}: mend the line")
        self.lines = np.array(lines)
        self.columns = dict(zip(header, zip(*rows, strict=True), strict=True))

    def _read(self) -> tuple[list[str], list[list[str]], list[int]]:
        """Header, rows that are not empty, and the line on which each ends."""
        opened = gzip.open if self.path.suffix == ".gz" else open
        try:
            with opened(self.path, "rt", encoding="utf-8-sig", newline="") as file:
                first = file.readline()
                names = csv.reader([first], delimiter=max(SEPARATORS, key=first.count))
                header = [name.strip() for name in next(names, [])]
                reader = csv.reader(file, delimiter=max(SEPARATORS, key=first.count))
                found = [(reader.line_num + 1, [text.strip() for text in row]) for row in reader if row]
        except UnicodeDecodeError:
            advice = "save it as CSV in UTF-8"
            raise StoredFileError(f"{self.path} cannot be read as a table (it is not UTF-8 text): {advice}") from None
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
            raise StoredFileError(f"{self.path} cannot be read as a table ({reason}): give a CSV file") from None
        if not found:
            raise TableError(f"{self.path} holds no trials: give a header and one row per trial")
        if len(set(header)) < len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise TableError(f"{self.path} has two columns '{twice}': rename one of them")
        lines, rows = zip(*found, strict=True)
        return header, list(rows), list(lines)

    def name(self, ours: Sequence[str], given: Mapping[str, str]) -> None:
        """Find our columns in the table.

        Parameters
        ----------
        ours : every column that the task may have.
        given : our name -> the table's where they differ; "" leaves a column out.
        """
        for name, theirs in given.items():
            if name not in ours:
                raise TableError(f"'{name}' is no column of this task: the columns are {', '.join(ours)}")
            if theirs and theirs not in self.columns:
                raise TableError(f"{self.path} has no column '{theirs}': it has {', '.join(self.columns)}")
        wanted = {name: given.get(name, name) for name in ours}
        self.names = {name: theirs for name, theirs in wanted.items() if theirs in self.columns}

    def demand(self, group: Sequence[str]) -> None:
        """Refuse a table that has none of a group of columns."""
        if not any(name in self.names for name in group):
            quoted = " or ".join(f"'{name}'" for name in group)
            raise TableError(
                f"{self.path} has no column {quoted}: it has {', '.join(self.columns)}; "
                f"say which one it is with --columns {group[0]}=NAME"
            )

    def texts(self, name: str) -> tuple[str, ...]:
        """A column as written; no row of it may be empty."""
        texts = self.columns[self.names[name]]
        if "" in texts:
            raise self.error(texts.index(""), name, "is empty: every row needs it")
        return texts

    def numbers(self, name: str, column: Column) -> Float[np.ndarray, " row"]:
        """A column as numbers, NaN where nothing was answered."""
        texts = self.columns[self.names[name]]
        known = {text: _number(text.casefold(), column) for text in set(texts)}
        if None in known.values():
            row = next(row for row, text in enumerate(texts) if known[text] is None)
            allowed = "a number" if column.words is None else ", ".join(column.words)
            raise self.error(row, name, f"is not understood: write {allowed}; or -1, or nothing, where missed")
        return np.array([known[text] for text in texts], dtype=float)

    def error(self, row: int, name: str, sentence: str) -> TableError:
        """Say what is wrong with a column in a row, and where that is."""
        theirs = self.names.get(name, name)
        held = f" '{self.columns[theirs][row]}'" if theirs in self.columns else ""
        return TableError(f"{self.path}, line {self.lines[row]}, column '{theirs}':{held} {sentence}")


def _number(text: str, column: Column) -> float | None:
    """What a text stands for: NaN where it says that nothing was answered, None where it is not understood."""
    if column.words is not None and text in column.words:
        return column.words[text]
    try:
        number = float(text)
    except ValueError:
        return np.nan if text in MISSING else None
    if np.isnan(number) or number == MISSED:
        return np.nan
    if column.words is not None:
        return column.words.get(f"{number:g}")
    return number if np.isfinite(number) else None

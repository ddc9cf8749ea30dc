"""Recordings as CSV and Parquet: tidy, one row per subject, episode and step, written some episodes at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import xarray as xr

from pfc_metarl.base.extras import needed
from pfc_metarl.export.output import Advance, unheard, written_whole
from pfc_metarl.export.steps import STRUCTURE, one_subject, step_table, subjects_of, tabular
from pfc_metarl.recording.streaming import pieces


def write_csv(
    recording: xr.Dataset,
    path: Path,
    subject: int | None = None,
    activity: bool = False,
    advance: Advance = unheard,
) -> None:
    """Write a recording as CSV.

    Parameters
    ----------
    recording : from memory or opened by ``open_recording``.
    path : of the file.
    subject : index of one subject; None exports all.
    activity : also write the units, one column each.
    advance : told the bytes of each piece.

    Raises
    ------
    ConfigurationError
        If there is no such subject.
    OutputError
        If the file cannot be written.
    """
    with written_whole(path) as place, place.open("w", encoding="utf-8", newline="") as file:
        for number, table in enumerate(_tables(recording, subject, activity, advance)):
            table.to_csv(file, index=False, header=number == 0)


def write_parquet(
    recording: xr.Dataset,
    path: Path,
    subject: int | None = None,
    activity: bool = False,
    advance: Advance = unheard,
) -> None:
    """Write a recording as Parquet; the recording's attributes stand in the schema under ``pfc_metarl``, as JSON.

    Parameters, errors: as for ``write_csv``; ConfigurationError also if pyarrow is missing.
    """
    arrow, parquet = needed("pyarrow", "parquet"), needed("pyarrow.parquet", "parquet")
    note = {"pfc_metarl": json.dumps(described(recording))}
    with written_whole(path) as place:
        writer = None
        try:
            for table in _tables(recording, subject, activity, advance):
                rows = arrow.Table.from_pandas(table, preserve_index=False)
                rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), **note})
                writer = writer or parquet.ParquetWriter(place, rows.schema)
                writer.write_table(rows)
        finally:
            if writer is not None:
                writer.close()


def described(recording: xr.Dataset) -> dict[str, object]:
    """Attributes of a recording as plain numbers, texts and lists."""
    return {str(name): value.tolist() if hasattr(value, "tolist") else value for name, value in recording.attrs.items()}


def _tables(recording: xr.Dataset, subject: int | None, activity: bool, advance: Advance) -> Iterator[pd.DataFrame]:
    names = tabular(recording, activity)
    kept = recording[[*names, *(name for name in STRUCTURE if name in recording)]]
    for index in subjects_of(recording, subject):
        for piece in pieces(one_subject(kept, index)):
            yield step_table(piece, names)
            advance(piece.nbytes)

"""What a study gave, as files in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pfc_metarl.base.files import write_atomically
from pfc_metarl.figures.style import save_animation, save_figure
from pfc_metarl.recording.files import save_recording
from pfc_metarl.studies.claim import Judgement
from pfc_metarl.studies.study import Evaluation, Study

# Of every result; some have further tables, an animation, or a comparison with intervened networks.
FILES = ("figure.png", "figure.svg", "figure_data.csv", "claims.csv", "claims.json", "measures.csv", "recording.nc")


def write_evaluation(study: Study, evaluation: Evaluation, folder: Path) -> None:
    """Write figure, animation, drawn data, further tables, every measure per subject, nulls among them, recordings."""
    save_figure(study.plot(evaluation), folder)
    if study.animate is not None:
        save_animation(study.animate(evaluation), folder)
    drawn = pd.concat([table.assign(panel=panel) for panel, table in evaluation.panels.items()], ignore_index=True)
    write_table(drawn.loc[:, ["panel", *drawn.columns.drop("panel")]], folder / "figure_data.csv")
    for name, table in evaluation.tables.items():
        write_table(table, folder / f"{name}.csv")
    measures = [
        {"measure": name, "position": position, "value": value}
        for name, values in evaluation.measures.items()
        for position, value in enumerate(values)
    ]
    write_table(pd.DataFrame(measures), folder / "measures.csv")
    save_recording(folder / "recording.nc", evaluation.recordings)


def write_claims(judgements: Sequence[Judgement], folder: Path) -> pd.DataFrame:
    """Write the claims with their verdicts as a table and, in more detail, as JSON; return the table."""
    claims = pd.DataFrame([judgement.as_row() for judgement in judgements])
    write_table(claims, folder / "claims.csv")
    entries = [
        {**judgement.as_row(), "measures": {name: vars(value) for name, value in judgement.measured.items()}}
        for judgement in judgements
    ]
    write_json(entries, folder / "claims.json")
    return claims


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV."""
    write_atomically(path, table.to_csv(index=False, float_format="%.6g").encode())


def write_json(content: Mapping[str, Any] | Sequence[Any], path: Path) -> None:
    """Write JSON that a person can read; a path as its text."""
    write_atomically(path, (json.dumps(content, indent=2, default=str) + "\n").encode())

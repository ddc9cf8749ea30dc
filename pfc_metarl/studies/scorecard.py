"""Every claim of every study, as last measured and as measured now."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pandas as pd

from pfc_metarl.base.errors import ScorecardError, StoredFileError
from pfc_metarl.base.files import write_atomically
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.reproduce import EVALUATION_SEED, bundled
from pfc_metarl.studies.study import score


def stored_scorecard() -> pd.DataFrame:
    """Read the scorecard that travels with the package.

    Raises
    ------
    StoredFileError
        If it is missing.
    """
    path = files("pfc_metarl.data") / "scorecard.csv"
    try:
        return pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")), keep_default_na=False)
    except OSError:
        raise StoredFileError(f"no scorecard at {path}: make one with 'pfc-metarl scorecard --write FILE'") from None


def measure_scorecard(studies: Sequence[str], quiet: bool = False) -> pd.DataFrame:
    """Evaluate the bundled networks of some studies and score their claims; one row per claim.

    Raises
    ------
    ConfigurationError
        If there is no such study.
    """
    rows = []
    for name in studies:
        study = find_study(name)
        _, judgements = score(study, bundled(study), EVALUATION_SEED, quiet)
        command = f"pfc-metarl reproduce {name}"
        rows += [{"study": name, **judgement.as_row(), "command": command} for judgement in judgements]
    return pd.DataFrame(rows)


def only(scorecard: pd.DataFrame, studies: Sequence[str]) -> pd.DataFrame:
    """Take out the rows of some studies."""
    return scorecard.loc[scorecard["study"].isin(studies)].reset_index(drop=True)


def renewed(stored: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Put what was measured in the place of what was stored of the same studies, in the order of the registry."""
    kept = stored.loc[~stored["study"].isin(measured["study"])]
    rows = pd.concat([kept, measured])
    return pd.concat([only(rows, [name]) for name in STUDIES], ignore_index=True)


def write_scorecard(scorecard: pd.DataFrame, path: Path) -> None:
    """Write a scorecard as CSV."""
    write_atomically(path, scorecard.to_csv(index=False, float_format="%.6g").encode())


def refuse_changes(stored: pd.DataFrame, measured: pd.DataFrame) -> None:
    """Compare verdicts claim by claim.

    Raises
    ------
    ScorecardError
        If a claim's verdict is another one, or a claim has come or gone.
    """
    before, now = (
        dict(zip(zip(s["study"], s["claim"], strict=True), s["verdict"], strict=True)) for s in (stored, measured)
    )
    for key in before | now:
        if before.get(key) != now.get(key):
            study, claim = key
            raise ScorecardError(
                f"claim '{claim}' of {study} is stored as '{before.get(key, 'absent')}' and measured as "
                f"'{now.get(key, 'absent')}': find the change that moved it, or re-make the scorecard with --write"
            )

"""Populations at earlier stages of their training: which they are, and what was stored of them.

While a study trains its networks, ``reproduce`` hands over those of earlier stages too, as
"label/stage-1" and so on. They are too large to travel with the package; what travels is how
they did, measured after the bundled training.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

import pandas as pd

from pfc_metarl.base.errors import StoredFileError


def stages_of(names: Iterable[str], label: str) -> dict[int, str]:
    """Find the earlier stages of one population among named networks: number -> name, in order."""
    start = f"{label}/stage-"
    return dict(sorted((int(name.removeprefix(start)), name) for name in names if name.startswith(start)))


def stored_stages(study: str, stages: int, subjects: Sequence[int]) -> pd.DataFrame:
    """Read what was stored of the earlier stages of some subjects.

    Parameters
    ----------
    study : whose bundled folder holds ``stages.csv``, with columns ``subject`` and ``stage``.
    stages : number of the last one, which is the trained network itself and left out.
    subjects : index of each.

    Raises
    ------
    StoredFileError
        If the study has none.
    """
    file = files("pfc_metarl.data") / study / "stages.csv"
    try:
        with file.open(encoding="utf-8") as text:
            table = pd.read_csv(text)
    except FileNotFoundError:
        raise StoredFileError(f"{file} is missing: train with --retrain, which measures the stages itself") from None
    return table.loc[(table["stage"] < stages) & table["subject"].isin(list(subjects)), :]

"""Recordings as pynapple objects: what happens over time as Tsd, trials and episodes as IntervalSet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.base.extras import needed
from pfc_metarl.export.output import Advance, unheard, written_whole
from pfc_metarl.export.steps import (
    episode_table,
    one_subject,
    step_variables,
    subjects_of,
    trial_table,
    valid_steps,
)

# pynapple's own distance between intervals of which one begins where the other ends.
GAP_SECONDS = 1e-6


def to_pynapple(recording: xr.Dataset, subject: int, step_seconds: float = 1.0) -> dict[str, Any]:
    """Turn one subject of a recording into pynapple objects, in memory.

    Parameters
    ----------
    recording : from memory or opened by ``open_recording``.
    subject : index of the subject.
    step_seconds : what a step lasts; times are as in ``write_nwb``.

    Returns
    -------
    ``trials`` and ``episodes`` (IntervalSet; what a trial held is metadata), and every variable by name:
    Tsd, or TsdFrame with one column per unit, action and so on. Their time support is the episodes.

    Raises
    ------
    ConfigurationError
        If pynapple is not installed or there is no such subject.
    """
    pynapple = needed("pynapple", "nwb")
    one = one_subject(recording, subject)
    episodes = _intervals(pynapple, episode_table(one, step_seconds))
    objects = {"trials": _intervals(pynapple, trial_table(one, step_seconds)), "episodes": episodes}
    rows = valid_steps(one)
    kinds = {1: pynapple.Tsd, 2: pynapple.TsdFrame}
    for name in step_variables(one):
        if name != "valid":
            values = one[name].values
            values = values.reshape(-1, *values.shape[3:])[rows]
            kind = kinds.get(values.ndim, pynapple.TsdTensor)
            objects[name] = kind(t=rows * step_seconds, d=values, time_support=episodes)
    return objects


def write_pynapple(
    recording: xr.Dataset,
    folder: Path,
    subject: int | None = None,
    step_seconds: float = 1.0,
    advance: Advance = unheard,
) -> None:
    """Write a folder that ``pynapple.load_folder`` opens: per subject a folder, in it an npz per object.

    pynapple keeps the metadata of intervals as a pickle inside the npz: open such folders only where you
    trust who wrote them.

    Parameters
    ----------
    recording, step_seconds : as for ``to_pynapple``; one subject at a time must fit into memory.
    folder : a new one.
    subject : index of one subject; None exports all.
    advance : told the bytes of each subject.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something stands in its place.
    """
    with written_whole(folder) as place:
        for index in subjects_of(recording, subject):
            own = place / f"subject-{index}"
            own.mkdir(parents=True)
            for name, written in to_pynapple(recording, index, step_seconds).items():
                written.save(str(own / f"{name}.npz"))
            advance(sum(variable.nbytes for variable in recording.data_vars.values()) // recording.sizes["subject"])


def _intervals(pynapple: Any, table: pd.DataFrame) -> Any:
    """Turn a table into intervals; those that touch are parted as pynapple would, but without its warning."""
    start = table["start_time"].to_numpy()
    end = np.minimum(table["stop_time"].to_numpy(), np.append(start[1:] - GAP_SECONDS, np.inf))
    # Intervals have columns of their own by these names.
    metadata = table.drop(columns=["start_time", "stop_time"]).rename(
        columns={"start": "task_start", "end": "task_end"}
    )
    return pynapple.IntervalSet(start, end, metadata=metadata)

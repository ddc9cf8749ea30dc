"""A recording of one subject as tables: one row per step that took place, per trial, and per episode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Int

from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.reading import unreadable
from pfc_metarl.recording.streaming import pieces
from pfc_metarl.recording.trials import trial_of_step

AXES = ("subject", "episode", "step")

# What a recording holds besides the task's own variables.
INPUTS = ("observation", "previous_action", "previous_reward")
READOUTS = ("hidden", "cell", "value", "policy", "error")
STRUCTURE = ("valid", "phase", "trial")

# A longer axis is an image; it belongs in an array, not in the columns of a table.
WIDEST = 64


def group_names(path: Path) -> list[str]:
    """Recordings that one file holds as groups, each by its path within the file; none where the file is one recording.

    Groups that hold no steps are left out.

    Raises
    ------
    StoredFileError
        If the file is missing, of another kind, or holds no steps at all.
    """
    try:
        with h5py.File(path) as file:
            names = list(_with_steps(file, ""))
    except OSError as error:
        raise unreadable(path, error) from None
    if not names:
        raise StoredFileError(
            f"{path} holds no steps to export (there are no axes subject, episode and step in it): give a recording of "
            f"'pfc-metarl record', or of a study that keeps steps, which docs/export.md lists"
        )
    return [] if names == [""] else names


def _with_steps(group: h5py.Group, name: str) -> Iterator[str]:
    """Names of a group and of all within it that have the axes of steps, in the order in which they were written."""
    if set(AXES) <= set(group):
        yield name
    for inner, item in group.items():
        if isinstance(item, h5py.Group):
            yield from _with_steps(item, f"{name}/{inner}".removeprefix("/"))


def subjects_of(recording: xr.Dataset, subject: int | None = None) -> list[int]:
    """Indices of the subjects to export: one, or all.

    Raises
    ------
    ConfigurationError
        If the recording has no such subject.
    """
    subjects = [int(index) for index in recording["subject"].values]
    if subject is None:
        return subjects
    if subject not in subjects:
        raise ConfigurationError(f"no subject {subject} in this recording: there is {', '.join(map(str, subjects))}")
    return [subject]


def one_subject(recording: xr.Dataset, subject: int) -> xr.Dataset:
    """Take one subject, its axes in order and its episodes counted from 0; nothing is read yet.

    The attribute ``weight_hashes`` becomes ``weight_hash``; "none" where the subject has no weights.
    """
    subjects_of(recording, subject)
    position = recording.get_index("subject").get_loc(subject)
    hashes = np.atleast_1d(recording.attrs.get("weight_hashes", []))
    others = {name: value for name, value in recording.attrs.items() if name != "weight_hashes"}
    one = recording.isel(subject=[position]).assign_coords(episode=np.arange(recording.sizes["episode"]))
    one.attrs = {**others, "weight_hash": str(hashes[position]) if len(hashes) else "none"}
    return one.transpose(*AXES, ...)


def step_variables(recording: xr.Dataset) -> list[str]:
    """Names of the variables that have a value at every step, whether ``valid`` or not."""
    return [str(name) for name, variable in recording.data_vars.items() if set(AXES) <= set(variable.dims)]


def tabular(recording: xr.Dataset, activity: bool = False) -> list[str]:
    """Names of the variables that fit into columns: images never do, activity only where it is asked for."""
    names = []
    for name in step_variables(recording):
        axes = {axis: size for axis, size in recording[name].sizes.items() if axis not in AXES}
        wanted = activity if "unit" in axes else max(axes.values(), default=1) <= WIDEST
        if wanted and name not in STRUCTURE:
            names.append(name)
    return names


def task_variables(recording: xr.Dataset) -> list[str]:
    """What was done, earned, hidden and believed: all but inputs and readouts."""
    return [name for name in tabular(recording) if name not in (*INPUTS, *READOUTS)]


def valid_steps(recording: xr.Dataset) -> Int[np.ndarray, " row"]:
    """Steps of one subject that took place, counted through all episodes as if each were the longest."""
    if "valid" not in recording:
        return np.arange(recording.sizes["episode"] * recording.sizes["step"])
    return np.flatnonzero(recording["valid"].values)


def step_table(piece: xr.Dataset, names: Sequence[str]) -> pd.DataFrame:
    """Lay out some episodes of one subject, one row per step that took place.

    Parameters
    ----------
    piece : episodes of one subject, as ``one_subject`` gives them.
    names : variables; one with further axes becomes a column per entry, such as ``policy_0``.

    Returns
    -------
    Table with ``subject episode step trial``, ``phase`` where the task has phases, and the variables.
    """
    rows = valid_steps(piece)
    episode, step = np.divmod(rows, piece.sizes["step"])
    columns = {
        "subject": np.full(len(rows), piece["subject"].item()),
        "episode": piece["episode"].values[episode],
        "step": step,
        "trial": trial_of_step(piece)[0, episode, step],
    }
    for name in (*(["phase"] if "phase" in piece else []), *names):
        values = piece[name].values
        flat = values.reshape(-1, *values.shape[len(AXES) :])[rows]
        for entry in product(*map(range, flat.shape[1:])):
            columns["_".join((name, *map(str, entry)))] = flat[(slice(None), *entry)]
    return pd.DataFrame(columns)


def episode_table(recording: xr.Dataset, step_seconds: float) -> pd.DataFrame:
    """Episodes of one subject: when they begin and end, and how many steps they have."""
    steps = recording.sizes["step"]
    episode, taken = np.unique(valid_steps(recording) // steps, return_counts=True)
    start = episode * steps * step_seconds
    stop = start + taken * step_seconds
    return pd.DataFrame({"start_time": start, "stop_time": stop, "episode": episode, "steps": taken})


def trial_table(recording: xr.Dataset, step_seconds: float) -> pd.DataFrame:
    """Trials of one subject, read piece by piece.

    Returns
    -------
    Table with ``start_time stop_time`` in seconds, ``episode``, ``trial`` within the episode, ``steps``,
    ``reward`` (all that the trial earned), and the task's variables: per phase where trials have phases,
    with the time at which each phase begins; else as they are at the trial's last step.
    """
    names = task_variables(recording)
    kept = [*names, *(name for name in STRUCTURE if name in recording)]
    tables = [_trials(step_table(piece, names), piece.sizes["step"], step_seconds) for piece in pieces(recording[kept])]
    return pd.concat(tables, ignore_index=True)


def _trials(table: pd.DataFrame, steps: int, step_seconds: float) -> pd.DataFrame:
    """Join the steps of each trial."""
    key = ["episode", "trial"]
    time = (table["episode"] * steps + table["step"]) * step_seconds
    table = table.drop(columns=["subject", "step"]).assign(time=time)
    whole = table.groupby(key, sort=False, as_index=False).agg(
        start_time=("time", "min"), steps=("time", "size"), reward=("reward", "sum")
    )
    whole["stop_time"] = whole["start_time"] + whole["steps"] * step_seconds
    whole = whole[["start_time", "stop_time", *key, "steps", "reward"]]
    if "phase" in table:
        wide = table.set_index([*key, "phase"]).unstack("phase")
        values = wide.set_axis([_phase_name(*pair) for pair in wide.columns], axis="columns")
    else:
        values = table.drop(columns=["time", "reward"]).drop_duplicates(key, keep="last").set_index(key)
    return whole.join(values, on=key)


def _phase_name(name: str, phase: int) -> str:
    return f"phase_{phase}_time" if name == "time" else f"{name}_phase_{phase}"

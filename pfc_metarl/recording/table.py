"""Tables of people's trials: from CSV to the form that trials of networks have, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Int, Shaped

from pfc_metarl.recording.columns import FAMILIES, KEYS, Column, Values, WrongRow, family_name
from pfc_metarl.recording.text_table import TextTable

TRIAL = ("subject", "episode", "trial")

# What stands where a trial was missed or there is none; other variables hold NaN there.
FILLED: dict[str, int | float | bool] = {
    "choice": -1,
    "state": -1,
    "second_choice": -1,
    "common": False,
    "volatile": False,
    "valid": False,
    "reward": 0.0,
}


@dataclass(frozen=True)
class TrialTable:
    """People's trials, and how to find them in their own table again.

    Attributes
    ----------
    trials : as `read_trials` gives them.
    keys : the table's own columns of subject, session and trial, as written; the index is the line in the file.
    """

    trials: xr.Dataset
    keys: pd.DataFrame

    def tidy(self, values: xr.Dataset) -> pd.DataFrame:
        """Put values over ``subject episode trial`` beside the table's own columns: one row per trial, in its order."""
        names = [str(name) for name in values.data_vars]
        lines = self.trials["line"].values.ravel()
        columns = {name: values[name].transpose(*TRIAL).values.ravel()[lines > 0] for name in names}
        return self.keys.join(pd.DataFrame(columns, index=pd.Index(lines[lines > 0], name="line")))


def read_trials(path: str | Path, task: str, columns: Mapping[str, str] | None = None, arms: int = 2) -> xr.Dataset:
    """Read people's trials.

    Parameters
    ----------
    path : CSV with a header; commas, semicolons or tabs; ``.gz`` is unpacked.
    task : "two-armed-bandit", "two-step", "foraging" or "volatility"; its columns stand in `FAMILIES`.
    columns : our name -> the table's name, where they differ; "" leaves a column out.
    arms : of a bandit.

    Returns
    -------
    Over ``subject episode trial``; an episode is a session. ``choice``: -1 where missed. ``reward``:
    0 where missed. ``valid``: false for missed trials, and past the end of a session that is
    shorter than the longest. ``line``: where each trial stands in the file; 0 past the end of a
    session. What the task adds stands in `FAMILIES`; foraging has ``held_out``, false for people.

    Raises
    ------
    StoredFileError
        If the file cannot be read.
    TableError
        If a column is missing or a row is wrong; it names the column and the line.
    """
    return read_table(path, task, columns, arms).trials


def read_table(path: str | Path, task: str, columns: Mapping[str, str] | None = None, arms: int = 2) -> TrialTable:
    """Read people's trials, and keep what finds them in their own table again; see `read_trials`."""
    task, text = family_name(task), TextTable(Path(path))
    family = FAMILIES[task]
    text.name((*KEYS, *family.columns), columns or {})
    for group in (("subject",), ("trial",), *family.needed):
        text.demand(group)
    present = {name: column for name, column in family.columns.items() if name in text.names}
    if task == "two-armed-bandit":
        present["choice"] = _with_arms(present["choice"], arms)
    values = {name: text.numbers(name, column) for name, column in present.items()}
    _refuse_losses(text)
    needed = [name for group in family.needed for name in group if name in values]
    answered = np.all(np.isfinite([values[name] for name in needed]), axis=0)
    values |= {name: np.where(answered, values[name], np.nan) for name in needed}
    try:
        values = family.derive(values)
    except WrongRow as wrong:
        raise text.error(wrong.row, wrong.column, wrong.sentence) from None
    trials = _padded(text, {**values, "valid": np.where(answered, 1.0, np.nan)})
    trials.attrs = {"task": task, "options": arms if task == "two-armed-bandit" else 2}
    if task == "foraging":
        trials["held_out"] = (("subject", "episode"), np.zeros(trials["valid"].shape[:2], dtype=bool))
    own = {theirs: text.columns[theirs] for theirs in (text.names[name] for name in KEYS if name in text.names)}
    keys = pd.DataFrame(own, index=pd.Index(text.lines, name="line"))
    return TrialTable(trials, keys)


def _with_arms(choice: Column, arms: int) -> Column:
    """A choice among so many arms."""
    return replace(choice, words={**(choice.words or {}), **{str(arm): float(arm) for arm in range(arms)}})


def _refuse_losses(text: TextTable) -> None:
    """Refuse rewards of 1 and -1: each -1 would be taken for a missed response."""
    if "reward" not in text.names:
        return
    texts = text.columns[text.names["reward"]]
    losses = [row for row, each in enumerate(texts) if each in ("-1", "-1.0")]
    if losses and not {"0", "0.0", "false", "no"} & {each.casefold() for each in set(texts)}:
        raise text.error(losses[0], "reward", "means a missed response, and there is no 0 at all: write no reward as 0")


@dataclass(frozen=True)
class _Places:
    """Where each row belongs among ``subject episode trial``, and what the subjects and sessions are called."""

    subject: Int[np.ndarray, " row"]
    episode: Int[np.ndarray, " row"]
    trial: Int[np.ndarray, " row"]
    subjects: pd.Index
    sessions: Shaped[np.ndarray, "subject episode"] | None

    def put(self, values: Shaped[np.ndarray, " row"], empty: object) -> Shaped[np.ndarray, "subject episode trial"]:
        """Spread a column over the three axes."""
        shape = (self.subject.max() + 1, self.episode.max() + 1, self.trial.max() + 1)
        spread = np.full(shape, empty, dtype=values.dtype)
        spread[self.subject, self.episode, self.trial] = values
        return spread


def _places(text: TextTable) -> _Places:
    """Sort rows into subjects, sessions and trials.

    Raises
    ------
    TableError
        If the same trial comes twice.
    """
    subject, subjects = pd.factorize(np.array(text.texts("subject"), dtype=object))
    rows = pd.DataFrame({"subject": subject, "trial": text.numbers("trial", KEYS["trial"])})
    unnumbered = rows["trial"].isna().to_numpy()
    if unnumbered.any():
        raise text.error(int(np.argmax(unnumbered)), "trial", "is no trial's number: every row needs one")
    rows["session"] = text.texts("session") if "session" in text.names else ""
    rows["episode"] = rows.groupby("subject")["session"].transform(lambda own: pd.factorize(own)[0])
    twice = rows.duplicated(["subject", "episode", "trial"]).to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        advice = "if these are two sessions, name their column with --columns session=NAME"
        raise text.error(row, "trial", f"comes a second time for subject '{text.texts('subject')[row]}': {advice}")
    order = rows.sort_values("trial", kind="stable").groupby(["subject", "episode"]).cumcount().sort_index()
    places = _Places(subject, rows["episode"].to_numpy(), order.to_numpy(), _labels(pd.Index(subjects)), None)
    if "session" not in text.names:
        return places
    labels = _labels(pd.Index(rows["session"]))
    spread = places.put(labels.to_numpy(), -1 if labels.dtype.kind == "i" else "")
    first = places.put(np.ones(len(rows)), 0.0).argmax(-1)
    return replace(places, sessions=np.take_along_axis(spread, first[..., None], axis=-1)[..., 0])


def _labels(texts: pd.Index) -> pd.Index:
    """Whole numbers where all texts are such, as they were written; texts elsewhere."""
    numeric = all(text.isdecimal() and str(int(text)) == text for text in texts.unique())
    return texts.astype(int) if numeric else texts


def _padded(text: TextTable, values: Values) -> xr.Dataset:
    """Put columns over ``subject episode trial``."""
    places = _places(text)
    variables = {}
    for name, column in values.items():
        filled = FILLED.get(name, np.nan)
        typed = np.where(np.isnan(column), filled, column).astype(type(filled))
        variables[name] = (TRIAL, places.put(typed, filled))
    coordinates = {"subject": places.subjects, "line": (TRIAL, places.put(text.lines, 0))}
    if places.sessions is not None:
        coordinates["session"] = (TRIAL[:2], places.sessions)
    return xr.Dataset(variables, coords=coordinates)

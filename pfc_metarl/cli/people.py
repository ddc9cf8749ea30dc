"""What the verbs on people's tables share: columns given other names, and fits of all learners in a few lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.analysis.learners import compare, learners_for, tell_magnitudes
from pfc_metarl.analysis.yoked import NETWORK, TEMPERED
from pfc_metarl.base.errors import ConfigurationError, TableError
from pfc_metarl.base.files import write_atomically


def renamed(words: str) -> dict[str, str]:
    """Read ``choice=choice_1,session=block``: our name of a column = the table's.

    Raises
    ------
    ConfigurationError
        If it is written otherwise.
    """
    pairs = [part.partition("=") for part in words.split(",") if part.strip()]
    for name, sign, _ in pairs:
        if not sign:
            raise ConfigurationError(f"--columns has '{name}': write OURS=YOURS, such as choice=response,session=block")
    return {name.strip(): theirs.strip() for name, _, theirs in pairs}


def answering(trials: xr.Dataset, table: str, quiet: bool) -> xr.Dataset:
    """Leave out people without a single answer, saying so.

    Raises
    ------
    TableError
        If nobody is left.
    """
    answered = trials["valid"].any(("episode", "trial"))
    if not answered.any():
        raise TableError(
            f"{table} holds no answered trial, each response is empty, -1 or nan: "
            f"name the column of choices with --columns choice=NAME"
        )
    left_out = trials["subject"].values[~answered.values]
    if len(left_out) and not quiet:
        print(f"left out, having answered nothing: subject {', '.join(map(str, left_out))}")
    return trials.isel(subject=np.flatnonzero(answered.values))


def fit_learners(trials: xr.Dataset, seed: int, quiet: bool) -> pd.DataFrame:
    """Fit every learner of the task, one after the other; as `compare` gives it. None can choose among three."""
    if trials.attrs["options"] != 2:
        if not quiet:
            print(f"no learner is fitted: they choose between 2 options, and here are {trials.attrs['options']}")
        return pd.DataFrame(columns=["subject", "learner"])
    learners = learners_for(trials.attrs["task"], tell_magnitudes(trials))
    bar = tqdm(learners, desc="fitting", unit="learner", disable=quiet)
    tables = [compare([learner], trials, seed=seed) for learner in bar]
    return pd.concat(tables, ignore_index=True)


def likelihood_table(likelihood: pd.DataFrame, options: int) -> str:
    """Lay out how likely the choices are under each learner: means over people.

    Parameters
    ----------
    likelihood : one row per person and learner, or per person, learner and network.
    options : that each choice was between.
    """
    rows = likelihood.assign(own=likelihood["log_likelihood"] / likelihood["choices"])
    learners = list(dict.fromkeys(rows["learner"]))

    def by_person(column: str) -> Float[np.ndarray, "person learner"]:
        return rows.pivot_table(index="subject", columns="learner", values=column)[learners].to_numpy()

    own, held_out, parameters, bic = (by_person(column) for column in ("own", "held_out", "parameters", "bic"))
    best = np.bincount(held_out.argmax(-1), minlength=len(learners))
    width = max(map(len, learners))
    lines = [
        f"{'':<{width}} {'':>10} {'log likelihood per choice':>26} {'':>10} {'best for':>9}",
        f"{'learner':<{width}} {'parameters':>10} {'all':>13} {'held out':>12} {'BIC':>10} {'people':>9}",
    ]
    columns = (learners, parameters[0], own.mean(0), held_out.mean(0), bic.sum(0), best)
    for name, count, fitted, unseen, criterion, people in zip(*columns, strict=True):
        lines.append(f"{name:<{width}} {count:>10.0f} {fitted:>13.3f} {unseen:>12.3f} {criterion:>10.0f} {people:>9}")
    chance = -np.log(options)
    lines.append(f"{'chance':<{width}} {0:>10} {chance:>13.3f} {chance:>12.3f}")
    if "network" in rows:
        lines += [_spread(rows, learner) for learner in (NETWORK, TEMPERED)]
    return "\n".join(lines)


def _spread(rows: pd.DataFrame, learner: str) -> str:
    """Say how far networks differ."""
    own = rows[rows["learner"] == learner].pivot_table(index="subject", columns="network", values="own").to_numpy()
    apart = own.mean(0)
    return f"{learner}: mean of {len(apart)}, which range from {apart.min():.3f} to {apart.max():.3f}"


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all."""
    write_atomically(path, table.to_csv(index=False).encode())

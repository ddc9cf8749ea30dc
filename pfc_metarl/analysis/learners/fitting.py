"""Maximum-likelihood fits of learners to choices, and their comparison."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float, Int

from pfc_metarl.analysis.learners.learner import Learner
from pfc_metarl.analysis.learners.likelihood import Likelihood
from pfc_metarl.analysis.learners.maximiser import maximise
from pfc_metarl.analysis.learners.parameter import starting_points
from pfc_metarl.analysis.learners.sequences import AXES, Sequences
from pfc_metarl.base.errors import ConfigurationError, TableError

# Numbers that one array of a fit may hold: subjects are fitted in parties small enough.
LARGEST = 2_000_000

# Steps from every start; then one of so many goes on, with so many steps more at most.
EARLY, ONE_OF, LATE = 15, 3, 200


def fit(
    learner: Learner, trials: xr.Dataset, starts: int = 8, seed: int = 0, counted: xr.DataArray | None = None
) -> pd.DataFrame:
    """Find the parameters under which each subject's choices are likeliest.

    The learner lives through all valid trials; only the choices that count are explained. So a
    block inside a session is entered with what was learned before.

    Parameters
    ----------
    learner : to fit.
    trials : ``choice reward valid`` over ``subject episode trial``; two-step learners need ``common``.
    starts : points from which the maximum is sought.
    seed : of the starting points, which are the same for all subjects.
    counted : which choices count, over the same axes; None counts all valid ones.

    Returns
    -------
    By ``subject``: the parameters, ``log_likelihood``, ``choices`` that counted, ``aic`` and
    ``bic``. A parameter stands at its bound where the likelihood rises up to there, such as the
    inverse temperature of someone who never contradicts the learner.

    Raises
    ------
    TableError
        If the trials lack what the learner needs, there are no subjects, or one of them has no choice that counts.

    References
    ----------
    Daw (2011), "Trial-by-trial data analysis using computational models".
    """
    counts = _counted(trials, counted)
    best, likelihood = _best(learner, trials, counts[None], starts, seed)
    table = pd.DataFrame(best[0], index=pd.Index(trials["subject"].values, name="subject"), columns=learner.names)
    choices = counts.sum((1, 2))
    penalty = len(learner.parameters) * np.log(choices)
    return table.assign(
        log_likelihood=likelihood[0],
        choices=choices,
        aic=2 * len(learner.parameters) - 2 * likelihood[0],
        bic=penalty - 2 * likelihood[0],
    )


def cross_validate(
    learner: Learner,
    trials: xr.Dataset,
    folds: int = 5,
    starts: int = 3,
    seed: int = 0,
    counted: xr.DataArray | None = None,
) -> pd.Series:
    """Log likelihood per choice of choices that the fit has not seen, by subject.

    Folds are whole episodes where a subject has at least as many; elsewhere each episode is cut
    into contiguous blocks of trials. The learner lives through all trials, the held-out ones
    too; they are only not fitted.

    Parameters
    ----------
    learner, trials, starts, seed, counted : as in `fit`.
    folds : parts, each held out once.
    """
    if folds < 2:
        raise ConfigurationError(f"folds is {folds}: at least 2 are needed, to fit one part and hold out another")
    counts = _counted(trials, counted)
    held_out = _folds(counts, folds) == np.arange(folds)[:, None, None, None]
    best, _ = _best(learner, trials, counts & ~held_out, starts, seed)
    chosen = learner.log_likelihood(best, trials)
    held = (chosen * (counts & held_out)).sum((0, 2, 3)) / counts.sum((1, 2))
    return pd.Series(held, index=pd.Index(trials["subject"].values, name="subject"), name="held_out")


def compare(
    learners: Iterable[Learner],
    trials: xr.Dataset,
    folds: int = 5,
    starts: int = 8,
    seed: int = 0,
    counted: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Fit several learners to the same choices.

    Parameters
    ----------
    learners : to compare.
    trials, starts, seed, counted : as in `fit`; cross-validation, which takes longest, has its own few starts.
    folds : as in `cross_validate`; 0 leaves ``held_out`` away.

    Returns
    -------
    One row per subject and learner: ``subject learner log_likelihood choices parameters aic bic
    held_out``. ``parameters`` is their number.
    """
    tables = []
    for learner in learners:
        table = fit(learner, trials, starts, seed, counted)
        table = table.assign(learner=learner.name, parameters=len(learner.parameters))
        if folds:
            table["held_out"] = cross_validate(learner, trials, folds, seed=seed, counted=counted)
        tables.append(table.drop(columns=learner.names).reset_index())
    first = ["subject", "learner", "log_likelihood", "choices", "parameters", "aic", "bic"]
    return pd.concat(tables, ignore_index=True).reindex(columns=[*first, *(["held_out"] if folds else [])])


def _best(
    learner: Learner, trials: xr.Dataset, counts: Bool[np.ndarray, "fold subject episode trial"], starts: int, seed: int
) -> tuple[Float[np.ndarray, "fold subject parameter"], Float[np.ndarray, "fold subject"]]:
    """Fit each fold of each subject; the best of all starts, and its log likelihood."""
    if starts < 1:
        raise ConfigurationError(f"starts is {starts}: a fit needs at least one point to start from")
    sequences, folds = learner.sequences(trials), len(counts)
    per_subject = (len(learner.learning) + 1) * folds * starts * int(np.prod(counts.shape[2:]))
    parties = np.array_split(np.arange(counts.shape[1]), int(np.ceil(counts.shape[1] * per_subject / LARGEST)))
    solutions = [
        _solve(learner, sequences.subjects(party), counts[:, party], starts, seed) for party in parties if len(party)
    ]
    points, values = (np.concatenate(each, axis=1) for each in zip(*solutions, strict=True))
    return points, values


def _solve(
    learner: Learner,
    sequences: Sequences,
    counts: Bool[np.ndarray, "fold subject episode trial"],
    starts: int,
    seed: int,
) -> tuple[Float[np.ndarray, "fold subject parameter"], Float[np.ndarray, "fold subject"]]:
    """Climb a little from every start, then to the top from the best few of each fold and subject."""
    folds, subjects = counts.shape[:2]
    counted = np.moveaxis(counts, -1, 0).astype(float)
    lower, upper = np.array([(parameter.lower, parameter.upper) for parameter in learner.parameters]).T
    start = starting_points(learner.parameters, starts, seed)
    points = np.broadcast_to(start[:, None], (folds, starts, subjects, start.shape[-1]))
    for kept, iterations in ((int(np.ceil(starts / ONE_OF)), EARLY), (1, LATE)):
        together = points.reshape(-1, subjects, points.shape[-1])
        objective = Likelihood(learner, sequences, np.repeat(counted, points.shape[1], axis=1))
        ends, values = maximise(objective, together, lower, upper, iterations)
        ends, values = ends.reshape(points.shape), values.reshape(points.shape[:3])
        order = np.argsort(-values, axis=1)[:, :kept]
        points, values = np.take_along_axis(ends, order[..., None], axis=1), np.take_along_axis(values, order, axis=1)
    return points[:, 0], values[:, 0]


def _counted(trials: xr.Dataset, counted: xr.DataArray | None) -> Bool[np.ndarray, "subject episode trial"]:
    """Which choices count; refuses subjects without any, and trials without subjects."""
    valid = trials["valid"].transpose(*AXES).values.astype(bool)
    counts = valid if counted is None else valid & counted.transpose(*AXES).values.astype(bool)
    if not len(counts):
        raise TableError("the trials are of no subject at all: give those of one who made a choice")
    none = ~counts.any((1, 2))
    if none.any():
        subject = trials["subject"].values[int(np.argmax(none))]
        raise TableError(f"subject {subject} has no valid choice that counts: leave this subject out of the trials")
    return counts


def _folds(counts: Bool[np.ndarray, "subject episode trial"], folds: int) -> Int[np.ndarray, "subject episode trial"]:
    """Number of the fold that each choice belongs to."""
    fold = np.empty(counts.shape, int)
    for subject, own in enumerate(counts):
        lived = own.any(-1)
        if lived.sum() >= folds:
            fold[subject] = (np.cumsum(lived) % folds)[:, None]
        else:
            order = np.cumsum(own, axis=-1) - 1
            fold[subject] = order * folds // np.maximum(own.sum(-1, keepdims=True), 1)
    return fold

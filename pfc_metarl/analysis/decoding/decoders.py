"""Decoders of any variable at all steps together, at each step, and of one step at another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, Unpack

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.decoding.crossvalidation import CrossValidation
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.exchange import episode_folds, episode_orders


class Settings(TypedDict, total=False):
    """How to decode.

    Attributes
    ----------
    shuffles : size of the null, in which each episode has another episode's variables; 20 if not given.
    seed : of the shuffles; the same for every subject. 0 if not given.
    folds : parts into which whole episodes are divided, each decoded from the others; 5 if not given.
    penalty : of the ridge, on standardised activity; 1 if not given.
    categorical : whether the variables are classes, told apart by linear discriminants, and scores are
        balanced accuracy, with 1 divided by the number of classes as chance. If not, ridge regression,
        and scores are explained shares of the variance, below zero where a constant does better.
    """

    shuffles: int
    seed: int
    folds: int
    penalty: float
    categorical: bool


def decode(
    activity: xr.DataArray, variables: xr.Dataset, time_course: bool = True, **settings: Unpack[Settings]
) -> xr.Dataset:
    """Read variables by one linear decoder for all steps, cross-validated over whole episodes.

    Parameters
    ----------
    activity : over ``subject episode step unit``, in memory or opened by ``open_recording``; then no
        more than a piece of it is in memory at a time. ``trial`` may stand in place of ``step``.
    variables : each over ``subject episode step``, numbers; rows with NaN are left out.
    time_course : count what the mean over episodes at each step tells, as a clock would. Without it the
        decoder has a level of its own at each step, and only the variance about each step's mean
        counts; for variables that are no classes.
    settings : see `Settings`.

    Returns
    -------
    ``score`` over ``subject variable``, ``null`` with the further axis ``shuffle``, and ``decoded`` over
    ``subject episode step variable``: what decoders fitted to other episodes read.
    """
    axis = _axis(activity, variables)
    if not time_course and settings.get("categorical"):
        raise ConfigurationError("the time course of classes cannot be taken off: decode each step with decode_steps")
    parts = list(_validations(activity, variables, pooled=time_course, levels=not time_course, **settings))
    found = _dataset(activity, variables, [part.scores()[..., 0] for part, _ in parts], ())
    decoded = np.stack([_values(part.decoded(), classes) for part, classes in parts])
    shape = (activity.sizes["subject"], len(variables), *decoded.shape[1:])
    dims = ("subject", "variable", "episode", axis)
    return found.assign(decoded=(dims, decoded.reshape(shape))).transpose("subject", "episode", axis, "variable", ...)


def decode_steps(activity: xr.DataArray, variables: xr.Dataset, **settings: Unpack[Settings]) -> xr.Dataset:
    """Read variables by a decoder of its own for every step.

    Takes what `decode` takes.

    Returns
    -------
    ``score`` over ``subject variable step`` and ``null`` with the further axis ``shuffle``. NaN at steps
    where the variable is the same in all episodes, as a belief is before the first outcome.
    """
    axis = _axis(activity, variables)
    scores = [part.scores() for part, _ in _validations(activity, variables, pooled=False, **settings)]
    return _dataset(activity, variables, scores, (axis,))


def generalise(activity: xr.DataArray, variables: xr.Dataset, **settings: Unpack[Settings]) -> xr.Dataset:
    """Fit a decoder at every step and judge it at every step, always on episodes it was not fitted to.

    Where the off-diagonal is as high as the diagonal, the variable keeps its place in the state;
    where it is low, the code moves. Takes what `decode` takes.

    Returns
    -------
    ``score`` over ``subject variable train_step test_step`` and ``null`` with the further axis ``shuffle``.
    The diagonal is that of `decode_steps`.

    References
    ----------
    King & Dehaene (2014), on temporal generalisation.
    """
    axis = _axis(activity, variables)
    scores = [part.scores(across=True) for part, _ in _validations(activity, variables, pooled=False, **settings)]
    return _dataset(activity, variables, scores, (f"train_{axis}", f"test_{axis}"))


def _axis(activity: xr.DataArray, variables: xr.Dataset) -> str:
    """Name of the axis beside subject, episode and unit.

    Raises
    ------
    ConfigurationError
        If activity and variables are not over the same subjects, episodes and steps.
    """
    others = [str(axis) for axis in activity.dims if axis not in ("subject", "episode", "unit")]
    if len(others) != 1 or activity.ndim != 4:
        raise ConfigurationError(
            f"activity is over {' '.join(map(str, activity.dims))}: give it over subject episode step unit"
        )
    wanted = {str(axis): size for axis, size in activity.sizes.items() if axis != "unit"}
    for name, variable in variables.data_vars.items():
        if dict(variable.sizes) != wanted:
            raise ConfigurationError(
                f"variable '{name}' is over {dict(variable.sizes)} and activity over {wanted}: "
                "give both over the same, and take one position of every other axis"
            )
    return others[0]


def _validations(
    activity: xr.DataArray,
    variables: xr.Dataset,
    pooled: bool,
    shuffles: int = 20,
    seed: int = 0,
    folds: int = 5,
    penalty: float = 1.0,
    categorical: bool = False,
    levels: bool = False,
) -> Iterator[tuple[CrossValidation, Float[np.ndarray, " kind"]]]:
    """Subject by subject and variable by variable, with the variable's classes."""
    episodes = activity.sizes["episode"]
    orders = episode_orders(episodes, shuffles, seed)
    fold = episode_folds(episodes, folds)
    for subject in range(activity.sizes["subject"]):
        for name in variables.data_vars:
            own = variables[name].isel(subject=subject).transpose("episode", ...).values.astype(float)
            classes = np.unique(own[np.isfinite(own)]) if categorical else np.empty(0)
            truth = np.where(np.isfinite(own), np.searchsorted(classes, own), np.nan) if categorical else own
            alone = activity.isel(subject=subject)
            yield CrossValidation(alone, truth, orders, fold, penalty, len(classes), pooled, levels), classes


def _values(decoded: Float[np.ndarray, "episode step"], classes: Float[np.ndarray, " kind"]) -> np.ndarray:
    """Classes for their positions."""
    if not len(classes):
        return decoded
    missing = np.isnan(decoded)
    return np.where(missing, np.nan, classes[np.where(missing, 0, decoded).astype(int)])


def _dataset(
    activity: xr.DataArray, variables: xr.Dataset, scores: list[np.ndarray], axes: tuple[str, ...]
) -> xr.Dataset:
    """Name the axes of scores that come subject by subject and variable by variable, the order as it is first."""
    shape = (activity.sizes["subject"], len(variables), *scores[0].shape)
    coords = {"subject": activity["subject"], "variable": [str(name) for name in variables.data_vars]}
    every = xr.DataArray(np.stack(scores).reshape(shape), dims=("subject", "variable", "shuffle", *axes), coords=coords)
    null = every.isel(shuffle=slice(1, None)).transpose(..., "shuffle")
    return xr.Dataset({"score": every.isel(shuffle=0), "null": null})

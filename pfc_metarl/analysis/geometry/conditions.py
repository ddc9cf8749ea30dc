"""Average activity per condition, with named condition axes, and its null: conditions exchanged between episodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from pfc_metarl.analysis.geometry.activity import by_subject, parts
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.exchange import episode_folds, episode_orders


def condition_means(
    activity: xr.DataArray, conditions: xr.Dataset, folds: int = 1, shuffles: int = 0, seed: int = 0
) -> xr.Dataset:
    """Average activity per condition, in one pass over the episodes.

    Parameters
    ----------
    activity : over ``episode``, ``unit`` and any further axes; with ``subject`` or without. States
        with a NaN are left out, as after an episode's end.
    conditions : one variable per condition axis, over ``subject episode`` (a kind of episode) or
        also over a further axis of the activity, such as ``trial`` (a kind of trial). Where one is
        NaN, nothing is averaged. Each variable becomes an axis of the means, its values in order;
        axes of the activity that no condition has, such as ``step``, remain.
    folds : parts into which whole episodes are dealt in turn; with two or more the means have the
        axis ``fold``, for what must be tested on other episodes than it was found in.
    shuffles : size of the null, in which each episode has the conditions of another.
    seed : of the shuffles; the same for every subject.

    Returns
    -------
    ``mean`` over ``subject``, the conditions, the axes that remain and ``unit``, NaN where a
    condition never came; ``count`` of the states averaged, over the same without ``unit``; ``null``,
    the means with the further axis ``shuffle``.

    Raises
    ------
    ConfigurationError
        If the conditions' axes are not the activity's, or there are fewer episodes than folds.
    """
    kinds, cells = _cells(activity, conditions)
    averaged = ["episode", *(str(axis) for axis in cells.dims if axis not in ("subject", "episode"))]
    remaining = [str(axis) for axis in activity.dims if axis not in ("subject", *averaged, "unit")]
    if clash := sorted(set(kinds) & {*remaining, "subject", "unit"}):
        raise ConfigurationError(f"a condition is called '{clash[0]}' as an axis that remains is: rename it")
    episodes = activity.sizes["episode"]
    fold = episode_folds(episodes, folds) if folds > 1 else np.zeros(episodes, int)
    orders = episode_orders(episodes, shuffles, seed)
    shape = (folds, *(len(values) for values in kinds.values()))

    def of_one(own: xr.DataArray, its: xr.DataArray) -> xr.Dataset:
        cell = its.transpose(*averaged).values.reshape(episodes, -1)
        sums, count = _sums(own, averaged, remaining, cell, fold, orders, shape)
        # A condition that never came is 0 / 0, which is NaN.
        with np.errstate(invalid="ignore"):
            means = sums / count[..., None]
        axes = ("shuffle", "fold", *kinds, *remaining)
        every = xr.Dataset({"mean": ((*axes, "unit"), means), "count": (axes, count)})
        every = every if folds > 1 else every.isel(fold=0)
        return every.isel(shuffle=0).assign(null=every["mean"].isel(shuffle=slice(1, None)))

    kept = {axis: activity[axis].variable for axis in remaining if axis in activity.coords}
    return by_subject(of_one, activity, cells).assign_coords({**kinds, **kept})


def _cells(activity: xr.DataArray, conditions: xr.Dataset) -> tuple[dict[str, np.ndarray], xr.DataArray]:
    """Values of each condition, and the number of the combination of values that each state has, -1 for none."""
    labels = xr.broadcast(*conditions.data_vars.values())
    sizes = {str(axis): size for axis, size in labels[0].sizes.items()}
    needed = {"episode", "subject"} & set(activity.dims)
    if needed - set(sizes) or "unit" in sizes or any(activity.sizes.get(axis) != size for axis, size in sizes.items()):
        raise ConfigurationError(
            f"conditions over {sizes} do not fit activity over {dict(activity.sizes)}: "
            "they need its subjects and episodes, and no axis that it does not have"
        )
    kinds, number, missing = {}, np.zeros(labels[0].shape, int), np.zeros(labels[0].shape, bool)
    for name, label in zip(conditions.data_vars, labels, strict=True):
        code, values = pd.factorize(label.values.ravel(), sort=True)
        kinds[str(name)] = np.asarray(values)
        number = number * len(values) + code.reshape(label.shape)
        missing |= code.reshape(label.shape) < 0
    return kinds, labels[0].copy(data=np.where(missing, -1, number))


def _sums(
    activity: xr.DataArray,
    averaged: Sequence[str],
    remaining: Sequence[str],
    cell: Int[np.ndarray, "episode inner"],
    fold: Int[np.ndarray, " episode"],
    orders: Int[np.ndarray, "shuffle episode"],
    shape: Sequence[int],
) -> tuple[Float[np.ndarray, "shuffle fold ... unit"], Int[np.ndarray, "shuffle fold ..."]]:
    """Sum one subject's activity, and count, per fold and condition, with the conditions' episodes in each order."""
    sizes, groups = [activity.sizes[axis] for axis in remaining], int(np.prod(shape))
    places, units = int(np.prod(sizes)), activity.sizes["unit"]
    sums, count = np.zeros((len(orders), groups, places * units)), np.zeros((len(orders), groups, places))
    # The null's episodes stay in their fold, and take over another's conditions.
    offset = (fold * (groups // shape[0]))[:, None]
    first = 0
    for part in parts(activity):
        last = first + part.sizes["episode"]
        states = part.transpose(*averaged, *remaining, "unit").values.reshape(-1, places, units).astype(float)
        there = ~np.isnan(states).any(axis=-1)
        states[~there] = 0
        rows = states.reshape(len(states), -1)
        for position, order in enumerate(orders):
            own = cell[order[first:last]]
            present = np.flatnonzero(own >= 0)
            group = (own + offset[first:last]).ravel()[present]
            indicator = csr_array((np.ones(len(group)), (group, present)), shape=(groups, len(rows)))
            sums[position] += indicator @ rows
            count[position] += indicator @ there
        first = last
    every = (len(orders), *shape, *sizes)
    return sums.reshape(*every, units), count.reshape(every).astype(int)

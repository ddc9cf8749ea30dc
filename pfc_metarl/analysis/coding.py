"""Which units code which variables: partial correlations, and a null that respects episodes."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

TRIAL = ("subject", "episode", "trial")


def partial_correlation(activity: xr.DataArray, variables: xr.Dataset, shuffles: int = 0, seed: int = 0) -> xr.Dataset:
    r"""Correlate each unit with each variable, given all the other variables.

    Pearson's r between what the other variables leave unexplained of the unit and of the
    variable, by least squares with a constant.

    The null pairs the unit's remainder in each episode with the variable's in another,
    episodes drawn in random order (Freedman & Lane's permutation with episodes as the
    exchangeable blocks). Episodes are independent of each other, but the trials of one are
    not: units and variables such as value change slowly, and shuffled single trials would
    make the null too narrow. What the other variables explain stays where it is.

    Parameters
    ----------
    activity : over ``subject episode trial unit``.
    variables : each over ``subject episode trial``; a trial where one is NaN is left out.
    shuffles : size of the null.
    seed : of the shuffles; the same for every unit.

    Returns
    -------
    ``correlation`` over ``subject unit variable``, and ``null`` with the further axis
    ``shuffle``. 0 for a unit or variable of which the others leave nothing.

    References
    ----------
    Freedman & Lane (1983); Winkler et al. (2014) on exchangeable blocks; Wang et al. (2018), Fig. 2e.
    """
    names = [str(name) for name in variables.data_vars]
    columns = np.stack([variables[name].transpose(*TRIAL).values.astype(float) for name in names], axis=-1)
    units = activity.transpose(*TRIAL, "unit").values
    generator = np.random.default_rng(seed)
    episodes = units.shape[1]
    orders = np.stack([np.arange(episodes), *(generator.permutation(episodes) for _ in range(shuffles))])
    found = np.stack([_one_subject(own, column, orders) for own, column in zip(units, columns, strict=True)])
    every = xr.DataArray(
        found,
        dims=("subject", "shuffle", "unit", "variable"),
        coords={"subject": activity["subject"], "variable": names},
    )
    return xr.Dataset({"correlation": every.isel(shuffle=0), "null": every.isel(shuffle=slice(1, None))})


def _one_subject(
    units: Float[np.ndarray, "episode trial unit"],
    columns: Float[np.ndarray, "episode trial variable"],
    orders: Int[np.ndarray, "shuffle episode"],
) -> Float[np.ndarray, "shuffle unit variable"]:
    """Partial correlations under each order of the units' episodes."""
    present = np.all(np.isfinite(columns), axis=-1)
    found = []
    for variable in range(columns.shape[-1]):
        target = columns[present][:, variable]
        others = np.delete(columns[present], variable, axis=-1)
        both = np.column_stack([units[present], target])
        rest = np.zeros((*present.shape, both.shape[-1]))
        rest[present] = _unexplained(both, others)
        found.append(_blockwise_correlation(rest[..., :-1], rest[..., -1], present, orders))
    return np.stack(found, axis=-1)


def _unexplained(
    values: Float[np.ndarray, "row column"], others: Float[np.ndarray, "row other"]
) -> Float[np.ndarray, "row column"]:
    """What is left of each column after the others and a constant; rounding errors are nothing."""
    design = np.column_stack([np.ones(len(others)), others])
    rest = values - design @ np.linalg.lstsq(design, values)[0]
    nothing = np.linalg.norm(rest, axis=0) < 1e-9 * np.linalg.norm(values, axis=0)
    return np.where(nothing, 0.0, rest)


def _blockwise_correlation(
    units: Float[np.ndarray, "episode trial unit"],
    variable: Float[np.ndarray, "episode trial"],
    present: Bool[np.ndarray, "episode trial"],
    orders: Int[np.ndarray, "shuffle episode"],
) -> Float[np.ndarray, "shuffle unit"]:
    """Correlate centred remainders, each episode of the variable with the unit's episode of each order.

    All pairs of episodes are multiplied once; an order then only picks from them. Trials that
    are absent on one side are zero there and count on neither.
    """
    product = np.einsum("et,ftu->efu", variable, units, optimize=True)
    variable_power = np.einsum("et,ft->ef", variable**2, present.astype(float), optimize=True)
    unit_power = np.einsum("et,ftu->efu", present.astype(float), units**2, optimize=True)
    episode = np.arange(len(units))
    picked = [
        (product[episode, order].sum(0), variable_power[episode, order].sum(), unit_power[episode, order].sum(0))
        for order in orders
    ]
    covariance, across, up = (np.stack(part) for part in zip(*picked, strict=True))
    scale = np.sqrt(across[:, None] * up)
    return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)


def coded(correlation: xr.DataArray, null: xr.DataArray, level: float = 0.95) -> xr.DataArray:
    """Tell which units code which variables: beyond ``level`` of the unit's own null, in size.

    Parameters
    ----------
    correlation, null : as `partial_correlation` gives them; a part of the null in place of
        the correlation tells how often nothing is taken for coding.
    """
    return (abs(correlation) > abs(null).quantile(level, "shuffle").drop_vars("quantile")).rename("coded")

"""Which units code which variables: regression, partial correlation and parts of the variance, with their nulls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int

from pfc_metarl.base.exchange import episode_orders
from pfc_metarl.recording.streaming import pieces

# What is left of a variance below this part of it is rounding; the second is for activity stored in 32 bits.
ROUNDING = 1e-12
STORED_ROUNDING = 1e-15


def encode(activity: xr.DataArray, variables: xr.Dataset, shuffles: int = 0, seed: int = 0) -> xr.Dataset:
    r"""Regress each unit on several variables at once, by least squares with a constant.

    With u~ and v~ what all other variables leave of the unit u and of the variable v,

    .. math:: r = \text{corr}(\tilde u, \tilde v), \quad
              \beta = r \sqrt{\frac{1 - R^2_{u|\text{others}}}{1 - R^2_{v|\text{others}}}}, \quad
              \text{unique} = r^2 (1 - R^2_{u|\text{others}}) = R^2 - R^2_{u|\text{others}}

    The null of a variable pairs u~ of each episode with v~ of another, episodes drawn in random
    order (Freedman & Lane's permutation with episodes as the exchangeable blocks). Episodes are
    independent of each other, but the trials of one are not: units and variables such as value
    change slowly, and shuffled single trials would make the null too narrow. What the other
    variables explain stays where it is. The null of the total exchanges all variables together.

    Parameters
    ----------
    activity : over ``subject episode trial unit``, in memory or opened by ``open_recording``; then no
        more than a piece of it is in memory at a time. ``step`` may stand in place of ``trial``.
    variables : each over ``subject episode trial``; a trial where one is NaN is left out.
    shuffles : size of the null.
    seed : of the shuffles; the same for every unit and subject.

    Returns
    -------
    Over ``subject unit variable``: ``correlation``, the partial correlation r; ``weight``, the
    standardised regression weight beta; ``unique``, the share of the unit's variance that only this
    variable explains; ``shared``, what it explains alone less that, below zero where variables
    explain more together than apart. Over ``subject unit``: ``total``, the share that all explain.
    Each but ``shared`` has its null, named ``correlation_null`` and so on, with the further axis
    ``shuffle``. 0 for a unit or variable of which the others leave nothing.

    References
    ----------
    Freedman & Lane (1983); Winkler et al. (2014) on exchangeable blocks; Wang et al. (2018), Fig. 2e.
    """
    names = [str(name) for name in variables.data_vars]
    axes = [axis for axis in activity.dims if axis != "unit"]
    columns = np.stack([variables[name].transpose(*axes).values.astype(float) for name in names], axis=-1)
    # An order says which episode's unit each variable meets; the units need to know whose variable they meet.
    orders = np.argsort(episode_orders(activity.sizes["episode"], shuffles, seed), axis=1)
    found = [_one_subject(activity.isel(subject=place), own, orders) for place, own in enumerate(columns)]
    each = xr.concat(found, dim=xr.IndexVariable("subject", activity["subject"].values)).assign_coords(variable=names)
    nulls = [name for name in each.data_vars if "order" in each[name].dims]
    names_of_nulls = {name: f"{name}_null" for name in nulls}
    null = each[nulls].isel(order=slice(1, None)).rename({"order": "shuffle", **names_of_nulls})
    return each.assign({name: each[name].isel(order=0) for name in nulls}).merge(null)


def coded(correlation: xr.DataArray, null: xr.DataArray, level: float = 0.95) -> xr.DataArray:
    """Tell which units code which variables: beyond ``level`` of the unit's own null, in size.

    Parameters
    ----------
    correlation, null : as `encode` gives them; a part of the null in place of the correlation
        tells how often nothing is taken for coding.
    """
    return (abs(correlation) > abs(null).quantile(level, "shuffle").drop_vars("quantile")).rename("coded")


def variance_table(found: xr.Dataset, level: float = 0.95) -> pd.DataFrame:
    """Parts of the units' variance, mean over units, one row per subject and variable.

    Returns
    -------
    Columns ``subject variable unique shared null``; null is what a share ``level`` of the shuffles
    leaves below. Each subject's last row is named "total": it has the total in place of the unique part.
    """
    parts = xr.Dataset({name: found[name].mean("unit") for name in ("unique", "shared")})
    parts["null"] = found["unique_null"].mean("unit").quantile(level, "shuffle", skipna=False).drop_vars("quantile")
    total = xr.Dataset({"unique": found["total"].mean("unit")})
    total["null"] = found["total_null"].mean("unit").quantile(level, "shuffle", skipna=False).drop_vars("quantile")
    tables = [parts.to_dataframe().reset_index(), total.to_dataframe().reset_index().assign(variable="total")]
    return pd.concat(tables, ignore_index=True)


@dataclass
class _Sums:
    """Sums over trials that are present on both sides: a constant and the variables (x), and units (u).

    Under each order of the episodes, xs is the x of the exchanged episode.

    Attributes
    ----------
    exchanged, own : sum of xs u and of x u.
    power : sum of u squared.
    square, own_square, mixed : sum of xs xs, of x x, and of xs x.
    """

    exchanged: Float[np.ndarray, "order column unit"]
    own: Float[np.ndarray, "order column unit"]
    power: Float[np.ndarray, "order unit"]
    square: Float[np.ndarray, "order column column"]
    own_square: Float[np.ndarray, "order column column"]
    mixed: Float[np.ndarray, "order column column"]


def _one_subject(
    activity: xr.DataArray,
    columns: Float[np.ndarray, "episode trial variable"],
    orders: Int[np.ndarray, "order episode"],
) -> xr.Dataset:
    """All measures over ``order unit variable``, the order as it is first."""
    design = _design(columns)
    remainder = _remainders(design)
    sums, limit = _summed(activity, design, orders)
    square, mean = sums.square[0], sums.own[0, 0] / sums.square[0, 0, 0]
    variance = np.maximum(sums.power[0] - mean * sums.own[0, 0], 0)
    nothing = variance <= limit
    correlation, left = [], []
    for variable, own in enumerate(remainder):
        # The other variables' weights on the units; its own stays zero.
        weights = np.zeros_like(sums.own[0])
        others = np.delete(np.arange(len(square)), variable + 1)
        weights[others] = _inverse(square[np.ix_(others, others)]) @ sums.own[0][others]
        covariance = np.einsum("p,kpu->ku", own, sums.exchanged - sums.mixed @ weights)
        across = np.einsum("p,kpq,q->k", own, sums.square, own)
        up = sums.power + ((sums.own_square @ weights - 2 * sums.own) * weights).sum(1)
        up = np.where(up[0] > np.maximum(limit, ROUNDING * variance), up, 0)
        scale = np.sqrt(np.maximum(across[:, None] * up, 0))
        correlation.append(np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0))
        left.append(np.divide(up[0], variance, out=np.zeros_like(variance), where=~nothing))
    r, rest = np.stack(correlation, axis=-1), np.stack(left, axis=-1)
    own_rest = np.einsum("vp,pq,vq->v", remainder, square, remainder) / square[0, 0]
    unique = r**2 * rest
    alone = _share(sums.own[0, 1:].T ** 2, np.diag(square)[1:] * variance[:, None])
    axes = ("order", "unit", "variable")
    return xr.Dataset(
        {
            "correlation": (axes, r),
            "weight": (axes, r * np.sqrt(_share(rest, np.broadcast_to(own_rest, rest.shape)))),
            "unique": (axes, unique),
            "shared": (axes[1:], np.where(nothing[:, None], 0, alone) - unique[0]),
            "total": (axes[:2], np.where(nothing, 0, _explained(sums))),
        }
    )


def _design(columns: Float[np.ndarray, "episode trial variable"]) -> Float[np.ndarray, "episode trial column"]:
    """A constant and the standardised variables; all zero in trials where one is missing."""
    present = np.asarray(np.isfinite(columns).all(-1))
    spread = columns[present].std(0)
    standard = (columns - columns[present].mean(0)) / np.where(spread > 0, spread, 1)
    design = np.concatenate([np.ones_like(columns[..., :1]), standard], axis=-1)
    return np.where(present[..., None], design, 0.0)


def _remainders(design: Float[np.ndarray, "episode trial column"]) -> Float[np.ndarray, "variable column"]:
    """For each variable, weights of all columns that give what the others leave of it; zero if they leave nothing."""
    rows = design[design[..., 0] > 0]
    found = np.eye(rows.shape[1])[1:]
    for variable, own in enumerate(found):
        others = np.delete(np.arange(len(own)), variable + 1)
        own[others] = -np.linalg.lstsq(rows[:, others], rows[:, variable + 1])[0]
        if ((rows @ own) ** 2).mean() < ROUNDING:
            own[:] = 0
    return found


def _summed(
    activity: xr.DataArray, design: Float[np.ndarray, "episode trial column"], orders: Int[np.ndarray, "order episode"]
) -> tuple[_Sums, Float[np.ndarray, " unit"]]:
    """Go once through the activity; also tell below which sum of squares a unit does not vary."""
    (count, columns), units = (len(orders), design.shape[-1]), activity.sizes["unit"]
    shapes = [(count, columns, units)] * 2 + [(count, units)] + [(count, columns, columns)] * 3
    sums, shift, first = _Sums(*(np.zeros(shape) for shape in shapes)), np.zeros(units), 0
    for piece in pieces(activity):
        values = piece.transpose("episode", ..., "unit").values.astype(float)
        there = design[first : first + len(values), :, 0] > 0
        if first == 0 and there.any():
            # Any shift will do, since there is a constant; near the mean, no digits are lost.
            shift = values[there].mean(0)
        for own, present in zip(values, there, strict=True):
            _add(sums, np.where(present[:, None], own - shift, 0), design[first], design[orders[:, first]])
            first += 1
    return sums, STORED_ROUNDING * (design[..., 0] > 0).sum() * shift**2


def _add(
    sums: _Sums,
    units: Float[np.ndarray, "trial unit"],
    own: Float[np.ndarray, "trial column"],
    exchanged: Float[np.ndarray, "order trial column"],
) -> None:
    """Add one episode; whatever is missing is zero already."""
    orders, trials, columns = exchanged.shape
    exchanged = exchanged * own[:, :1]
    both = exchanged[..., 0]
    turned = exchanged.swapaxes(1, 2)
    flat = turned.reshape(-1, trials)
    sums.exchanged += (flat @ units).reshape(orders, columns, -1)
    sums.own += (both @ (own[:, :, None] * units[:, None]).reshape(trials, -1)).reshape(orders, columns, -1)
    sums.power += both @ units**2
    sums.square += turned @ exchanged
    sums.own_square += (both @ (own[:, :, None] * own[:, None]).reshape(trials, -1)).reshape(orders, columns, columns)
    sums.mixed += (flat @ own).reshape(orders, columns, columns)


def _explained(sums: _Sums) -> Float[np.ndarray, "order unit"]:
    """Share of each unit's variance that the exchanged variables explain together."""
    covered = ((_inverse(sums.square) @ sums.exchanged) * sums.exchanged).sum(1)
    level = sums.exchanged[:, 0] ** 2 / sums.square[:, :1, 0]
    return np.clip(_share(covered - level, sums.power - level), 0, 1)


def _inverse(square: Float[np.ndarray, "*order column column"]) -> Float[np.ndarray, "*order column column"]:
    """Inverse; of variables that depend on each other, the smallest one that will do."""
    return np.linalg.pinv(square, rcond=1e-10, hermitian=True)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where the whole is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

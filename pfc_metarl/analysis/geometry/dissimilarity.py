"""How far apart the activities of each two conditions are: representational dissimilarity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, product

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.base.errors import ConfigurationError

Distances = Float[np.ndarray, "condition condition"]


def dissimilarity(means: xr.DataArray, metric: str = "euclidean") -> xr.DataArray:
    """Dissimilarity of the activity in each two conditions.

    Parameters
    ----------
    means : averages over condition axes and ``unit``, with ``subject`` or without.
    metric : "euclidean", squared and per unit; "correlation", 1 - r over units; or
        "crossvalidated", the product of the difference in one fold with that in another, per unit,
        averaged over pairs of folds (needs the axis ``fold``): zero on average where conditions do
        not differ, while noise makes every plain distance too large.

    Returns
    -------
    Over ``subject condition other``, conditions named by their values, as "True, left".

    Raises
    ------
    ConfigurationError
        If there is no such metric, or the averages have folds and the metric needs none, or the reverse.

    References
    ----------
    Kriegeskorte, Mur & Bandettini (2008); Walther et al. (2016) for the cross-validated distance.
    """
    if metric not in METRICS:
        raise ConfigurationError(f"no dissimilarity is called '{metric}': take one of {', '.join(METRICS)}")
    if ("fold" in means.dims) != (metric == "crossvalidated"):
        raise ConfigurationError(
            f"'{metric}' does not go with averages over {list(means.dims)}: folds are for 'crossvalidated'"
        )
    table = by_condition(means)
    found = xr.apply_ufunc(
        METRICS[metric],
        table,
        input_core_dims=[["fold", "condition", "unit"] if "fold" in table.dims else ["condition", "unit"]],
        output_core_dims=[["condition", "other"]],
        exclude_dims={"condition"},
        vectorize=True,
    )
    names = table["condition"].values
    return found.assign_coords(condition=names, other=names).rename("dissimilarity")


def by_condition(means: xr.DataArray) -> xr.DataArray:
    """All condition axes as one, ``condition``, named by their values."""
    kept = [axis for axis in ("subject", "shuffle", "fold") if axis in means.dims]
    axes = [axis for axis in means.dims if axis not in (*kept, "unit")]
    names = [", ".join(map(str, values)) for values in product(*(means[axis].values for axis in axes))]
    ordered = means.transpose(*kept, *axes, "unit")
    table = ordered.values.reshape(*ordered.shape[: len(kept)], len(names), -1)
    named = {axis: means[axis].values for axis in kept if axis in means.coords}
    return xr.DataArray(table, dims=(*kept, "condition", "unit"), coords={**named, "condition": names})


def euclidean(means: Float[np.ndarray, "condition unit"]) -> Distances:
    """Squared Euclidean distance per unit."""
    return _across(means, means)


def correlation(means: Float[np.ndarray, "condition unit"]) -> Distances:
    """One minus the correlation over units."""
    return 1 - np.corrcoef(means)


def crossvalidated(means: Float[np.ndarray, "fold condition unit"]) -> Distances:
    """Squared Euclidean distance per unit, each factor from another fold."""
    return np.mean([_across(one, other) for one, other in combinations(means, 2)], axis=0)


def _across(one: Float[np.ndarray, "condition unit"], other: Float[np.ndarray, "condition unit"]) -> Distances:
    """Differences between conditions in one table times those in the other."""
    one, other = one - one.mean(0), other - other.mean(0)
    products = one @ other.T
    own = np.diag(products)
    return (own[:, None] + own - products - products.T) / one.shape[1]


METRICS: Mapping[str, Callable[..., Distances]] = {
    "euclidean": euclidean,
    "correlation": correlation,
    "crossvalidated": crossvalidated,
}

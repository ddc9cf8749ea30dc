"""The shape of activity: principal components, and how a state is ordered by a task variable."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.stats import rankdata
from sklearn.decomposition import PCA


class PrincipalComponents:
    """Principal components of one subject's activity.

    Parameters
    ----------
    components : how many to keep.

    Attributes
    ----------
    explained_ : share of the variance along each component.
    """

    def __init__(self, components: int = 2) -> None:
        self.components = components

    def fit(self, activity: xr.DataArray) -> PrincipalComponents:
        """Find the components of activity over any axes and ``unit``."""
        self.pca_ = PCA(self.components, svd_solver="full").fit(_rows(activity))
        self.explained_ = self.pca_.explained_variance_ratio_
        return self

    def transform(self, activity: xr.DataArray) -> xr.DataArray:
        """Project activity; the axis ``unit`` becomes ``component``."""
        axes = [axis for axis in activity.dims if axis != "unit"]
        shape = [activity.sizes[axis] for axis in axes]
        projected = self.pca_.transform(_rows(activity)).reshape(*shape, self.components)
        return xr.DataArray(projected, dims=(*axes, "component"), name="projection")


def _rows(activity: xr.DataArray) -> Float[np.ndarray, "row unit"]:
    return activity.transpose(..., "unit").values.reshape(-1, activity.sizes["unit"]).astype(float)


def rank_correlation(
    one: Float[np.ndarray, " sample"], other: Float[np.ndarray, " sample"], shuffles: int = 0, seed: int = 0
) -> tuple[float, Float[np.ndarray, " shuffle"]]:
    """Spearman's rho, with its null.

    Parameters
    ----------
    one, other : paired samples.
    shuffles : size of the null.
    seed : of the shuffles.

    Returns
    -------
    rho, and the rho of each shuffle of ``other`` against ``one``.
    """
    ranks, others = rankdata(one), rankdata(other)
    rho = float(np.corrcoef(ranks, others)[0, 1])
    generator = np.random.default_rng(seed)
    null = [np.corrcoef(ranks, generator.permutation(others))[0, 1] for _ in range(shuffles)]
    return rho, np.array(null)

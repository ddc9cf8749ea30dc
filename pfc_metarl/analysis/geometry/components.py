"""Principal components of activity, how many of them it fills, and how alike two sets of them lie."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy import linalg

from pfc_metarl.analysis.geometry.activity import by_subject, moments, parts, same_subjects
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.exchange import taken_over
from pfc_metarl.base.moments import Moments, total


class PrincipalComponents:
    """Principal components of each subject's activity, found a few episodes at a time.

    Parameters
    ----------
    components : how many to keep.

    Attributes
    ----------
    axes_ : direction of each component, of length one, over ``component unit``; its largest
        weight is positive.
    mean_ : of each ``unit``; projections start from it.
    explained_ : share of the variance along each ``component``.

    Each also has the axis ``subject`` where the activity has one.
    """

    def __init__(self, components: int = 2) -> None:
        self.components = components

    def fit(self, activity: xr.DataArray) -> PrincipalComponents:
        """Find the components of activity over any axes and ``unit``; states with a NaN are left out.

        Raises
        ------
        ConfigurationError
            If there are fewer units than components.
        """
        if activity.sizes["unit"] < self.components:
            raise ConfigurationError(
                f"{activity.sizes['unit']} units have no {self.components} components: ask for fewer"
            )
        fitted = by_subject(self._of_one, activity)
        self.axes_, self.mean_, self.explained_ = fitted["axes"], fitted["mean"], fitted["explained"]
        return self

    def _of_one(self, activity: xr.DataArray) -> xr.Dataset:
        found = moments(activity)
        variance, axes = principal_axes(found.covariance)
        return xr.Dataset(
            {
                "axes": (("component", "unit"), axes[: self.components]),
                "mean": ("unit", found.mean),
                "explained": ("component", variance[: self.components] / variance.sum()),
            }
        )

    def transform(self, activity: xr.DataArray) -> xr.DataArray:
        """Project activity of the same subjects; the axis ``unit`` becomes ``component``.

        Raises
        ------
        ConfigurationError
            If the activity is of other subjects than the components.
        """
        if not same_subjects(self.axes_, activity):
            raise ConfigurationError("components were fitted to other subjects than the activity: fit them to the same")
        projected = [
            xr.dot(part.astype(float) - self.mean_, self.axes_, dim="unit").transpose(..., "component")
            for part in parts(activity)
        ]
        joined = projected[0] if len(projected) == 1 else xr.concat(projected, dim="episode")
        return joined.rename("projection")


def principal_axes(
    covariance: Float[np.ndarray, "unit unit"],
) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, "component unit"]]:
    """Variance along each principal axis, largest first, and the axes, whose largest weight is positive."""
    variance, columns = np.linalg.eigh(covariance)
    return np.maximum(variance[::-1], 0), upright(columns.T[::-1])


def upright(axes: Float[np.ndarray, "component unit"]) -> Float[np.ndarray, "component unit"]:
    """Turn each axis so that its largest weight is positive: its sign is arbitrary otherwise."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(-1)[:, None], axis=-1)
    return np.where(largest < 0, -axes, axes)


def participation_ratio(activity: xr.DataArray, shuffles: int = 0, seed: int = 0) -> xr.Dataset:
    r"""How many dimensions activity fills.

    .. math:: \text{PR} = \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2}
                        = \frac{(\text{tr}\, C)^2}{\text{tr}\, C^2}

    with the eigenvalues of the units' covariance C; 1 on a line, the number of units in a ball.

    Parameters
    ----------
    activity : over any axes and ``unit``; states with a NaN are left out, as after an episode's end.
    shuffles : size of the null, in which each unit's activity in an episode takes the place of
        another's, each unit for itself: the same units, which share only how they change from step
        to step in every episode. Where the exchanged episode has no state, the next one that has
        stands in. A recording read in pieces is exchanged within its pieces.
    seed : of the shuffles.

    Returns
    -------
    ``ratio``, per subject, and ``null`` with the further axis ``shuffle``.

    References
    ----------
    Gao et al. (2017), "A theory of multineuronal dimensionality, dynamics and measurement".
    """

    def of_one(own: xr.DataArray) -> xr.Dataset:
        null = [_ratio(each) for each in _apart(own, shuffles, seed)]
        return xr.Dataset({"ratio": _ratio(moments(own)), "null": ("shuffle", null)})

    return by_subject(of_one, activity)


def _ratio(found: Moments) -> float:
    return float(np.trace(found.product) ** 2 / (found.product**2).sum())


def _apart(activity: xr.DataArray, shuffles: int, seed: int) -> list[Moments]:
    """Moments with the episodes of each unit in an order of its own, for each shuffle."""
    if not shuffles:
        return []
    if "episode" not in activity.dims:
        raise ConfigurationError(
            "the null exchanges episodes, and the activity has no axis `episode`: set shuffles to 0"
        )
    generator = np.random.default_rng(seed)
    found: list[list[Moments]] = [[] for _ in range(shuffles)]
    for part in parts(activity):
        units, episodes = part.sizes["unit"], part.sizes["episode"]
        # One unit's episodes after the other, so that an episode moves in one piece.
        values = part.transpose("unit", "episode", ...).values.reshape(units, episodes, -1).astype(float)
        present = np.asarray(~np.isnan(values).any(axis=0))
        # A state that lacks one unit counts for none.
        values[:, ~present] = np.nan
        exchanged = np.empty((units, present.sum()))
        for own in found:
            for unit, other in zip(values, exchanged, strict=True):
                (taken,) = taken_over(unit, generator.permutation(episodes)[None], np.arange(episodes))
                other[:] = taken[present]
            own.append(Moments.of(exchanged.T))
    return [total(own) for own in found]


def subspace_angles(
    one: xr.DataArray, other: xr.DataArray, components: int = 2, shuffles: int = 0, seed: int = 0
) -> xr.Dataset:
    """Principal angles between the leading components of two activities of the same units.

    Parameters
    ----------
    one, other : activity of the same subjects, such as at two phases of a trial or in two tasks.
    components : dimensions of each subspace.
    shuffles : size of the null: angles between two random subspaces drawn where the activity of
        both together varies. Angles below it tell that the same dimensions are used again, angles
        above it that they are avoided.
    seed : of the draws.

    Returns
    -------
    ``degrees`` over ``subject angle``, the smallest first, and ``null`` with the further axis ``shuffle``.

    References
    ----------
    Björck & Golub (1973); Elsayed et al. (2016), Methods, for the null.
    """

    def of_one(own: xr.DataArray, its: xr.DataArray) -> xr.Dataset:
        found = [moments(own), moments(its)]
        first, second = (principal_axes(each.covariance)[1][:components] for each in found)
        variance, axes = principal_axes(total(found).covariance)
        # Columns drawn from the activity's own distribution, as wide and oriented as it is.
        wide = axes.T * np.sqrt(variance)
        generator = np.random.default_rng(seed)
        draws = generator.standard_normal((shuffles, 2, len(variance), components))
        null = np.array([_degrees(wide @ left, wide @ right) for left, right in draws]).reshape(-1, components)
        degrees = {"degrees": ("angle", _degrees(first.T, second.T)), "null": (("shuffle", "angle"), null)}
        return xr.Dataset(degrees)

    return by_subject(of_one, one, other)


def _degrees(
    one: Float[np.ndarray, "unit component"], other: Float[np.ndarray, "unit component"]
) -> Float[np.ndarray, " component"]:
    return np.degrees(linalg.subspace_angles(one, other))[::-1]

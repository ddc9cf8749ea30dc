"""Demixed principal components: activity taken apart by what each part depends on (Kobak et al., 2016)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.geometry.components import upright
from pfc_metarl.base.errors import ConfigurationError

# Directions along which activity varies less than this, relative to the most, hold rounding errors only.
NOTHING = 1e-10

# Axes of averages per condition that are no conditions.
NO_CONDITION = ("subject", "shuffle", "fold", "unit")


def marginalise(means: xr.DataArray, time: str | None = None) -> xr.DataArray:
    r"""Take activity apart into what depends on each condition alone, and on each combination of conditions.

    .. math:: X_\phi = \langle X \rangle_{\setminus \phi} - \sum_{\psi \subset \phi} X_\psi

    The mean over all conditions but those of phi, less all that fewer of them explain. The parts
    are orthogonal, and add up to X less its mean over all conditions.

    Parameters
    ----------
    means : averages over condition axes and ``unit``, each condition counting equally.
    time : condition that each other part is joined with: what depends on the outcome and how that
        changes with time is then one part, "outcome".

    Returns
    -------
    The means with the further axis ``marginalisation``, first; combinations are called "outcome x side".

    Raises
    ------
    ConfigurationError
        If a condition never came, or there is none.

    References
    ----------
    Kobak et al. (2016), Methods.
    """
    axes = conditions_of(means)
    if not axes or (time is not None and time not in axes):
        raise ConfigurationError(f"the averages are over the conditions {axes}: average over at least one, and {time}")
    if bool(means.isnull().any()):
        raise ConfigurationError(
            "in some subject, fold or shuffle a combination of conditions never came, and the parts need all: "
            "average over fewer conditions, or record more episodes"
        )
    centred = means - means.mean(axes)
    parts: dict[tuple[str, ...], xr.DataArray] = {}
    joined: dict[str, xr.DataArray] = {}
    for size in range(1, len(axes) + 1):
        for kind in combinations(axes, size):
            part = centred.mean([axis for axis in axes if axis not in kind])
            part = part - sum(parts[fewer] for fewer in parts if set(fewer) < set(kind))
            name = " x ".join(axis for axis in kind if axis != time or size == 1)
            parts[kind] = part
            joined[name] = joined.get(name, 0) + part
    whole = [part.broadcast_like(centred).transpose(*means.dims) for part in joined.values()]
    return xr.concat(whole, dim="marginalisation").assign_coords(marginalisation=list(joined))


def conditions_of(means: xr.DataArray) -> list[str]:
    """Axes of averages that are conditions."""
    return [str(axis) for axis in means.dims if axis not in NO_CONDITION]


class DemixedComponents:
    r"""Components that each carry one part of the activity, and as little as they can of the others.

    For each part, the axes that best rebuild it from the activity as a whole, by reduced-rank
    regression:

    .. math:: L_\phi = \| X_\phi - F_\phi D_\phi X \|^2 + \mu \| F_\phi D_\phi \|^2, \quad \mu = (\lambda \|X\|)^2

    The solution is :math:`A = X_\phi X^\top (X X^\top + \mu I)^{-1}`; F holds the first principal
    axes of what A makes of the regularised activity, and :math:`D = F^\top A`.

    Parameters
    ----------
    components : per part; those beyond its rank are zero.
    time : condition that each other part is joined with, as in `marginalise`.
    penalty : lambda.

    Attributes
    ----------
    decoder_, encoder_ : D and F, over ``marginalisation component unit``. The decoder reads a
        component from the activity, the encoder tells where in the activity it lies.
    mean_ : of each ``unit`` over conditions.
    explained_ : share of all variance that a component explains, over ``marginalisation component
        part``: summed over ``part`` its whole share, which demixing brings under its own part.
    share_ : share of the variance that belongs to each ``marginalisation``.

    Averages of several subjects, folds or shuffles give components for each of them.

    References
    ----------
    Kobak et al. (2016), "Demixed principal component analysis of neural population data", eLife 5:
    e10989, Methods. The authors' code puts lambda times the square of the size of X in mu's place.
    """

    def __init__(self, components: int = 3, time: str | None = None, penalty: float = 0.0) -> None:
        self.components = components
        self.time = time
        self.penalty = penalty

    def fit(self, means: xr.DataArray) -> DemixedComponents:
        """Find the components of averages over condition axes and ``unit``.

        Raises
        ------
        ConfigurationError
            If a condition never came, or there is none.
        """
        parts = marginalise(means, self.time)
        each = ["marginalisation", "component", "unit"]
        fitted = xr.apply_ufunc(
            self._of_one,
            parts,
            input_core_dims=[["marginalisation", *conditions_of(means), "unit"]],
            output_core_dims=[each, each, [*each[:2], "part"], each[:1]],
            vectorize=True,
        )
        named = (
            each.rename(name) for each, name in zip(fitted, ("decoder", "encoder", "explained", "share"), strict=True)
        )
        self.decoder_, self.encoder_, explained, self.share_ = named
        self.explained_ = explained.assign_coords(part=parts["marginalisation"].values)
        self.mean_ = means.mean(conditions_of(means))
        return self

    def _of_one(self, parts: Float[np.ndarray, "part *condition unit"]) -> tuple[np.ndarray, ...]:
        tables = parts.reshape(len(parts), -1, parts.shape[-1])
        decoder, encoder = _reduced_rank(tables, self.components, self.penalty)
        explained = np.stack([_explained(tables, *own) for own in zip(decoder, encoder, strict=True)])
        variance = (tables**2).sum((1, 2))
        return decoder, encoder, explained / variance.sum(), variance / variance.sum()

    def transform(self, means: xr.DataArray) -> xr.DataArray:
        """Read the components from activity; ``unit`` becomes ``marginalisation component``."""
        return xr.dot(means - self.mean_, self.decoder_, dim="unit").rename("projection")

    def rebuild(self, means: xr.DataArray) -> xr.DataArray:
        """What the components tell of each part: ``marginalisation`` before the axes of the activity."""
        return xr.dot(self.transform(means), self.encoder_, dim="component").transpose("marginalisation", *means.dims)


def _reduced_rank(
    parts: Float[np.ndarray, "part condition unit"], components: int, penalty: float
) -> tuple[Float[np.ndarray, "part component unit"], Float[np.ndarray, "part component unit"]]:
    """Decoders and encoders; conditions stand in rows here, and in columns in the paper."""
    left, scale, right = np.linalg.svd(parts.sum(0), full_matrices=False)
    kept = scale > NOTHING * scale[0]
    left, scale, right = left[:, kept], scale[kept], right[kept]
    ridge = penalty**2 * (scale**2).sum()
    decoder, encoder = np.zeros((2, len(parts), components, parts.shape[-1]))
    for position, part in enumerate(parts):
        turned = left.T @ part
        regression = (right.T * (scale / (scale**2 + ridge))) @ turned
        _, size, axes = np.linalg.svd((scale / np.sqrt(scale**2 + ridge))[:, None] * turned, full_matrices=False)
        axes = upright(axes[size > NOTHING * scale[0]][:components])
        encoder[position, : len(axes)], decoder[position, : len(axes)] = axes, axes @ regression.T
    return decoder, encoder


def _explained(
    parts: Float[np.ndarray, "part condition unit"],
    decoder: Float[np.ndarray, "component unit"],
    encoder: Float[np.ndarray, "component unit"],
) -> Float[np.ndarray, "component part"]:
    r"""Variance of each part that each component explains alone, :math:`\|X_\psi\|^2 - \|X_\psi - f d X_\psi\|^2`."""
    read, laid = parts @ decoder.T, parts @ encoder.T
    return (2 * read * laid - read**2 * (encoder**2).sum(-1)).sum(1).T

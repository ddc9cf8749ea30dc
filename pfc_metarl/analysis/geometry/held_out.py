"""Demixed components tested on episodes that they were not found in, and against exchanged conditions."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from pfc_metarl.analysis.geometry.demixed import DemixedComponents, conditions_of, marginalise
from pfc_metarl.base.errors import ConfigurationError

# Shuffles taken at once: enough to be fast, few enough to be small.
BATCH = 10


def held_out_demixing(
    averages: xr.Dataset, components: int = 3, time: str | None = None, penalty: float = 0.0
) -> xr.Dataset:
    r"""How much of each part the components tell from episodes that they were not found in.

    .. math:: 1 - \frac{\sum \| X_\phi^{\text{train}} - F_\phi D_\phi X^{\text{test}} \|^2}
                       {\sum \| X_\phi^{\text{train}} \|^2}

    summed over the folds, each of which is the test once. At most zero where a part is only noise.

    Parameters
    ----------
    averages : as ``condition_means`` gives them, with folds, and with shuffles for the null.
    components, time, penalty : as for `DemixedComponents`.

    Returns
    -------
    ``explained`` over ``subject marginalisation``, and ``null`` with the further axis ``shuffle``:
    the same with the conditions exchanged between episodes.

    References
    ----------
    Kobak et al. (2016), Methods: the error by which the authors choose the penalty.
    """
    model = DemixedComponents(components, time, penalty)

    def share(means: xr.DataArray) -> xr.DataArray:
        error, total = _held_out(means, model)
        return (1 - error / total).transpose(..., "marginalisation")

    explained, shuffles = share(averages["mean"]), averages.sizes["shuffle"]
    batches = [slice(first, first + BATCH) for first in range(0, shuffles, BATCH)]
    shuffled = [share(averages["null"].isel(shuffle=batch)) for batch in batches]
    null = xr.concat(shuffled, dim="shuffle") if shuffled else explained.expand_dims(shuffle=0)
    return xr.Dataset({"explained": explained, "null": null.transpose(..., "shuffle", "marginalisation")})


def penalty_curve(
    averages: xr.Dataset, penalties: Sequence[float], components: int = 3, time: str | None = None
) -> xr.DataArray:
    """Share of all variance told from held-out episodes under each penalty, over ``subject penalty``.

    The best penalty is ``curve.mean("subject").idxmax("penalty")``.

    Parameters
    ----------
    averages : as ``condition_means`` gives them, with folds.
    penalties : to try.
    components, time : as for `DemixedComponents`.
    """
    curve = []
    for penalty in penalties:
        error, total = _held_out(averages["mean"], DemixedComponents(components, time, penalty))
        curve.append(1 - error.sum("marginalisation") / total.sum("marginalisation"))
    return xr.concat(curve, dim="penalty").assign_coords(penalty=list(penalties)).transpose(..., "penalty")


def _held_out(means: xr.DataArray, model: DemixedComponents) -> tuple[xr.DataArray, xr.DataArray]:
    """Squared error on the test folds, and the squared size of what it is an error of, per part."""
    if "fold" not in means.dims:
        raise ConfigurationError("the averages have no folds to test on: take `condition_means(…, folds=2)`")
    axes = conditions_of(means)
    train = (means.sum("fold") - means) / (means.sizes["fold"] - 1)
    model.fit(train)
    target = marginalise(train, model.time)
    rebuilt = model.rebuild(means - means.mean(axes) + model.mean_)
    over = ["fold", *axes, "unit"]
    return ((target - rebuilt) ** 2).sum(over), (target**2).sum(over)

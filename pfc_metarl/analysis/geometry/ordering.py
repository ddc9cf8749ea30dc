"""How a state is ordered by a task variable."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.analysis.geometry.activity import by_subject
from pfc_metarl.base.statistics import ranks


def rank_correlation(one: xr.DataArray, other: xr.DataArray, shuffles: int = 0, seed: int = 0) -> xr.Dataset:
    """Spearman's rho over episodes, with its null.

    Parameters
    ----------
    one, other : one value per ``episode``, and per ``subject`` where there are several.
    shuffles : size of the null, in which ``other`` is exchanged between episodes.
    seed : of the shuffles; the same for every subject.

    Returns
    -------
    ``correlation``, per subject, and ``null`` with the further axis ``shuffle``.
    """

    def of_one(own: xr.DataArray, its: xr.DataArray) -> xr.Dataset:
        ours, others = ranks(own.values), ranks(its.values)
        generator = np.random.default_rng(seed)
        null = [np.corrcoef(ours, generator.permutation(others))[0, 1] for _ in range(shuffles)]
        return xr.Dataset({"correlation": np.corrcoef(ours, others)[0, 1], "null": ("shuffle", null)})

    return by_subject(of_one, one, other)

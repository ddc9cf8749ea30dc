"""Whether two networks move alike, whatever their units and coordinates: dynamical similarity analysis."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.geometry.components import PrincipalComponents
from pfc_metarl.analysis.geometry.pairs import pair_table
from pfc_metarl.base.errors import ConfigurationError

# Axes of the table beside those of the activity.
PLANE = ("episode", "step", "component")


def dynamical_table(
    activity: Mapping[str, xr.DataArray],
    components: int = 10,
    delays: int = 5,
    rank: int = 20,
    score: str = "wasserstein",
    shuffles: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Distance between the dynamics of each two networks.

    Each network's path through its first components, with delays, is described by the linear
    operator that best carries it one step on (dynamic mode decomposition). Two operators are then
    compared up to a change of coordinates.

    Parameters
    ----------
    activity : by group, over ``subject episode step unit``, or without ``subject``.
    components : of each network, on which its operator acts.
    delays, rank : of the embedding: steps put side by side, and dimensions kept of them.
    score : "wasserstein", between the operators' eigenvalues; or "angular", the angle left after
        the best rotation, which takes minutes for a dozen networks and starts from torch's own
        random numbers.
    shuffles : size of the null, in which each episode's steps are in random order: the same states,
        without dynamics.
    seed : of the shuffles.

    Returns
    -------
    As ``similarity_table``, with the measure "dsa": a distance, 0 for the same dynamics;
    ``null_bound`` is then the 5th percentile, and ``p`` how often the null is as near.

    Raises
    ------
    ConfigurationError
        If the extra ``similarity`` is not installed, or an episode is shorter than the delays.

    References
    ----------
    Ostrow et al. (2023), "Beyond geometry"; the package dsa-metric for both scores.
    """
    package = _package()
    generator = np.random.default_rng(seed)
    named: list[tuple[str, int]] = []
    own, shuffled = [], []
    for group, several in activity.items():
        if several.sizes["step"] <= delays:
            raise ConfigurationError(
                f"episodes of '{group}' have {several.sizes['step']} steps, too few for {delays} delays: take fewer"
            )
        path = PrincipalComponents(components).fit(several).transform(several)
        for one in path if "subject" in path.dims else [path]:
            states = one.transpose(*PLANE).values
            named.append((group, int(one.coords.get("subject", 0))))
            own.append(_operator(package, states, delays, rank))
            order = generator.permuted(np.tile(np.arange(states.shape[1]), (shuffles, len(states), 1)), axis=-1)
            shuffled.append(
                [_operator(package, np.take_along_axis(states, each[..., None], 1), delays, rank) for each in order]
            )
    compare = package.SimilarityTransformDist(score_method=score)
    value = np.zeros((len(own), len(own)))
    for one, other in combinations(range(len(own)), 2):
        value[one, other] = value[other, one] = float(compare.fit_score(own[one], own[other]))
    null = [[[float(compare.fit_score(one, each)) for each in other] for other in shuffled] for one in own]
    return pair_table(named, "dsa", value, np.array(null).reshape(len(own), len(own), shuffles), low_is_alike=True)


def _package() -> Any:
    """Import dsa-metric."""
    try:
        return import_module("DSA")
    except ImportError:
        raise ConfigurationError(
            "dynamical similarity needs the package dsa-metric: install the extra, `pip install pfc-metarl[similarity]`"
        ) from None


def _operator(package: Any, states: Float[np.ndarray, "episode step component"], delays: int, rank: int) -> Any:
    """What carries the embedded state one step on."""
    model = package.DMD(states, n_delays=delays, rank=min(rank, delays * states.shape[-1]))
    model.fit()
    return model.A_v

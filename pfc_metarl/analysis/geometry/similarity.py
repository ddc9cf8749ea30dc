"""How alike networks are in what they tell apart: representational similarity, CKA and Procrustes.

Two networks share no units. What they share are conditions, and each measure compares how
activity is laid out over these, whatever the units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.geometry.dissimilarity import by_condition, euclidean
from pfc_metarl.analysis.geometry.pairs import pair_table
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.statistics import ranks

# Fewer conditions leave the debiased CKA undefined.
LEAST = 4

Layout = Float[np.ndarray, "condition _"]
Similarities = Float[np.ndarray, "network other"]


def similarity_table(
    averages: Mapping[str, xr.Dataset], measures: Sequence[str] = ("rsa", "cka-debiased", "procrustes")
) -> pd.DataFrame:
    r"""How alike each two networks are, within groups and between them.

    Parameters
    ----------
    averages : by group, such as tasks, stages of training, "untrained" as a null, or a "model"
        whose units are what it represents: as ``condition_means`` gives them, all over the same
        conditions. Conditions that never came somewhere are left out everywhere.
    measures : "rsa", Spearman's correlation of squared Euclidean dissimilarities; "cka", linear
        :math:`\|X^\top Y\|_F^2 / (\|X^\top X\|_F \|Y^\top Y\|_F)` of centred X and Y; "cka-debiased",
        the same with unbiased estimates, which is about 0 rather than above it where nothing is
        shared; "procrustes", :math:`\|X^\top Y\|_* / (\|X\|_F \|Y\|_F)`, the cosine left between
        them after the best rotation (scipy's disparity is one minus its square).

    Returns
    -------
    One row per pair: ``measure group subject other_group other_subject same_subject value``, and,
    where the averages hold shuffles, ``null_mean``, ``null_bound`` (95th percentile) and ``p`` of one
    network with the other whose conditions were exchanged between episodes. What all episodes
    share, such as a course over steps, is in this null too.

    Raises
    ------
    ConfigurationError
        If a measure is unknown, the groups' conditions differ, or fewer than 4 conditions remain.

    References
    ----------
    Kriegeskorte, Mur & Bandettini (2008) for RSA; Kornblith et al. (2019) for CKA; Song et al.
    (2012) for its unbiased estimate; Williams et al. (2021) for Procrustes.
    """
    if unknown := sorted(set(measures) - set(MEASURES)):
        raise ConfigurationError(f"no similarity is called '{unknown[0]}': take some of {', '.join(MEASURES)}")
    networks = _networks(averages)
    named = [(each.group, each.subject) for each in networks]
    tables = []
    for name in measures:
        signature, compare = MEASURES[name]
        own = [signature(each.layout) for each in networks]
        null = np.full((len(own), len(own), max(len(each.shuffled) for each in networks)), np.nan)
        for shuffle in range(null.shape[-1]):
            present = [position for position, each in enumerate(networks) if shuffle < len(each.shuffled)]
            null[:, present, shuffle] = compare(
                own, [signature(networks[position].shuffled[shuffle]) for position in present]
            )
        tables.append(pair_table(named, name, compare(own, own), null))
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class _Network:
    """Averages of one subject, and the same with its conditions exchanged."""

    group: str
    subject: int
    layout: Layout
    shuffled: Float[np.ndarray, "shuffle condition _"]


def _networks(averages: Mapping[str, xr.Dataset]) -> list[_Network]:
    """Take groups apart into networks, and keep the conditions that all of them have."""
    found: list[_Network] = []
    names: np.ndarray | None = None
    for group, each in averages.items():
        if "fold" in each["mean"].dims:
            raise ConfigurationError(
                f"the averages of '{group}' are apart by fold: take `condition_means` with one fold"
            )
        means = by_condition(_with_subjects(each["mean"]))
        null = by_condition(_with_subjects(each["null"])) if "null" in each else means.expand_dims(shuffle=0)
        conditions = means["condition"].values
        if names is not None and not np.array_equal(conditions, names):
            raise ConfigurationError(
                f"group '{group}' has other conditions than the first: {', '.join(conditions[:4])}… "
                f"and {', '.join(names[:4])}…; average both over the same ones"
            )
        names = conditions
        found += [
            _Network(group, int(subject), own, shuffled)
            for subject, own, shuffled in zip(
                means["subject"].values, means.values, null.transpose("subject", "shuffle", ...).values, strict=True
            )
        ]
    present = np.logical_and.reduce(
        [np.isfinite(table).all(axis=-1) for each in found for table in (each.layout, *each.shuffled)]
    )
    if present.sum() < LEAST:
        raise ConfigurationError(
            f"{present.sum()} conditions came in every network: compare them over at least {LEAST}, "
            "with more episodes or fewer conditions"
        )
    return [replace(each, layout=each.layout[present], shuffled=each.shuffled[:, present]) for each in found]


def _with_subjects(means: xr.DataArray) -> xr.DataArray:
    return means if "subject" in means.dims else means.expand_dims("subject")


def _dissimilarities(layout: Layout) -> Float[np.ndarray, " pair"]:
    """Ranks of the dissimilarities, centred and of length one: Spearman's rho is then a dot product."""
    rank = ranks(euclidean(layout)[np.triu_indices(len(layout), 1)])
    return _unit(rank - rank.mean())


def _gram(layout: Layout) -> Float[np.ndarray, " pair"]:
    """Centred products of conditions, of length one."""
    centred = layout - layout.mean(0)
    return _unit((centred @ centred.T).ravel())


def _unbiased_gram(layout: Layout) -> Float[np.ndarray, " pair"]:
    """U-centred products of conditions: their dot products are Song's unbiased estimate (Székely & Rizzo, 2014)."""
    centred = layout - layout.mean(0)
    gram, count = centred @ centred.T, len(layout)
    np.fill_diagonal(gram, 0)
    rows = gram.sum(0) / (count - 2)
    gram = gram - rows - rows[:, None] + gram.sum() / ((count - 1) * (count - 2))
    np.fill_diagonal(gram, 0)
    return _unit(gram.ravel())


def _standardised(layout: Layout) -> Layout:
    return _unit(layout - layout.mean(0))


def _unit(values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Scale to length one; NaN where there is nothing to scale."""
    length = np.linalg.norm(values)
    return values / length if length > 0 else np.full_like(values, np.nan)


def _cosines(one: list[np.ndarray], other: list[np.ndarray]) -> Similarities:
    return np.stack(one) @ np.stack(other).T


def _nuclear_norms(one: list[np.ndarray], other: list[np.ndarray]) -> Similarities:
    """Sum of the singular values of each product."""
    return np.array([[_nuclear_norm(left.T @ right) for right in other] for left in one])


def _nuclear_norm(table: Float[np.ndarray, "_ _"]) -> float:
    return float(np.linalg.svd(table, compute_uv=False).sum()) if np.isfinite(table).all() else np.nan


MEASURES: Mapping[str, tuple[Callable[[Layout], np.ndarray], Callable[..., Similarities]]] = {
    "rsa": (_dissimilarities, _cosines),
    "cka": (_gram, _cosines),
    "cka-debiased": (_unbiased_gram, _cosines),
    "procrustes": (_standardised, _nuclear_norms),
}

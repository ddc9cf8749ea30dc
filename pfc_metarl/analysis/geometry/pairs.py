"""Tables of how alike each two networks are, with null and spread over subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import cast

import numpy as np
import pandas as pd
from jaxtyping import Float

from pfc_metarl.base.statistics import Interval, interval

# What a summary tells apart.
KINDS = ["measure", "group", "other_group", "same_subject"]


def pair_table(
    networks: Sequence[tuple[str, int]],
    measure: str,
    value: Float[np.ndarray, "network network"],
    null: Float[np.ndarray, "network network shuffle"],
    low_is_alike: bool = False,
) -> pd.DataFrame:
    """One row per pair of networks.

    Parameters
    ----------
    networks : group and subject of each.
    measure : its name.
    value : of each pair, symmetric.
    null : of each network with each shuffled one, NaN where there is none; a pair's null is that of
        the one with the shuffled other and the reverse.
    low_is_alike : whether the measure is a distance.

    Returns
    -------
    As `similarity_table` describes it.
    """
    one, other = np.triu_indices(len(networks), 1)
    chance = np.concatenate([null[one, other], null[other, one]], axis=-1)
    found, known = value[one, other], np.isfinite(chance)
    beyond = (chance <= found[:, None]) if low_is_alike else (chance >= found[:, None])
    limit = 0.05 if low_is_alike else 0.95
    shuffled = known.any(axis=1)
    bound, mean = np.full((2, len(found)), np.nan)
    if shuffled.any():
        bound[shuffled] = np.nanquantile(chance[shuffled], limit, axis=1)
        mean[shuffled] = np.nanmean(chance[shuffled], axis=1)
    first, second = (np.array(networks, dtype=object)[each] for each in (one, other))
    return pd.DataFrame(
        {
            "measure": measure,
            "group": first[:, 0].astype(str),
            "subject": first[:, 1].astype(int),
            "other_group": second[:, 0].astype(str),
            "other_subject": second[:, 1].astype(int),
            "same_subject": (first[:, 1] == second[:, 1]).astype(bool),
            "value": found,
            "null_mean": mean,
            "null_bound": bound,
            "p": np.where(shuffled, (1 + (beyond & known).sum(1)) / (1 + known.sum(1)), np.nan),
        }
    )


def similarity_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread over subjects for each two groups.

    Pairs that share a subject are not independent, so the interval is a jackknife's: the mean is
    taken again without each subject in turn, and all pairs that it is part of.

    Parameters
    ----------
    table : as `similarity_table` or `dynamical_table` gives it.

    Returns
    -------
    One row per measure, two groups, and whether both networks are the same subject (at two stages
    of training, or in two tasks): ``mean low high subjects`` of the value, its 95% interval (NaN
    where leaving a subject out leaves no pair), and the mean over pairs of ``null_mean`` and
    ``null_bound``.

    References
    ----------
    Arvesen (1969), "Jackknifing U-statistics".
    """
    summary = []
    for kind, pairs in table.groupby(KINDS, sort=False):
        labels = dict(zip(KINDS, cast("tuple[str, str, str, bool]", kind), strict=True))
        null = pairs[["null_mean", "null_bound"]].mean().to_dict()
        summary.append({**labels, **asdict(_jackknife(pairs)), **null})
    return pd.DataFrame(summary)


def _jackknife(pairs: pd.DataFrame) -> Interval:
    """Mean over pairs, with the interval over the subjects in them."""
    value, one, other = (pairs[name].to_numpy() for name in ("value", "subject", "other_subject"))
    subjects = np.union1d(one, other)
    without = [value[(one != subject) & (other != subject)] for subject in subjects]
    left_out = np.array([each.mean() if len(each) else np.nan for each in without])
    pseudo = len(subjects) * value.mean() - (len(subjects) - 1) * left_out
    return replace(interval(pseudo), mean=float(value.mean()))

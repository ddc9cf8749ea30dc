"""Dissimilarity and similarity between networks, against explicit formulas, invariances and known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from pfc_metarl.analysis.geometry import condition_means, dissimilarity, similarity_summary, similarity_table
from pfc_metarl.base.errors import ConfigurationError

MEASURES = ("rsa", "cka", "cka-debiased", "procrustes")


def averages(*tables: np.ndarray) -> xr.Dataset:
    """Averages over ``condition unit``, one table per subject."""
    mean = xr.DataArray(np.stack(tables), dims=("subject", "kind", "unit"))
    return xr.Dataset({"mean": mean}, coords={"subject": range(len(tables)), "kind": range(len(tables[0]))})


def similarity(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    table = similarity_table({"one": averages(one), "other": averages(other)}, MEASURES)
    return dict(zip(table["measure"], table["value"], strict=True))


@pytest.fixture
def two() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(15, 3))
    one, other = (shared @ generator.normal(size=(3, units)) + generator.normal(size=(15, units)) for units in (8, 5))
    return one, other


def unbiased_independence(gram: np.ndarray, other: np.ndarray) -> float:
    """Song et al. (2012), Eq. 4."""
    gram, other = (each - np.diag(np.diag(each)) for each in (gram, other))
    count, ones = len(gram), np.ones(len(gram))
    total = np.trace(gram @ other) + (ones @ gram @ ones) * (ones @ other @ ones) / ((count - 1) * (count - 2))
    return (total - 2 / (count - 2) * (ones @ gram @ other @ ones)) / (count * (count - 3))


def test_each_measure_is_its_formula(two: tuple[np.ndarray, np.ndarray]) -> None:
    found = similarity(*two)
    one, other = (each - each.mean(0) for each in two)
    cross, own, its = (np.linalg.norm(product) for product in (one.T @ other, one.T @ one, other.T @ other))
    assert found["cka"] == pytest.approx(cross**2 / (own * its))
    grams = one @ one.T, other @ other.T
    unbiased = [unbiased_independence(*pair) for pair in (grams, (grams[0],) * 2, (grams[1],) * 2)]
    assert found["cka-debiased"] == pytest.approx(unbiased[0] / np.sqrt(unbiased[1] * unbiased[2]))
    distances = [pdist(each, "sqeuclidean") for each in two]
    assert found["rsa"] == pytest.approx(spearmanr(*distances).statistic)
    disparity = procrustes(two[0], np.pad(two[1], ((0, 0), (0, 3))))[2]
    assert found["procrustes"] == pytest.approx(np.sqrt(1 - disparity))


def test_rotation_shift_and_scale_change_nothing(two: tuple[np.ndarray, np.ndarray]) -> None:
    generator = np.random.default_rng(1)
    rotation = np.linalg.qr(generator.normal(size=(8, 8)))[0]
    moved = 3 * two[0] @ rotation + generator.normal(size=8)
    for measure, value in similarity(two[0], moved).items():
        assert value == pytest.approx(1), measure
    before, after = similarity(*two), similarity(moved, two[1])
    assert all(after[measure] == pytest.approx(before[measure]) for measure in MEASURES)


def test_only_the_debiased_measure_is_about_zero_by_chance() -> None:
    generator = np.random.default_rng(0)
    apart = [averages(*generator.normal(size=(8, 20, 60))) for _ in range(2)]
    table = similarity_table(dict(zip("ab", apart, strict=True)), MEASURES)
    mean = table[table["group"] != table["other_group"]].groupby("measure")["value"].mean()
    assert mean["cka"] > 0.6
    assert abs(mean["cka-debiased"]) < 0.03
    assert abs(mean["rsa"]) < 0.05


def sessions(signal: float, seed: int, subjects: int = 3, episodes: int = 80) -> xr.Dataset:
    """Averages of subjects with units of their own: kinds laid out alike, as far as there is a signal."""
    generator = np.random.default_rng(seed)
    layout = np.random.default_rng(0).normal(size=(8, 4))
    kind = generator.integers(8, size=(subjects, episodes))
    axes = generator.normal(size=(subjects, 4, 10))
    values = signal * layout[kind] @ axes + generator.normal(size=(subjects, episodes, 10))
    activity = xr.DataArray(values, dims=("subject", "episode", "unit"), coords={"subject": range(subjects)})
    labels = xr.Dataset({"kind": (("subject", "episode"), kind)}, coords={"subject": range(subjects)})
    return condition_means(activity, labels, shuffles=30, seed=seed)


def test_what_is_shared_is_found_and_its_null_is_not() -> None:
    table = similarity_table({"trained": sessions(3, 1), "untrained": sessions(0, 2)})
    assert len(table) == 3 * (6 * 5 // 2)
    trained = table[(table["group"] == "trained") & (table["other_group"] == "trained")]
    assert (trained["value"] > trained["null_bound"]).all()
    assert trained["p"].max() < 0.05
    assert not trained["same_subject"].any()
    other = table[(table["other_group"] == "untrained") & (table["measure"] == "cka-debiased")]
    assert abs(other["value"].mean()) < 0.25
    assert 0.2 < other["p"].mean() < 0.8
    between = table[table["group"] != table["other_group"]]
    assert between["same_subject"].sum() == 3 * 3


def test_nothing_shared_gives_even_probabilities() -> None:
    probability = pd.concat(
        [
            similarity_table({"one": sessions(0, seed, 2), "other": sessions(0, seed + 100, 2)}, ["cka-debiased"])["p"]
            for seed in range(5)
        ]
    )
    assert 0.35 < probability.mean() < 0.65
    assert (probability < 0.05).mean() < 0.2


def test_the_summary_is_the_jackknife_over_subjects() -> None:
    table = similarity_table({"a": averages(*np.random.default_rng(0).normal(size=(4, 12, 6)))}, ["procrustes"])
    row = similarity_summary(table).iloc[0]
    value = np.zeros((4, 4))
    value[table["subject"], table["other_subject"]] = table["value"]
    value += value.T
    whole = value.sum() / 12
    left_out = np.array([np.delete(np.delete(value, each, 0), each, 1).sum() / 6 for each in range(4)])
    error = np.sqrt(3 / 4 * ((left_out - left_out.mean()) ** 2).sum())
    assert row["mean"] == pytest.approx(whole)
    assert row["high"] - row["mean"] == pytest.approx(3.182446 * error)
    assert row["subjects"] == 4
    assert np.isnan(row["null_mean"])


def test_the_jackknife_interval_covers_the_truth() -> None:
    # Each subject has a level; a pair's value is the sum of both: the mean over pairs is known, in 200 draws.
    one, other = np.triu_indices(8, 1)
    level = np.random.default_rng(0).normal(size=(200, 8))
    pairs = {"group": "a", "other_group": "a", "same_subject": False, "null_mean": 0.0, "null_bound": 0.0}
    draws = np.repeat(np.arange(200), len(one))
    value = (level[:, one] + level[:, other]).ravel()
    table = pd.DataFrame(
        {"measure": draws, "subject": np.tile(one, 200), "other_subject": np.tile(other, 200), **pairs}
    )
    summary = similarity_summary(table.assign(value=value))
    covered = (summary["low"] < 0) & (summary["high"] > 0)
    assert 0.9 < covered.mean() < 0.99


def test_two_subjects_have_no_interval_within_their_group() -> None:
    table = similarity_table({"a": averages(*np.random.default_rng(0).normal(size=(2, 12, 6)))}, ["rsa"])
    row = similarity_summary(table).iloc[0]
    assert row["mean"] == table["value"].iloc[0]
    assert np.isnan(row["low"])


def test_conditions_that_never_came_are_left_out_everywhere(two: tuple[np.ndarray, np.ndarray]) -> None:
    gap = two[0].copy()
    gap[3] = np.nan
    found = similarity(gap, two[1])
    assert found == pytest.approx(similarity(np.delete(two[0], 3, 0), np.delete(two[1], 3, 0)))


def test_what_cannot_be_compared_is_said(two: tuple[np.ndarray, np.ndarray]) -> None:
    one, other = (averages(each) for each in two)
    with pytest.raises(ConfigurationError, match="'cca'"):
        similarity_table({"a": one}, ["cca"])
    with pytest.raises(ConfigurationError, match="other conditions"):
        similarity_table({"a": one, "b": other.isel(kind=slice(5))})
    with pytest.raises(ConfigurationError, match="at least 4"):
        similarity_table({"a": one.isel(kind=slice(3))})
    with pytest.raises(ConfigurationError, match="fold"):
        similarity_table({"a": one.expand_dims(fold=2)})


@pytest.mark.parametrize(("metric", "reference"), [("euclidean", "sqeuclidean"), ("correlation", "correlation")])
def test_dissimilarities_are_those_of_scipy(metric: str, reference: str) -> None:
    table = np.random.default_rng(0).normal(size=(2, 2, 3, 7))
    means = xr.DataArray(
        table,
        dims=("subject", "rewarded", "side", "unit"),
        coords={"subject": [4, 5], "rewarded": [False, True], "side": ["l", "m", "r"]},
    )
    found = dissimilarity(means, metric)
    assert found["condition"].values.tolist() == ["False, l", "False, m", "False, r", "True, l", "True, m", "True, r"]
    expected = squareform(pdist(table[1].reshape(6, 7), reference)) / (7 if metric == "euclidean" else 1)
    np.testing.assert_allclose(found.sel(subject=5), expected, atol=1e-12)


def test_cross_validated_distances_are_true_on_average() -> None:
    generator = np.random.default_rng(0)
    truth = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0]])
    noisy = truth + generator.normal(size=(500, 3, 3, 2))
    means = xr.DataArray(noisy, dims=("subject", "fold", "kind", "unit"), coords={"kind": range(3)})
    each = dissimilarity(means, "crossvalidated")
    pairs = [(0, 1), (0, 2), (1, 2)]
    difference = noisy[7, :, 0] - noisy[7, :, 2]
    assert float(each[7, 2, 0]) == pytest.approx(np.mean([difference[one] @ difference[two] / 2 for one, two in pairs]))
    found = each.mean("subject")
    expected = [[0, 0, 2.5], [0, 0, 2.5], [2.5, 2.5, 0]]
    np.testing.assert_allclose(found, expected, atol=0.3)
    # The plain distance takes the noise for a difference: 2 variances per unit.
    plain = dissimilarity(means.isel(fold=0)).mean("subject")
    assert float(plain.isel(condition=0, other=1)) == pytest.approx(2, abs=0.3)
    with pytest.raises(ConfigurationError, match="folds are for"):
        dissimilarity(means)
    with pytest.raises(ConfigurationError, match="'cosine'"):
        dissimilarity(means, "cosine")

"""Logistic weights and their clustered errors, against statsmodels, simulation and the cases without an answer."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from pfc_metarl.analysis import foraging, two_step
from pfc_metarl.base.regression import clustered_weights, lagged, logistic_weights, population_weights

statsmodels = pytest.importorskip("statsmodels.api")


def clustered_data(seed: int = 0, clusters: int = 60, rows: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choices whose side bias differs from cluster to cluster, and predictors that do too."""
    generator = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rows)
    past = generator.normal(size=(clusters * rows, 2, 3)) + generator.normal(size=(clusters, 2, 3))[cluster]
    bias = generator.normal(size=clusters)[cluster]
    chosen = generator.random(len(cluster)) < expit(past.reshape(len(past), -1) @ np.linspace(-0.5, 0.5, 6) + bias)
    return past, chosen, cluster


def test_weights_and_errors_are_those_of_statsmodels() -> None:
    past, chosen, cluster = clustered_data()
    rows = np.column_stack([past.reshape(len(past), -1), np.ones(len(past))])
    oracle = statsmodels.Logit(chosen.astype(float), rows).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": cluster}
    )
    weight, error = clustered_weights(past, chosen, cluster)
    # scikit-learn stops a hundredth of an error away from the maximum.
    np.testing.assert_allclose(weight.ravel(), oracle.params[:-1], atol=1e-3)
    np.testing.assert_allclose(error.ravel(), oracle.bse[:-1], rtol=1e-3)
    plain = statsmodels.Logit(chosen.astype(float), rows).fit(disp=False).bse[:-1]
    assert (error.ravel() > 1.2 * plain).all(), "rows of a cluster are not independent, and the errors must say so"


def test_the_errors_are_the_spread_of_weights_over_repeated_studies() -> None:
    fits = [clustered_weights(*clustered_data(seed)) for seed in range(60)]
    weights, errors = (np.stack(each) for each in zip(*fits, strict=True))
    np.testing.assert_allclose(errors.mean(0), weights.std(0, ddof=1), rtol=0.4)


def test_weights_alone_are_the_same() -> None:
    past, chosen, cluster = clustered_data()
    np.testing.assert_array_equal(logistic_weights(past, chosen), clustered_weights(past, chosen, cluster)[0])


def test_what_has_no_answer_is_not_given_one() -> None:
    past, chosen, cluster = clustered_data(clusters=4)
    assert np.isnan(clustered_weights(past, np.ones_like(chosen), cluster)).all(), "the choice never varies"
    weight, error = clustered_weights(past, chosen, np.zeros_like(cluster))
    assert np.isfinite(weight).all()
    assert np.isnan(error).all(), "a single cluster"
    doubled = np.concatenate([past, past], axis=1)
    assert np.isnan(clustered_weights(doubled, chosen, cluster)[1]).all(), "predictors follow from each other"


def test_subjects_are_clustered_by_episode_and_everybody_by_subject() -> None:
    past, chosen, _ = clustered_data()
    shape = (4, 15, 40)
    counted = np.random.default_rng(1).random(shape) < 0.8
    by_place = past.reshape(*shape, 2, 3), chosen.reshape(shape), counted
    found = population_weights(*by_place)
    subject, episode, _ = np.indices(shape)
    weight, error = clustered_weights(by_place[0][2][counted[2]], by_place[1][2][counted[2]], episode[2][counted[2]])
    np.testing.assert_array_equal(found.weight[2], weight)
    np.testing.assert_array_equal(found.error[2], error)
    weight, error = clustered_weights(by_place[0][counted], by_place[1][counted], subject[counted])
    np.testing.assert_array_equal(found.pooled_weight, weight)
    np.testing.assert_array_equal(found.pooled_error, error)


def random_trials(seed: int = 0) -> xr.Dataset:
    """People who choose without any regard to the past."""
    generator = np.random.default_rng(seed)
    axes, shape = ("subject", "episode", "trial"), (12, 4, 80)
    return xr.Dataset(
        {
            "choice": (axes, generator.integers(0, 2, shape)),
            "reward": (axes, generator.integers(0, 2, shape).astype(float)),
            "common": (axes, generator.random(shape) < 0.7),
            "valid": (axes, generator.random(shape) < 0.95),
        },
        coords={"subject": np.arange(12)},
    )


@pytest.mark.parametrize("analysis", [two_step, foraging])
def test_lagged_regression_has_the_weights_of_lagged_weights(analysis) -> None:
    trials = random_trials()
    found = analysis.lagged_regression(trials, lags=3)
    xr.testing.assert_equal(found["weight"], analysis.lagged_weights(trials, lags=3))
    assert found["pooled_error"].dims == found["pooled_weight"].dims == found["weight"].dims[1:]
    assert np.isfinite(found["error"]).all()


@pytest.mark.parametrize("analysis", [two_step, foraging])
def test_choices_without_a_past_are_within_their_errors(analysis) -> None:
    found = [analysis.lagged_regression(random_trials(seed), lags=3) for seed in range(6)]
    z = np.concatenate([(each["pooled_weight"] / each["pooled_error"]).values.ravel() for each in found])
    assert 0.6 < z.std() < 1.5
    assert np.mean(abs(z) > 2.2) < 0.15


@pytest.mark.parametrize("trials", [1, 3, 5, 6, 7])
def test_of_sessions_as_short_as_the_lags_no_trial_is_explained(trials: int) -> None:
    events = np.arange(2.0 * 3 * trials).reshape(2, 3, trials)
    past = lagged(events, lags=5)
    assert past.shape == (2, 3, max(trials - 5, 0), 5)
    for number in range(past.shape[2]):
        np.testing.assert_array_equal(past[:, :, number], events[:, :, number : number + 5][..., ::-1])


def test_of_nobody_there_are_no_weights() -> None:
    found = population_weights(np.zeros((0, 2, 4, 3)), np.zeros((0, 2, 4), bool), np.zeros((0, 2, 4), bool))
    assert found.weight.shape == found.error.shape == (0, 3)
    assert np.isnan(found.pooled_weight).all()

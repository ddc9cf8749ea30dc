"""Decoders and regressions find what is there, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pfc_metarl.analysis.decoding import decode, tracking_units

EPISODES, STEPS, UNITS = 40, 30, 12


def wandering(generator: np.random.Generator, columns: int, episodes: int = EPISODES) -> np.ndarray:
    """Variables that resemble themselves from step to step, as activity does."""
    return generator.normal(size=(episodes, STEPS, columns)).cumsum(1)


def test_a_variable_that_is_there_is_decoded() -> None:
    generator = np.random.default_rng(0)
    activity = wandering(generator, UNITS)
    weights = generator.normal(size=UNITS)
    exact = decode(activity, activity @ weights + 3, shuffles=5)
    assert exact.explained == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(exact.decoded, activity @ weights + 3, rtol=0.05, atol=0.2)
    signal = activity @ weights
    noisy = decode(activity, signal + signal.std() * generator.normal(size=signal.shape), shuffles=0)
    assert noisy.explained == pytest.approx(0.5, abs=0.06)
    assert noisy.shuffled.shape == (0,)


def test_a_variable_that_is_not_there_is_not_decoded_however_smooth_it_is() -> None:
    generator = np.random.default_rng(1)
    found = [
        decode(wandering(generator, UNITS), wandering(generator, 1)[..., 0], shuffles=20, seed=seed)
        for seed in range(5)
    ]
    assert np.mean([each.explained for each in found]) < 0.0
    assert np.mean([each.shuffled.mean() for each in found]) < 0.0
    assert all(each.shuffled.shape == (20,) for each in found)


def test_a_time_course_common_to_all_episodes_is_decoded_from_exchanged_episodes_too() -> None:
    generator = np.random.default_rng(2)
    ramp = np.linspace(0, 1, STEPS) * np.ones((EPISODES, 1))
    activity = ramp[..., None] + 0.01 * generator.normal(size=(EPISODES, STEPS, UNITS))
    found = decode(activity, ramp, shuffles=5)
    assert min(found.explained, *found.shuffled) > 0.99


def test_units_that_track_are_found_and_no_others() -> None:
    generator = np.random.default_rng(3)
    variable = generator.normal(size=EPISODES)[:, None] + 0.1 * wandering(generator, 1)[..., 0]
    covariates = wandering(generator, 2)
    activity = 0.3 * wandering(generator, UNITS) + covariates @ generator.normal(size=(2, UNITS))
    activity[..., :3] += 2 * variable[..., None]
    found = tracking_units(activity, variable, covariates, shuffles=20)
    assert found.share == 3 / UNITS
    assert (found.probability < 0.05 / UNITS).tolist() == [True] * 3 + [False] * (UNITS - 3)
    np.testing.assert_allclose(found.weight[:3] / variable.std(), 2, atol=0.5)
    assert found.shuffled.mean() < 0.05


def test_what_covariates_explain_is_not_counted() -> None:
    generator = np.random.default_rng(4)
    covariates = wandering(generator, 1)
    variable = covariates[..., 0] + generator.normal(size=(EPISODES, STEPS))
    activity = covariates + generator.normal(size=(EPISODES, STEPS, UNITS))
    assert tracking_units(activity, variable, covariates, shuffles=0).share == 0
    assert tracking_units(activity, variable, generator.normal(size=(EPISODES, STEPS, 1)), shuffles=0).share == 1


def test_smooth_activity_is_taken_for_tracking_as_often_as_the_level_says() -> None:
    generator = np.random.default_rng(5)
    found = [
        tracking_units(
            wandering(generator, UNITS), wandering(generator, 1)[..., 0], wandering(generator, 2), shuffles=0
        ).probability
        for _ in range(100)
    ]
    # Regarding steps as independent would give about .7 here.
    assert np.mean(np.stack(found) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_the_weight_and_its_error_are_those_of_the_textbook() -> None:
    generator = np.random.default_rng(6)
    variable, covariates, activity = (wandering(generator, columns, episodes=8) for columns in (1, 2, 1))
    found = tracking_units(activity, variable[..., 0], covariates, shuffles=0)
    design = np.concatenate([variable, covariates, np.ones_like(variable)], axis=-1)
    rows = design.reshape(-1, 4)
    inverse = np.linalg.inv(rows.T @ rows)
    weights = inverse @ rows.T @ activity.reshape(-1)
    meat = np.zeros((4, 4))
    for own, unit in zip(design, activity[..., 0], strict=True):
        score = own.T @ (unit - own @ weights)
        meat += np.outer(score, score)
    error = np.sqrt((inverse @ meat @ inverse)[0, 0] * 8 / 7)
    assert float(found.weight[0]) == pytest.approx(weights[0] * variable.std())
    assert float(found.probability[0]) == pytest.approx(2 * stats.t.sf(abs(weights[0]) / error, 7))

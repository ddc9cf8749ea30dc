"""Units that follow a variable are found, and no others, however much the steps of an episode resemble each other."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from pfc_metarl.analysis.tracking import tracking_units
from pfc_metarl.base.errors import ConfigurationError

AXES = ("subject", "episode", "step")
EPISODES, STEPS, UNITS = 40, 30, 12


def wandering(generator: np.random.Generator, columns: int, episodes: int = EPISODES) -> np.ndarray:
    """Variables that resemble themselves from step to step, as activity does."""
    return generator.normal(size=(episodes, STEPS, columns)).cumsum(1)


def tracked(
    activity: np.ndarray, variable: np.ndarray, covariates: np.ndarray, shuffles: int = 0, subjects: int = 1
) -> xr.Dataset:
    """The regression of one subject, or of several that are alike."""

    def several(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, (subjects, *values.shape))

    others = {f"c{place}": (AXES, several(covariates[..., place])) for place in range(covariates.shape[-1])}
    return tracking_units(
        xr.DataArray(several(activity), dims=(*AXES, "unit"), coords={"subject": range(subjects)}),
        xr.DataArray(several(variable), dims=AXES),
        xr.Dataset(others),
        shuffles,
    )


def test_units_that_track_are_found_and_no_others() -> None:
    generator = np.random.default_rng(3)
    variable = generator.normal(size=EPISODES)[:, None] + 0.1 * wandering(generator, 1)[..., 0]
    covariates = wandering(generator, 2)
    activity = 0.3 * wandering(generator, UNITS) + covariates @ generator.normal(size=(2, UNITS))
    activity[..., :3] += 2 * variable[..., None]
    found = tracked(activity, variable, covariates, shuffles=20, subjects=2)
    np.testing.assert_allclose(found["share"], 3 / UNITS)
    assert (found["probability"] < 0.05 / UNITS).values[1].tolist() == [True] * 3 + [False] * (UNITS - 3)
    np.testing.assert_allclose(found["weight"][:, :3] / variable.std(), 2, atol=0.5)
    assert found["null"].sizes == {"subject": 2, "shuffle": 20}
    assert float(found["null"].mean()) < 0.05


def test_what_covariates_explain_is_not_counted() -> None:
    generator = np.random.default_rng(4)
    covariates = wandering(generator, 1)
    variable = covariates[..., 0] + generator.normal(size=(EPISODES, STEPS))
    activity = covariates + generator.normal(size=(EPISODES, STEPS, UNITS))
    assert float(tracked(activity, variable, covariates)["share"][0]) == 0
    assert float(tracked(activity, variable, generator.normal(size=(EPISODES, STEPS, 1)))["share"][0]) == 1


def test_smooth_activity_is_taken_for_tracking_as_often_as_the_level_says() -> None:
    generator = np.random.default_rng(5)
    found = [
        tracked(wandering(generator, UNITS), wandering(generator, 1)[..., 0], wandering(generator, 2))["probability"]
        for _ in range(100)
    ]
    # Regarding steps as independent would give about .7 here.
    assert np.mean(np.stack(found) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_the_weight_and_its_error_are_those_of_the_textbook() -> None:
    generator = np.random.default_rng(6)
    variable, covariates, activity = (wandering(generator, columns, episodes=8) for columns in (1, 2, 1))
    found = tracked(activity, variable[..., 0], covariates).isel(subject=0)
    design = np.concatenate([variable, covariates, np.ones_like(variable)], axis=-1)
    rows = design.reshape(-1, 4)
    inverse = np.linalg.inv(rows.T @ rows)
    weights = inverse @ rows.T @ activity.reshape(-1)
    meat = np.zeros((4, 4))
    for own, unit in zip(design, activity[..., 0], strict=True):
        score = own.T @ (unit - own @ weights)
        meat += np.outer(score, score)
    error = np.sqrt((inverse @ meat @ inverse)[0, 0] * 8 / 7)
    assert float(found["weight"][0]) == pytest.approx(weights[0] * variable.std())
    assert float(found["probability"][0]) == pytest.approx(2 * stats.t.sf(abs(weights[0]) / error, 7))


def test_a_unit_that_never_varies_tracks_nothing() -> None:
    generator = np.random.default_rng(7)
    silent = np.full((EPISODES, STEPS, 1), 0.25)
    found = tracked(silent, wandering(generator, 1)[..., 0], wandering(generator, 1), shuffles=2)
    assert float(found["share"][0]) == 0


def test_missing_steps_are_refused() -> None:
    gap = np.where(np.arange(STEPS) == 3, np.nan, np.ones((EPISODES, STEPS)))
    with pytest.raises(ConfigurationError, match="select steps that have all"):
        tracked(np.zeros((EPISODES, STEPS, 1)), gap, np.zeros((EPISODES, STEPS, 1)))

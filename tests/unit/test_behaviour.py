"""Measures of choices, against numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.behaviour import (
    better_arm_share,
    cumulative_regret,
    final_regret,
    learning_curve,
    mirror_average,
    switch_rate,
)
from pfc_metarl.base.statistics import confidence_band

AXES = ("subject", "episode", "step")


@pytest.fixture
def recording() -> xr.Dataset:
    """Two subjects, two episodes of four choices between arms that would pay .75 and .25."""
    choice = np.array([[[0, 0, 1, 1], [0, 1, 0, 1]], [[1, 1, 1, 1], [0, 0, 0, 0]]])
    better = np.array([[[0] * 4, [1] * 4]] * 2)
    regret = np.where(choice == better, 0, 0.5).astype(np.float32)
    data = {"choice": choice, "better_arm": better, "regret": regret, "valid": np.ones(choice.shape, bool)}
    return xr.Dataset({name: (AXES, values) for name, values in data.items()}, coords={"subject": [3, 9]})


def test_regret_adds_up(recording: xr.Dataset) -> None:
    total = cumulative_regret(recording)
    np.testing.assert_allclose(total[0, 0], [0, 0, 0.5, 1])
    np.testing.assert_allclose(final_regret(recording), [1, 2])
    assert total.dtype == float


def test_switches_and_better_choices_are_counted(recording: xr.Dataset) -> None:
    np.testing.assert_allclose(switch_rate(recording), [[0.5, 1, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(better_arm_share(recording), [0.5, 0])


def test_after_its_end_an_episode_has_no_switches(recording: xr.Dataset) -> None:
    recording["valid"][0, 0, 2:] = False
    recording["valid"][1, :, 3] = False
    np.testing.assert_allclose(switch_rate(recording), [[0.5, 1, 1], [0, 0, np.nan]])


def test_a_learning_curve_is_the_mean_over_episodes_with_its_spread_over_subjects(recording: xr.Dataset) -> None:
    better = recording["choice"] == recording["better_arm"]
    found = learning_curve(better)
    curves = np.array([[0.5, 1, 0, 0.5], [0, 0, 0, 0]])
    np.testing.assert_allclose(found["curve"], curves)
    for name, expected in zip(("mean", "low", "high"), confidence_band(curves), strict=True):
        np.testing.assert_allclose(found[name], expected)
    smooth = learning_curve(better.transpose("step", "subject", "episode"), window=3)["curve"]
    np.testing.assert_allclose(smooth[0], [0.75, 0.5, 0.5, 0.25])
    assert learning_curve(better.rename(step="trial"))["mean"].dims == ("trial",)


def test_what_does_not_count_is_left_out_of_a_learning_curve(recording: xr.Dataset) -> None:
    better = recording["choice"] == recording["better_arm"]
    counted = xr.ones_like(better)
    counted[0, 0, 1] = False
    counted[:, :, 3] = False
    curve = learning_curve(better, counted)["curve"]
    np.testing.assert_allclose(curve[0], [0.5, 1, 0, np.nan])


def test_a_side_bias_cancels() -> None:
    one, other = (xr.DataArray([value, 1.0], dims="subject") for value in (0.2, 0.6))
    np.testing.assert_allclose(mirror_average(one, other), [0.4, 1.0])
    with pytest.raises(ValueError, match="recorded alike"):
        mirror_average(one, other[:1])

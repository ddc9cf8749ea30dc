"""Bias, variance and examples needed, by hand and in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.generalisation import bias_and_variance, examples_needed


def test_two_draws_by_hand() -> None:
    prediction = xr.DataArray([[1.0, 2.0], [3.0, 2.0]], dims=("draw", "point"))
    parts = bias_and_variance(prediction, xr.DataArray([0.0, 1.0], dims="point"))
    # Means 2 and 2, variances 2 and 0; squared distances of the means 4 and 1.
    assert float(parts["variance"]) == 1
    assert float(parts["error"]) == (1 + 9 + 1 + 1) / 4
    assert float(parts["bias"]) == (4 + 1) / 2 - 1 / 2


def test_bias_and_variance_add_up_to_the_error() -> None:
    generator = np.random.default_rng(0)
    prediction = xr.DataArray(generator.normal(size=(3, 7, 11)), dims=("subject", "draw", "point"))
    truth = xr.DataArray(generator.normal(size=(3, 11)), dims=("subject", "point"))
    parts = bias_and_variance(prediction, truth)
    assert parts["error"].dims == ("subject",)
    np.testing.assert_allclose(parts["bias"] + parts["variance"], parts["error"])


def test_the_estimates_are_right_on_average() -> None:
    generator = np.random.default_rng(0)
    prediction = xr.DataArray(generator.normal(0.5, 2, (20_000, 3, 1)), dims=("repeat", "draw", "point"))
    parts = bias_and_variance(prediction, xr.DataArray([0.0], dims="point")).mean("repeat")
    assert float(parts["bias"]) == pytest.approx(0.25, abs=0.04)
    assert float(parts["variance"]) == pytest.approx(4, abs=0.1)


def curve(*errors: float) -> xr.DataArray:
    return xr.DataArray([errors], dims=("subject", "examples"), coords={"examples": [10, 20, 40]})


@pytest.mark.parametrize(
    ("errors", "needed", "reached"),
    [
        ((0.4, 0.2, 0.1), 20.0, True),
        ((0.4, 0.1, 0.05), 10 * 2**0.5, True),  # half-way in the logarithm from .4 to .1
        ((0.1, 0.1, 0.1), 10.0, True),
        ((0.1, 0.4, 0.1), 40 / 2**0.5, True),  # what was reached by luck is not enough
        ((0.4, 0.4, 0.3), 40.0, False),
        ((0.1, 0.1, 0.3), 40.0, False),
    ],
)
def test_examples_needed_by_hand(errors: tuple[float, ...], needed: float, reached: bool) -> None:
    found = examples_needed(curve(*errors), 0.2)
    assert found["examples"].values == pytest.approx([needed])
    assert found["reached"].values.tolist() == [reached]


def test_an_error_that_falls_as_one_over_n_is_met_exactly() -> None:
    tested = np.array([8, 64, 512])
    error = xr.DataArray(np.outer([2.0, 6.0], 1 / tested), dims=("subject", "examples"), coords={"examples": tested})
    np.testing.assert_allclose(examples_needed(error, 0.02)["examples"], [100, 300])

"""Moments of parts are moments of the whole, and what is fitted from them is what rows would give."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from pfc_metarl.base.moments import Moments, PairedMoments, total
from pfc_metarl.base.readout import ridge, squared_error


def test_moments_of_parts_add_up_to_those_of_the_whole() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 3)) + 100
    parts = total(Moments.of(part) for part in (rows[:7], rows[7:8], rows[8:]))
    assert parts.count == 50
    np.testing.assert_allclose(parts.mean, rows.mean(0))
    np.testing.assert_allclose(parts.covariance, np.cov(rows.T, bias=True))


def test_a_large_mean_costs_no_digits() -> None:
    rows = np.random.default_rng(1).normal(size=(1000, 2))
    shifted = total(Moments.of(part + 1e8) for part in np.split(rows, 10))
    np.testing.assert_allclose(shifted.covariance, np.cov(rows.T, bias=True), rtol=1e-6)


def paired(seed: int, windows: int = 2, rows: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictors, targets, and which rows count; the others hold nonsense."""
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(windows, rows, 3)) + 2, generator.normal(size=(windows, rows, 4)) - 1
    present = generator.random((windows, rows)) < 0.8
    x[~present], y[~present] = np.nan, 1e9
    return x, y, present


def test_paired_moments_of_parts_add_up_and_absent_rows_count_for_nothing() -> None:
    x, y, present = paired(2)
    splits = ((0, 5), (5, 6), (6, 40))
    found = total(PairedMoments.of(x[:, a:b], y[:, a:b], present[:, a:b]) for a, b in splits)
    for window in range(2):
        both = np.column_stack([x[window], y[window]])[present[window]]
        scatter = np.cov(both.T, bias=True) * len(both)
        own = found.window(window)
        assert own.count.tolist() == [len(both)]
        np.testing.assert_allclose(own.predictor_mean[0], both[:, :3].mean(0))
        np.testing.assert_allclose(own.target_mean[0], both[:, 3:].mean(0))
        np.testing.assert_allclose(own.product[0], scatter[:3, :3])
        np.testing.assert_allclose(own.cross[0], scatter[:3, 3:])
        np.testing.assert_allclose(own.power[0], np.diag(scatter)[3:])


def test_parts_without_rows_change_nothing() -> None:
    x, y, present = paired(3)
    some, none = PairedMoments.of(x, y, present), PairedMoments.of(x, y, np.zeros_like(present))
    for joined in (some + none, none + some):
        np.testing.assert_allclose(joined.cross, some.cross)
        np.testing.assert_allclose(joined.predictor_mean, some.predictor_mean)
    assert np.isfinite((none + none).product).all()


@pytest.mark.parametrize("penalty", [0.0, 3.0])
def test_a_readout_and_its_error_are_those_of_the_rows(penalty: float) -> None:
    x, y, present = paired(4)
    fitted, judged = PairedMoments.of(x, y, present), PairedMoments.of(*paired(5))
    readout = ridge(fitted, penalty)
    for window in range(2):
        rows, targets = x[window][present[window]], y[window][present[window]]
        scale = rows.std(0)
        reference = Ridge(penalty).fit(rows / scale, targets)
        np.testing.assert_allclose(readout.read(x)[window][present[window]], reference.predict(rows / scale))
        other_x, other_y, other_present = (each[1][paired(5)[2][1]] for each in paired(5))
        assert other_present.all()
        error = ((reference.predict(other_x / scale) - other_y) ** 2).sum(0)
        # One window of moments judges the readouts of all windows.
        np.testing.assert_allclose(squared_error(readout, judged.window(1))[window], error)

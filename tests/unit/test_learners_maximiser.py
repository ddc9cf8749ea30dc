"""Many problems side by side, each with an answer known from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression

from pfc_metarl.analysis.learners.maximiser import Objective, Slope, maximise

LOW, HIGH = np.array([-5.0, -5.0]), np.array([5.0, 5.0])


def logistic(predictors: np.ndarray, chosen: np.ndarray) -> Objective:
    """Log likelihood of weights, over ``subject row predictor`` and ``subject row``."""

    def objective(points: np.ndarray, subjects: np.ndarray) -> Slope:
        x, y = predictors[subjects], chosen[subjects]
        side = np.where(y, 1, -1) * np.einsum("srp,ksp->ksr", x, points)
        score = np.einsum("ksr,srp->ksp", expit(-side) * np.where(y, 1, -1), x)
        information = np.einsum("ksr,srp,srq->kspq", expit(side) * expit(-side), x, x)
        return Slope(log_expit(side).sum(-1), score, information)

    return objective


@pytest.fixture
def regression() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    predictors = generator.normal(size=(4, 200, 2))
    weights = generator.uniform(-2, 2, (4, 1, 2))
    return predictors, generator.random((4, 200)) < expit((predictors * weights).sum(-1))


def test_weights_are_those_of_another_library(regression: tuple[np.ndarray, np.ndarray]) -> None:
    start = np.broadcast_to(np.array([[[0.0, 0.0]], [[3.0, -3.0]]]), (2, 4, 2))
    found, value = maximise(logistic(*regression), start, LOW, HIGH)
    for subject, (x, y) in enumerate(zip(*regression, strict=True)):
        model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8).fit(x, y)
        np.testing.assert_allclose(found[:, subject], [model.coef_[0]] * 2, atol=1e-4)
        assert value[0, subject] == pytest.approx(np.log(model.predict_proba(x)[np.arange(200), y.astype(int)]).sum())


def test_what_is_best_outside_the_box_ends_on_it(regression: tuple[np.ndarray, np.ndarray]) -> None:
    predictors, chosen = regression
    # Where predictors go together, the best place on an edge is not below the best place outside.
    predictors = predictors @ np.array([[1.0, 0.9], [0.0, 0.4]])
    tight = np.array([0.3, 0.3])
    found, value = maximise(logistic(predictors, chosen), np.zeros((1, 4, 2)), -tight, tight)
    assert (np.abs(found) <= 0.3).all()
    grid = np.stack(np.meshgrid(*[np.linspace(-0.3, 0.3, 61)] * 2), axis=-1).reshape(-1, 1, 2)
    every = logistic(predictors, chosen)(np.broadcast_to(grid, (len(grid), 4, 2)), np.arange(4)).value
    assert (value[0] >= every.max(0) - 1e-9).all()


def test_what_is_never_contradicted_ends_at_its_bound() -> None:
    predictors = np.abs(np.random.default_rng(1).normal(size=(1, 30, 2)))
    found, _ = maximise(logistic(predictors, np.ones((1, 30), bool)), np.zeros((1, 1, 2)), LOW, HIGH)
    np.testing.assert_array_equal(found[0, 0], HIGH)


def test_what_makes_no_difference_stays_where_it_was(regression: tuple[np.ndarray, np.ndarray]) -> None:
    predictors = regression[0] * np.array([1.0, 0.0])
    found, _ = maximise(logistic(predictors, regression[1]), np.full((1, 4, 2), 0.5), LOW, HIGH)
    np.testing.assert_array_equal(found[..., 1], 0.5)


def test_a_curved_valley_is_followed_to_its_end() -> None:
    """Rosenbrock's, whose curvature is given wrong by a factor: what is seen corrects it."""

    def objective(points: np.ndarray, subjects: np.ndarray) -> Slope:
        x, y = points[..., 0], points[..., 1]
        bend = y - x**2
        score = np.stack([2 * (1 - x) + 40 * x * bend, -20 * bend], axis=-1)
        information = np.stack([np.stack([2 + 80 * x**2, -40 * x], -1), np.stack([-40 * x, 20 + 0 * x], -1)], -1)
        return Slope(-((1 - x) ** 2) - 10 * bend**2, score, 0.45 * information)

    found, _ = maximise(objective, np.array([[[-1.5, 2.0]], [[3.0, -3.0]]]), LOW, HIGH, iterations=40)
    np.testing.assert_allclose(found, np.ones((2, 1, 2)), atol=1e-5)


def test_company_changes_nothing(regression: tuple[np.ndarray, np.ndarray]) -> None:
    predictors, chosen = regression
    together, _ = maximise(logistic(predictors, chosen), np.zeros((1, 4, 2)), LOW, HIGH)
    alone, _ = maximise(logistic(predictors[2:3], chosen[2:3]), np.zeros((1, 1, 2)), LOW, HIGH)
    np.testing.assert_allclose(together[0, 2], alone[0, 0], rtol=1e-9)

"""Learners of the study of inductive bias against closed forms and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
import torch
import xarray as xr
from pfc_metarl.experiments.slowness_inductive_bias import worlds
from pfc_metarl.experiments.slowness_inductive_bias.config import DRAWS, NOISE
from pfc_metarl.experiments.slowness_inductive_bias.learners import (
    Family,
    NeuralNetwork,
    SmoothingSpline,
    polynomial,
)
from pfc_metarl.experiments.slowness_inductive_bias.worlds import (
    FAMILIES,
    draw_parameters,
    draw_training_sets,
    parabola,
    wave,
)
from scipy.interpolate import make_smoothing_spline
from sklearn.linear_model import LinearRegression

from pfc_metarl.analysis.generalisation import bias_and_variance
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.perceptron import Perceptron

STREAMS = Streams(100, range(2), "evaluation")
AT = np.linspace(-1, 1, 21)


def examples(number: int, world: str = "parabola") -> tuple[np.ndarray, np.ndarray]:
    parameters = draw_parameters(world, 100, range(2))
    return draw_training_sets(world, parameters, number, 100, range(2))


@pytest.mark.parametrize("basis", [parabola, wave, polynomial(1), polynomial(3)])
def test_families_are_fitted_by_least_squares(basis: worlds.Basis) -> None:
    x, y = examples(12)
    predicted = Family(basis).predict(x, y, AT, STREAMS)
    for subject, draw in np.ndindex(2, DRAWS):
        design, target = basis(x[subject, draw]), y[subject, draw]
        by_statsmodels = sm.OLS(target, design).fit().predict(basis(AT))
        np.testing.assert_allclose(predicted[subject, draw], by_statsmodels)
        by_sklearn = LinearRegression(fit_intercept=False).fit(design, target).predict(basis(AT))
        np.testing.assert_allclose(predicted[subject, draw], by_sklearn)


@pytest.mark.parametrize(("basis", "terms"), [(parabola, 2), (polynomial(1), 2), (polynomial(3), 4)])
def test_bias_and_variance_are_those_of_linear_regression(basis: worlds.Basis, terms: int) -> None:
    """With x fixed, both are known: projections of the truth, and noise times the trace of the smoother."""
    generator, draws = np.random.default_rng(0), 4000
    x = np.linspace(-1, 1, 15)
    truth = parabola(x) @ [1.5, -0.5]
    y = truth + generator.normal(0, NOISE, (1, draws, len(x)))
    predicted = Family(basis).predict(np.broadcast_to(x, y.shape), y, x, STREAMS)
    parts = bias_and_variance(
        xr.DataArray(predicted, dims=("subject", "draw", "point")), xr.DataArray(truth, dims="point")
    )
    smoother = basis(x) @ np.linalg.solve(basis(x).T @ basis(x), basis(x).T)
    assert np.trace(smoother) == pytest.approx(terms)
    assert float(parts["variance"][0]) == pytest.approx(NOISE**2 * terms / len(x), rel=0.05)
    expected_bias = ((smoother @ truth - truth) ** 2).mean()
    assert float(parts["bias"][0]) == pytest.approx(expected_bias, abs=3e-4)


def test_a_spline_without_noise_is_the_function() -> None:
    x = np.sort(np.random.default_rng(0).uniform(-1, 1, (1, 2, 60)))
    predicted = SmoothingSpline().predict(x, x**2, AT[3:-3], STREAMS)
    np.testing.assert_allclose(predicted, np.broadcast_to(AT[3:-3] ** 2, predicted.shape), atol=5e-3)


@pytest.mark.parametrize("number", [8, 40])
def test_a_spline_is_that_of_scipy_and_straight_beyond_its_examples(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = examples(number)
    x, y = x[:, :2], y[:, :2]
    monkeypatch.setattr(SmoothingSpline, "PENALTIES", np.array([3e-3]))
    outside = np.linspace(1.5, 2, 3)
    predicted = SmoothingSpline().predict(x, y, np.concatenate([AT, outside]), STREAMS)
    for subject, draw in np.ndindex(2, 2):
        order = x[subject, draw].argsort()
        by_scipy = make_smoothing_spline(x[subject, draw][order], y[subject, draw][order], lam=3e-3)
        inside = (x[subject, draw].min() < AT) & (x[subject, draw].max() > AT)
        np.testing.assert_allclose(predicted[subject, draw, : len(AT)][inside], by_scipy(AT)[inside], atol=1e-8)
        np.testing.assert_allclose(np.diff(predicted[subject, draw, len(AT) :], 2), 0, atol=1e-9)


def test_its_smoothness_is_validated_as_by_scipy() -> None:
    """Both find the smoothest of several minima; ours is the nearest penalty tried, so that curves hardly differ."""
    x, y = examples(48)
    predicted = SmoothingSpline().predict(x, y, AT, STREAMS)
    for subject, draw in np.ndindex(2, DRAWS):
        order = x[subject, draw].argsort()
        by_scipy = make_smoothing_spline(x[subject, draw][order], y[subject, draw][order])
        inside = (x[subject, draw].min() < AT) & (x[subject, draw].max() > AT)
        np.testing.assert_allclose(predicted[subject, draw][inside], by_scipy(AT)[inside], atol=0.02)


def test_a_network_answers_as_a_perceptron_does() -> None:
    network, model = NeuralNetwork(8), Perceptron((1, 8, 1))
    weights = network._initial(model, STREAMS, 2)
    x = torch.linspace(-1, 1, 5)[:, None]
    for problem, answers in enumerate(network._answers(weights, x.expand(4, 5, 1))):
        own = {name: weight[problem] for name, weight in weights.items()}
        torch.testing.assert_close(answers, model(own, x))


def test_a_wave_never_is_a_parabola() -> None:
    """Of an even wave a parabola leaves 1/2 - 45 / pi^4 of the squared amplitude, of an odd one half; both add up."""
    at = np.linspace(-1, 1, 20_001)
    even, odd = (
        ((function - Family(parabola).predict(at[None, None], function[None, None], at, STREAMS)) ** 2).mean()
        for function in (np.cos(np.pi * at), np.sin(np.pi * at))
    )
    assert even == pytest.approx(0.5 - 45 / np.pi**4, abs=1e-4)
    assert even == pytest.approx(0.038, abs=1e-3)
    assert odd == pytest.approx(0.5, abs=1e-3)
    mean_squared_amplitude = 7 / 3
    assert mean_squared_amplitude * (even + odd) / 2 == pytest.approx(0.63, abs=0.005)


def test_a_spline_does_not_mind_the_order_of_examples() -> None:
    x, y = examples(24)
    order = np.random.default_rng(0).permutation(24)
    shuffled = SmoothingSpline().predict(x[..., order], y[..., order], AT, STREAMS)
    np.testing.assert_allclose(shuffled, SmoothingSpline().predict(x, y, AT, STREAMS))


def test_networks_of_all_problems_learn_side_by_side_as_they_do_alone() -> None:
    x, y = examples(12)
    network = NeuralNetwork(4, OuterLoopConfiguration(iterations=30, learning_rate=0.05, final_learning_rate=0.0))
    both = network.predict(x, y, AT, STREAMS)
    alone = network.predict(x[1:], y[1:], AT, Streams(100, [1], "evaluation"))
    np.testing.assert_array_equal(both[1:], alone)
    assert not np.allclose(both[0, 0], both[0, 1])


def test_a_network_comes_to_fit_what_it_saw() -> None:
    x, y = examples(12)
    at = x[0, 0]
    descent = {"learning_rate": 0.05, "final_learning_rate": 0.0}
    errors = [
        ((NeuralNetwork(16, OuterLoopConfiguration(iterations=steps, **descent)).predict(x, y, at, STREAMS) - y)[0, 0])
        for steps in (1, 200)
    ]
    assert (errors[1] ** 2).mean() < 0.2 * (errors[0] ** 2).mean()


def test_worlds_are_what_they_say() -> None:
    x = np.array([-1.0, 0.0, 0.5])
    np.testing.assert_allclose(parabola(x) @ [2, -1], 2 * x**2 - 1)
    np.testing.assert_allclose(
        wave(x) @ [1.5 * np.cos(0.3), 1.5 * np.sin(0.3)], 1.5 * np.sin(np.pi * x + 0.3), atol=1e-12
    )
    for world in FAMILIES:
        parameters = draw_parameters(world, 100, range(400))
        size = np.abs(parameters[:, 0]) if world == "parabola" else np.hypot(*parameters.T)
        assert size.min() >= 1
        assert size.max() <= 2
        assert size.mean() == pytest.approx(1.5, abs=0.05)
        assert (parameters[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("world", list(FAMILIES))
def test_the_noise_on_examples_is_as_large_as_it_says(world: str) -> None:
    parameters = draw_parameters(world, 100, range(2))
    x, y = examples(500, world)
    noise = y - np.einsum("sdet,st->sde", FAMILIES[world](x), parameters)
    assert noise.std() == pytest.approx(NOISE, rel=0.03)
    assert x.min() >= -1
    assert x.max() <= 1
    assert x.mean() == pytest.approx(0, abs=0.03)

"""MAML's gradient against closed form, finite differences, an explicit loop, and torch's own layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime
from torch import Tensor
from torch.func import grad, vmap

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.learners import GradientLearner, RecurrentLearner
from pfc_metarl.meta_gradient.maml import adapt, adapted_loss, gradient_step
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.sinusoids import Examples, SinusoidBatch

RATE = 0.05
CURVATURE = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
START, SUPPORT, QUERY = (torch.tensor(each, dtype=torch.float64) for each in ([1.0, -2.0], [0.3, 0.4], [-1.0, 2.0]))


def quadratic(weights: Mapping[str, Tensor], centre: Tensor) -> Tensor:
    """A bowl around a centre."""
    away = weights["point"] - centre
    return 0.5 * away @ CURVATURE @ away


def meta_gradient(steps: int, first_order: bool) -> Tensor:
    def objective(weights: dict[str, Tensor]) -> Tensor:
        return adapted_loss(quadratic, weights, SUPPORT, QUERY, RATE, steps, first_order)

    return grad(objective)({"point": START})["point"]


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("first_order", [False, True])
def test_on_a_quadratic_loss_the_meta_gradient_is_known(steps: int, first_order: bool) -> None:
    # Each step shrinks the way to the support's centre by I - alpha A; the outer gradient goes back through all of it.
    shrink = torch.linalg.matrix_power(torch.eye(2, dtype=torch.float64) - RATE * CURVATURE, steps)
    adapted = SUPPORT + shrink @ (START - SUPPORT)
    at_end = CURVATURE @ (adapted - QUERY)
    torch.testing.assert_close(meta_gradient(steps, first_order), at_end if first_order else shrink @ at_end)


def test_a_step_goes_down_the_gradient() -> None:
    stepped = gradient_step(quadratic, {"point": START}, SUPPORT, RATE)["point"]
    torch.testing.assert_close(stepped, START - RATE * CURVATURE @ (START - SUPPORT))
    stages = adapt(quadratic, {"point": START}, SUPPORT, RATE, 2)
    torch.testing.assert_close(stages[0]["point"], START)
    torch.testing.assert_close(stages[1]["point"], stepped)
    assert len(stages) == 3


@pytest.fixture
def problem() -> tuple[dict[str, Tensor], Examples, Examples]:
    """Weights, support and query of two subjects with three tasks each, in double precision."""
    streams = Streams(0, range(2))
    weights = MetaLearners.draw(GradientLearner(hidden=(5, 4)), streams).weights
    support, query = SinusoidBatch(tasks=3, shots=4, queries=6).draw(streams, 0)
    double = [Examples(each.x.double(), each.y.double()) for each in (support, query)]
    return {name: weight.double() for name, weight in weights.items()}, double[0], double[1]


def looped(
    learner: GradientLearner, weights: dict[str, Tensor], support: Examples, query: Examples
) -> dict[str, Tensor]:
    """The gradient of all tasks' losses by plain autograd, one subject, task and step after the other."""
    leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    total = torch.zeros((), dtype=torch.float64)
    for subject in range(support.x.shape[0]):
        for task in range(support.x.shape[1]):
            fast = {name: leaf[subject] for name, leaf in leaves.items()}
            for _ in range(learner.inner_steps):
                error = squared_error(fast, support.x[subject, task], support.y[subject, task])
                slopes = torch.autograd.grad(error, list(fast.values()), create_graph=not learner.first_order)
                moved = zip(fast.items(), slopes, strict=True)
                fast = {name: value - learner.inner_rate * slope for (name, value), slope in moved}
            total = total + squared_error(fast, query.x[subject, task], query.y[subject, task])
    total.backward()
    return {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}


def squared_error(weights: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
    """A network of two hidden layers, written out; only the first column of the last layer is in use."""
    hidden = torch.relu(torch.nn.functional.linear(x, weights["weight_0"].T, weights["bias_0"]))
    hidden = torch.relu(torch.nn.functional.linear(hidden, weights["weight_1"].T, weights["bias_1"]))
    answer = torch.nn.functional.linear(hidden, weights["weight_2"].T, weights["bias_2"])[:, :1]
    return torch.nn.functional.mse_loss(answer, y)


@pytest.mark.parametrize("first_order", [False, True])
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_subjects_and_tasks_side_by_side_give_the_gradient_of_a_loop(
    problem: tuple[dict[str, Tensor], Examples, Examples], steps: int, first_order: bool
) -> None:
    weights, support, query = problem
    learner = GradientLearner(hidden=(5, 4), inner_steps=steps, first_order=first_order)
    together = grad(lambda own: learner.loss(own, support, query).sum())(weights)
    for name, expected in looped(learner, weights, support, query).items():
        torch.testing.assert_close(together[name], expected, msg=name)


def test_the_gradient_through_the_step_agrees_with_finite_differences(
    problem: tuple[dict[str, Tensor], Examples, Examples],
) -> None:
    weights, support, query = problem
    learner = GradientLearner(hidden=(5, 4))

    def loss_at(flat: np.ndarray) -> float:
        parts = torch.from_numpy(flat).split([weight.numel() for weight in weights.values()])
        own = {name: part.view(weight.shape) for (name, weight), part in zip(weights.items(), parts, strict=True)}
        return float(learner.loss(own, support, query).sum())

    exact = grad(lambda own: learner.loss(own, support, query).sum())(weights)
    start = torch.cat([weight.flatten() for weight in weights.values()]).numpy()
    found = approx_fprime(start, loss_at, 1e-7)
    expected = torch.cat([each.flatten() for each in exact.values()]).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


def test_the_course_of_adaptation_is_that_of_a_loop(problem: tuple[dict[str, Tensor], Examples, Examples]) -> None:
    weights, support, query = problem
    learner, rate = GradientLearner(hidden=(5, 4)), torch.tensor([0.01, 0.03], dtype=torch.float64)
    course = learner.course(weights, support, query.x, rate, 2)
    assert course.shape == (2, 3, 3, 6, 1)
    fast = {name: weight[1].clone().requires_grad_() for name, weight in weights.items()}
    for stage in range(3):
        error = squared_error(fast, query.x[1, 2], query.y[1, 2])
        torch.testing.assert_close((course[1, 2, stage] - query.y[1, 2]).square().mean(), error)
        own = squared_error(fast, support.x[1, 2], support.y[1, 2])
        slopes = torch.autograd.grad(own, list(fast.values()))
        moved = zip(fast.items(), slopes, strict=True)
        fast = {name: (value - rate[1] * slope).detach().requires_grad_() for (name, value), slope in moved}


def test_the_recurrent_learner_is_torchs_lstm() -> None:
    streams = Streams(0, range(2))
    learner = RecurrentLearner(units=8)
    weights = MetaLearners.draw(learner, streams).weights
    support, query = SinusoidBatch(tasks=3, shots=4, queries=4).draw(streams, 0)
    lstm, head = torch_lstm(learner, weights, subject=1)
    errors = []
    for task in range(3):
        pairs = torch.cat([support.x[1, task], support.y[1, task], torch.zeros(4, 1)], dim=-1)
        for read in range(1, 5):
            question = torch.tensor([[float(query.x[1, task, read - 1, 0]), 0.0, 1.0]])
            hidden, _ = lstm(torch.cat([pairs[:read], question]))
            errors.append((head(hidden[-1]) - query.y[1, task, read - 1]).square())
    expected = torch.stack(errors).view(3, 4).mean(dim=1)
    torch.testing.assert_close(learner.loss(weights, support, query)[1], expected)


def torch_lstm(learner: RecurrentLearner, weights: Mapping[str, Tensor], subject: int) -> Any:
    units = learner.units
    lstm = torch.nn.LSTM(3, units)
    # torch orders the gates input, forget, candidate, output.
    order = [gate * units + unit for gate in (0, 1, 3, 2) for unit in range(units)]
    own = {name: weight[subject] for name, weight in weights.items()}
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(own["weight"][:3, order].T)
        lstm.weight_hh_l0.copy_(own["weight"][3:, order].T)
        lstm.bias_ih_l0.copy_(own["bias"][order])
        lstm.bias_hh_l0.zero_()
    return lstm.requires_grad_(False), lambda hidden: hidden @ own["head_weight"][:, :1] + own["head_bias"][:1]


def test_each_question_is_asked_of_the_state_after_its_examples() -> None:
    streams = Streams(0, range(2))
    learner = RecurrentLearner(units=8)
    weights = MetaLearners.draw(learner, streams).weights
    support, query = SinusoidBatch(tasks=3, shots=4, queries=4).draw(streams, 0)
    states = learner.read(weights, support)
    by_question = [learner.predict(weights, state, query.x)[:, :, number] for number, state in enumerate(states)]
    error = (torch.stack(by_question, dim=2) - query.y).square().mean((2, 3))
    torch.testing.assert_close(learner.loss(weights, support, query), error)


def test_a_loss_over_anything_can_be_adapted() -> None:
    """Data and loss are the caller's: here a mapping, and a softmax policy's expected reward."""

    def loss(weights: Mapping[str, Tensor], payoff: Mapping[str, Tensor]) -> Tensor:
        return -(torch.softmax(weights["logits"], dim=-1) * payoff["arms"]).sum()

    arms = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    start = {"logits": torch.zeros(2)}
    adapted = vmap(lambda payoff: adapt(loss, start, payoff, 8.0, 1)[-1]["logits"])({"arms": arms})
    # The gradient of a probability of a half is a quarter.
    torch.testing.assert_close(adapted, torch.tensor([[2.0, -2.0], [-2.0, 2.0]]))

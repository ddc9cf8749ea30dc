"""The hand-derived LSTM gradient against autograd and against finite differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.network.lstm_gradient import LSTMTrace, lstm_hidden
from pfc_metarl.network.population import Population
from pfc_metarl.network.unroll import AutogradUnroll, DerivedUnroll, Unroller
from pfc_metarl.tasks.episode import Senses

SUBJECTS, EPISODES, STEPS, ACTIONS = 2, 3, 7, 3


def make_senses(dtype: torch.dtype, seed: int = 0) -> list[Senses]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Senses(
            step=step,
            horizon=STEPS,
            observation=torch.randn(SUBJECTS, EPISODES, 2, generator=generator).to(dtype),
            previous_action=torch.eye(ACTIONS, dtype=dtype)[
                torch.randint(ACTIONS, (SUBJECTS, EPISODES), generator=generator)
            ],
            previous_reward=torch.randn(SUBJECTS, EPISODES, generator=generator).to(dtype),
        )
        for step in range(STEPS)
    ]


IMAGE, FEATURES = (8, 8, 2), 4


def run(population: Population, unroller: Unroller, senses: list[Senses]) -> tuple[Tensor, dict[str, Tensor]]:
    """Hidden states and the gradients of a loss that reaches every weight."""
    for weight in population.weights.values():
        weight.grad = None
        weight.requires_grad_()
    unroll = unroller.begin()
    with torch.no_grad():
        shown = [unroll.step(each) for each in senses]
    hidden = unroll.hidden()
    assert not any(each.requires_grad for each in shown)
    assert torch.equal(torch.stack(shown, dim=1), hidden)
    logits, value = population.heads(hidden.flatten(1, 2))
    mix = torch.linspace(-1, 1, logits.shape[1], dtype=logits.dtype)
    (torch.log_softmax(logits, -1)[..., 0] * mix + (value - mix) ** 2).sum().backward()
    found = {name: weight.grad for name, weight in population.weights.items() if weight.grad is not None}
    return hidden.detach().clone(), {name: gradient.clone() for name, gradient in found.items()}


def assert_agree(found: dict[str, Tensor], expected: dict[str, Tensor], relative: float) -> None:
    assert found.keys() == expected.keys()
    for name in expected:
        scale = expected[name].abs().max()
        assert scale > 0, name
        assert (found[name] - expected[name]).abs().max() <= relative * scale, name


@pytest.mark.parametrize(("dtype", "relative"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("initial_state", ["learned", "zero"])
def test_derived_gradient_is_autograds(
    draw_population: Any, dtype: torch.dtype, relative: float, initial_state: str
) -> None:
    population = draw_population(inputs=2 + ACTIONS + 2, dtype=dtype, initial_state=initial_state)
    senses = make_senses(dtype)
    plain_hidden, plain = run(population, Unroller(population, STEPS, EPISODES, derived=False), senses)
    derived_hidden, derived = run(population, Unroller(population, STEPS, EPISODES), senses)
    torch.testing.assert_close(derived_hidden, plain_hidden, rtol=relative, atol=relative)
    assert plain.keys() == population.weights.keys()
    assert_agree(derived, plain, relative)


def test_derived_gradient_reaches_the_encoder_as_autograds_does(draw_population: Any) -> None:
    channels: dict[str, Any] = {"image": IMAGE, "image_features": FEATURES}
    population = draw_population(inputs=FEATURES + ACTIONS + 2, dtype=torch.float64, **channels)
    generator = torch.Generator().manual_seed(2)
    pixels = torch.rand(STEPS, SUBJECTS, EPISODES, 8 * 8 * 2, generator=generator, dtype=torch.float64)
    senses = [replace(each, observation=seen) for each, seen in zip(make_senses(torch.float64), pixels, strict=True)]
    _, plain = run(population, Unroller(population, STEPS, EPISODES, derived=False), senses)
    _, derived = run(population, Unroller(population, STEPS, EPISODES), senses)
    assert plain.keys() == population.weights.keys()
    assert_agree(derived, plain, 1e-10)


def test_a_second_batch_in_the_same_buffers_has_its_own_gradient(draw_population: Any) -> None:
    population = draw_population(inputs=2 + ACTIONS + 2, dtype=torch.float64)
    unroller = Unroller(population, STEPS, EPISODES)
    run(population, unroller, make_senses(torch.float64, seed=0))
    with torch.no_grad():
        for weight in population.weights.values():
            weight.mul_(0.9)
    second = make_senses(torch.float64, seed=1)
    _, reused = run(population, unroller, second)
    _, plain = run(population, Unroller(population, STEPS, EPISODES, derived=False), second)
    assert_agree(reused, plain, 1e-10)


def test_each_core_gets_its_unroll(draw_population: Any) -> None:
    assert isinstance(Unroller(draw_population(), STEPS, EPISODES).begin(), DerivedUnroll)
    assert isinstance(Unroller(draw_population(), STEPS, EPISODES, derived=False).begin(), AutogradUnroll)
    assert isinstance(Unroller(draw_population(core="gru"), STEPS, EPISODES).begin(), AutogradUnroll)


def test_derived_gradient_passes_finite_differences() -> None:
    subjects, episodes, steps, inputs, units = 2, 2, 3, 2, 2
    generator = torch.Generator().manual_seed(4)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    received = normal(subjects, steps, episodes, inputs)

    def hidden(weight: Tensor, bias: Tensor, first_hidden: Tensor, first_cell: Tensor) -> Tensor:
        trace = LSTMTrace(weight.detach(), inputs, units, steps, episodes)
        trace.begin({"weight": weight, "bias": bias}, first_hidden, first_cell)
        with torch.no_grad():
            for step in range(steps):
                trace.received(step).copy_(received[:, step])
                trace.step(step)
        return lstm_hidden(trace, weight, bias, first_hidden, first_cell)

    given = (
        normal(subjects, inputs + units, 4 * units),
        normal(subjects, 4 * units),
        normal(subjects, episodes, units),
        normal(subjects, episodes, units),
    )
    assert torch.autograd.gradcheck(hidden, tuple(x.requires_grad_() for x in given))

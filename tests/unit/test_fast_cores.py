"""The derived and the compiled cores against autograd and against finite differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.network.core import CORES, LSTM
from pfc_metarl.network.fast.compiled import CompiledTrace, sampled
from pfc_metarl.network.fast.equations import TRACES
from pfc_metarl.network.fast.gradient import make_trace, traced_output
from pfc_metarl.network.population import Population
from pfc_metarl.network.unroll import AutogradUnroll, DerivedUnroll, Unroller
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Remembering

SUBJECTS, EPISODES, STEPS, ACTIONS = 2, 3, 7, 3

# What networks with episodic memory do with these observations; others take no notice.
REMEMBERING = Remembering(cue=range(2), context=range(2), storing=(1, 3, 4))
EVERY_CORE = pytest.mark.parametrize("core", CORES)
GATED = pytest.mark.parametrize("core", ["lstm", "gru"])


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
            remembering=REMEMBERING,
        )
        for step in range(STEPS)
    ]


IMAGE, FEATURES = (8, 8, 2), 4


def run(population: Population, unroller: Unroller, senses: list[Senses]) -> tuple[Tensor, dict[str, Tensor]]:
    """Outputs and the gradients of a loss that reaches every weight."""
    for weight in population.weights.values():
        weight.grad = None
        weight.requires_grad_()
    unroll = unroller.begin()
    with torch.no_grad():
        shown = [unroll.step(each).clone() for each in senses]
    output = unroll.output()
    assert not any(each.requires_grad for each in shown)
    torch.testing.assert_close(torch.stack(shown, dim=1), output.detach(), rtol=1e-6, atol=1e-7)
    logits, value = population.policy_and_value(output)
    mix = torch.linspace(-1, 1, value[0].numel(), dtype=value.dtype).view(value.shape[1:])
    (torch.log_softmax(logits, -1)[..., 0] * mix + (value - mix) ** 2).sum().backward()
    found = {name: weight.grad for name, weight in population.weights.items() if weight.grad is not None}
    return output.detach().clone(), {name: gradient.clone() for name, gradient in found.items()}


def assert_agree(found: dict[str, Tensor], expected: dict[str, Tensor], relative: float) -> None:
    assert found.keys() == expected.keys()
    for name in expected:
        scale = expected[name].abs().max()
        assert scale > 0, name
        assert (found[name] - expected[name]).abs().max() <= relative * scale, name


@pytest.mark.parametrize(("dtype", "relative"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("initial_state", ["learned", "zero"])
@EVERY_CORE
def test_fast_gradient_is_autograds(
    draw_population: Any, dtype: torch.dtype, relative: float, initial_state: str, core: str
) -> None:
    population = draw_population(inputs=2 + ACTIONS + 2, dtype=dtype, initial_state=initial_state, core=core)
    senses, size = make_senses(dtype), (STEPS, EPISODES, REMEMBERING)
    plain_output, plain = run(population, Unroller(population, *size, derived=False), senses)
    fast_output, fast = run(population, Unroller(population, *size), senses)
    torch.testing.assert_close(fast_output, plain_output, rtol=relative, atol=relative)
    assert plain.keys() == population.weights.keys()
    assert_agree(fast, plain, relative)


@EVERY_CORE
@pytest.mark.parametrize(
    ("units", "episodes", "steps"),
    [(5, 3, 57), (48, 64, 5), (24, 40, 13), (48, 400, 12)],
    ids=["ten steps a product", "one step", "some steps", "products that are always copied"],
)
def test_kernels_and_torch_operations_agree_over_a_long_episode(
    draw_population: Any, core: str, units: int, episodes: int, steps: int
) -> None:
    """More actions than fit one block of head columns, and every kind of stretch of the weight gradient."""
    inputs = 3
    population = draw_population(inputs=inputs, actions=6, core=core, units=units)
    generator = torch.Generator().manual_seed(3)
    received = torch.randn(SUBJECTS, steps, episodes, inputs, generator=generator)
    columns = population.weights["head_weight"].shape[-1]
    reaching = torch.randn(SUBJECTS, steps, episodes, columns, generator=generator)
    unit_shape = (SUBJECTS, episodes, population.core.units)
    state = [torch.randn(unit_shape, generator=generator) for _ in population.core.state_names]
    recalled = 2 * torch.randn(SUBJECTS, steps, episodes, population.core.units, generator=generator)
    plain, results = TRACES[type(population.core)], []
    for kind, dtype in ((plain, torch.float64), (plain, torch.float32), (CompiledTrace, torch.float32)):
        weights = {name: weight.detach().to(dtype) for name, weight in population.weights.items()}
        trace = kind(population.core, weights, steps, episodes)
        weights = population.core.joint_weights(weights)
        trace.begin(weights, *(each.to(dtype) for each in state))
        for step in range(steps):
            trace.received[step].copy_(received[:, step])
            if population.core.recalls:
                trace.recall(step, recalled[:, step].to(dtype))
            trace.step(step)
        results.append((trace.output.clone(), *trace.backward(reaching.to(dtype)), trace.input_gradient(inputs)))
    exact, *rounded = results
    for found in rounded:
        for own, true in zip(found, exact, strict=True):
            assert own.shape == true.shape
            assert (own - true).abs().max() <= 1e-5 * true.abs().max()


def test_compiled_choices_are_those_of_the_cumulative_softmax() -> None:
    generator = torch.Generator().manual_seed(5)
    logits = 3 * torch.randn(3, 400, 5, generator=generator)
    logits[0, 0] = torch.tensor([-200.0, 100.0, -200.0, -200.0, -200.0])
    uniform = torch.rand(3, 400, generator=generator)
    uniform[0, 0], uniform[0, 1], uniform[0, 2] = 0.5, 0.0, 1 - 2**-24
    cumulative = torch.softmax(logits.double(), -1).cumsum(-1)
    expected = (uniform[..., None] >= cumulative[..., :-1]).sum(-1)
    # Where a uniform number lies within rounding of an edge, either side is right.
    clear = ((uniform[..., None] - cumulative).abs() > 1e-6).all(-1)
    assert clear.float().mean() > 0.99
    assert torch.equal(sampled(logits, uniform)[clear], expected[clear])
    assert sampled(logits, uniform)[0, 0] == 1
    # The logits of a trace are a part of wider rows.
    wide = torch.cat([logits, logits], -1)
    assert torch.equal(sampled(wide[..., :5], uniform), sampled(logits, uniform))


@EVERY_CORE
def test_each_precision_gets_its_trace(draw_population: Any, core: str) -> None:
    for dtype, kind in ((torch.float32, CompiledTrace), (torch.float64, TRACES[CORES[core]])):
        population = draw_population(core=core, dtype=dtype)
        assert type(make_trace(population.core, population.weights, STEPS, EPISODES)) is kind


@GATED
def test_derived_gradient_reaches_the_encoder_as_autograds_does(draw_population: Any, core: str) -> None:
    channels: dict[str, Any] = {"image": IMAGE, "image_features": FEATURES, "core": core}
    population = draw_population(inputs=FEATURES + ACTIONS + 2, dtype=torch.float64, **channels)
    generator = torch.Generator().manual_seed(2)
    pixels = torch.rand(STEPS, SUBJECTS, EPISODES, 8 * 8 * 2, generator=generator, dtype=torch.float64)
    senses = [replace(each, observation=seen) for each, seen in zip(make_senses(torch.float64), pixels, strict=True)]
    _, plain = run(population, Unroller(population, STEPS, EPISODES, derived=False), senses)
    _, derived = run(population, Unroller(population, STEPS, EPISODES), senses)
    assert plain.keys() == population.weights.keys()
    assert_agree(derived, plain, 1e-10)


@GATED
def test_a_second_batch_in_the_same_buffers_has_its_own_gradient(draw_population: Any, core: str) -> None:
    population = draw_population(inputs=2 + ACTIONS + 2, dtype=torch.float64, core=core)
    unroller = Unroller(population, STEPS, EPISODES)
    run(population, unroller, make_senses(torch.float64, seed=0))
    with torch.no_grad():
        for weight in population.weights.values():
            weight.mul_(0.9)
    second = make_senses(torch.float64, seed=1)
    _, reused = run(population, unroller, second)
    _, plain = run(population, Unroller(population, STEPS, EPISODES, derived=False), second)
    assert_agree(reused, plain, 1e-10)


@EVERY_CORE
def test_each_core_gets_its_unroll(draw_population: Any, core: str) -> None:
    population = draw_population(core=core)
    assert isinstance(Unroller(population, STEPS, EPISODES).begin(), DerivedUnroll)
    assert isinstance(Unroller(population, STEPS, EPISODES, derived=False).begin(), AutogradUnroll)


def test_a_core_whose_way_back_nobody_derived_is_left_to_autograd(draw_population: Any) -> None:
    class Peephole(LSTM):
        pass

    population = draw_population()
    population.core = Peephole(population.inputs, population.core.units)
    assert isinstance(Unroller(population, STEPS, EPISODES).begin(), AutogradUnroll)


@EVERY_CORE
def test_derived_gradient_passes_finite_differences(core: str) -> None:
    subjects, episodes, steps, inputs, units = 2, 2, 3, 2, 2
    generator = torch.Generator().manual_seed(4)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    network = CORES[core](inputs, units)
    received = normal(subjects, steps, episodes, inputs)
    recalled = normal(subjects, steps, episodes, units)
    shapes = {**network.shapes(), "head_weight": (units, 4), "head_bias": (4,)}

    def output(*given: Tensor) -> Tensor:
        weights, state = dict(zip(shapes, given, strict=False)), given[len(shapes) :]
        trace = TRACES[CORES[core]](network, weights, steps, episodes)
        joint = network.joint_weights(weights)
        trace.begin(joint, *state)
        with torch.no_grad():
            for step in range(steps):
                trace.received[step].copy_(received[:, step])
                if network.recalls:
                    trace.recall(step, recalled[:, step])
                trace.step(step)
        return traced_output(trace, joint, state)

    given = [normal(subjects, *shape) for shape in shapes.values()]
    given += [normal(subjects, episodes, units) for _ in network.state_names]
    assert torch.autograd.gradcheck(output, tuple(each.requires_grad_() for each in given))

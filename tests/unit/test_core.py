"""Recurrent cores and heads against torch's own modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.export.torch_modules import as_torch_module
from pfc_metarl.network.population import Population

STEPS, EPISODES = 6, 4


def receive(population: Population) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(STEPS, len(population.subjects), EPISODES, population.inputs, generator=generator)


def unroll(population: Population, received: torch.Tensor) -> torch.Tensor:
    """Hidden states, ``step subject episode unit``, from the learned initial state."""
    state = population.initial_state(EPISODES)
    hidden = []
    for step in range(STEPS):
        state = population.core.step(population.weights, received[step], state)
        hidden.append(state[0])
    return torch.stack(hidden)


def torch_order(units: int) -> list[int]:
    """Where torch's gates (input, forget, candidate, output) stand in ours."""
    return [gate * units + unit for gate in (0, 1, 3, 2) for unit in range(units)]


def test_lstm_follows_torchs_cell_over_several_steps(draw_population: Any) -> None:
    population = draw_population(subjects=3, inputs=6)
    received = receive(population)
    ours = unroll(population, received)
    for position in range(3):
        cell = as_torch_module(population, position).actor.cell
        state = tuple(
            population.weights[f"initial_{name}"][position].expand(EPISODES, -1) for name in ("hidden", "cell")
        )
        for step in range(STEPS):
            state = cell(received[step, position], state)
            torch.testing.assert_close(ours[step, position], state[0].detach(), rtol=1e-5, atol=1e-6)


def test_lstm_gradient_follows_torchs_cell(draw_population: Any) -> None:
    population = draw_population(subjects=2, inputs=6)
    received = receive(population)
    for weight in population.weights.values():
        weight.requires_grad_()
    unroll(population, received).square().sum().backward()
    order = torch_order(population.configuration.units)
    for position in range(2):
        cell = as_torch_module(population, position).actor.cell
        own = {name: weight[position].detach().clone() for name, weight in population.weights.items()}
        start = [own["initial_hidden"].requires_grad_(), own["initial_cell"].requires_grad_()]
        state = tuple(part.expand(EPISODES, -1) for part in start)
        loss = torch.zeros(())
        for step in range(STEPS):
            state = cell(received[step, position], state)
            loss = loss + state[0].square().sum()
        loss.backward()
        gradient = {
            name: weight.grad[position] for name, weight in population.weights.items() if weight.grad is not None
        }
        close = {"rtol": 1e-4, "atol": 1e-5}
        torch.testing.assert_close(gradient["weight"][: population.inputs, order].T, cell.weight_ih.grad, **close)
        torch.testing.assert_close(gradient["weight"][population.inputs :, order].T, cell.weight_hh.grad, **close)
        torch.testing.assert_close(gradient["bias"][order], cell.bias_ih.grad, **close)
        torch.testing.assert_close(gradient["initial_hidden"], start[0].grad, **close)
        torch.testing.assert_close(gradient["initial_cell"], start[1].grad, **close)


def test_the_cell_state_is_not_the_hidden_state(draw_population: Any) -> None:
    population = draw_population()
    hidden, cell = population.core.step(population.weights, receive(population)[0], population.initial_state(EPISODES))
    assert population.core.state_names == ("hidden", "cell")
    assert not torch.allclose(hidden, cell)


def test_gru_follows_torchs_cell(draw_population: Any) -> None:
    population = draw_population(core="gru", subjects=2)
    received = receive(population)
    ours = unroll(population, received)
    for position in range(2):
        own = {name: weight[position] for name, weight in population.weights.items()}
        cell = torch.nn.GRUCell(population.inputs, population.configuration.units)
        with torch.no_grad():
            cell.weight_ih.copy_(own["input_weight"].T)
            cell.weight_hh.copy_(own["recurrent_weight"].T)
            cell.bias_ih.copy_(own["input_bias"])
            cell.bias_hh.copy_(own["recurrent_bias"])
            hidden = own["initial_hidden"].expand(EPISODES, -1)
            for step in range(STEPS):
                hidden = cell(received[step, position], hidden)
                torch.testing.assert_close(ours[step, position], hidden, rtol=1e-5, atol=1e-6)


def test_vanilla_network_follows_torchs_cell(draw_population: Any) -> None:
    population = draw_population(core="vanilla", subjects=2)
    received = receive(population)
    ours = unroll(population, received)
    for position in range(2):
        own = {name: weight[position] for name, weight in population.weights.items()}
        cell = torch.nn.RNNCell(population.inputs, population.configuration.units)
        with torch.no_grad():
            cell.weight_ih.copy_(own["weight"][: population.inputs].T)
            cell.weight_hh.copy_(own["weight"][population.inputs :].T)
            cell.bias_ih.copy_(own["bias"])
            cell.bias_hh.zero_()
            hidden = own["initial_hidden"].expand(EPISODES, -1)
            for step in range(STEPS):
                hidden = cell(received[step, position], hidden)
                torch.testing.assert_close(ours[step, position], hidden, rtol=1e-5, atol=1e-6)


def test_heads_are_the_exported_linear_layers(draw_population: Any) -> None:
    population = draw_population(subjects=3, inputs=6)
    hidden = torch.randn(3, 7, population.configuration.units, generator=torch.Generator().manual_seed(0))
    logits, value = population.heads(hidden)
    for position in range(3):
        heads = as_torch_module(population, position).actor
        with torch.no_grad():
            torch.testing.assert_close(logits[position], heads.policy(hidden[position]))
            torch.testing.assert_close(value[position], heads.value(hidden[position])[:, 0])


@pytest.mark.parametrize("core", ["lstm", "gru", "vanilla"])
def test_an_episode_starts_from_zeros_where_nothing_is_learned(draw_population: Any, core: str) -> None:
    population = draw_population(core=core, initial_state="zero")
    state = population.initial_state(EPISODES)
    assert len(state) == len(population.core.state_names)
    assert not any(bool(part.any()) for part in state)
    assert not any(name.startswith("initial_") for name in population.weights)


def test_selecting_a_subject_takes_its_weights_and_its_index(draw_population: Any) -> None:
    population = draw_population(subjects=4)
    chosen = population.select([2, 0])
    assert chosen.subjects == (2, 0)
    assert chosen.fingerprints() == [population.fingerprints()[2], population.fingerprints()[0]]
    chosen.weights["bias"].zero_()
    assert bool(population.weights["bias"].any())

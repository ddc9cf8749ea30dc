"""A separate critic learns by itself, and its prediction error takes the reward's place at the policy's input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.interventions import Intervention, Moment, ResetState
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.rollout import Rollout, collect
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episode import draw_chance

SEPARATE: dict[str, Any] = {"critic": "separate", "reward_signal": "error", "error_discount": 0.8}


def lived(population: Population, task: Any, derived: bool = True) -> Rollout:
    unroller = ActorCriticUnroller(population, task, 4, derived)
    return collect(task, unroller, draw_chance(task, Streams(0, [0, 1], "evaluation"), 0, episodes=4))


def test_an_error_needs_a_critic_of_its_own() -> None:
    with pytest.raises(ConfigurationError, match="critic 'separate'"):
        NetworkConfiguration(reward_signal="error")


def test_the_policy_receives_the_errors_of_the_recorded_values(draw_population: Any, counting: Any) -> None:
    task = counting()
    recording = record(freeze(draw_population(task, **SEPARATE)), task, episodes=4)
    value, reward = (recording[name].values.astype(float) for name in ("value", "reward"))
    expected = reward[..., :-1] + 0.8 * value[..., 1:] - value[..., :-1]
    np.testing.assert_allclose(recording["error"].values[..., 1:], expected, rtol=1e-5)
    assert not recording["error"].values[..., 0].any()


def test_learning_and_recording_live_the_same_episodes(draw_population: Any, counting: Any) -> None:
    """Whatever the frozen agent does step by step, the rollout for learning did too."""
    task = counting()
    population = draw_population(task, **SEPARATE)
    recording = record(freeze(population), task, episodes=4, seed=0)
    rollout = lived(population, task)
    np.testing.assert_array_equal(recording["choice"].values, rollout.action.numpy())
    np.testing.assert_allclose(recording["value"].values, rollout.value.detach().numpy(), rtol=1e-4, atol=1e-5)
    found = torch.softmax(rollout.logits.detach(), -1).numpy()
    np.testing.assert_allclose(recording["policy"].values, found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("signal", ["reward", "error"])
def test_each_networks_gradient_comes_from_its_own_output(draw_population: Any, counting: Any, signal: str) -> None:
    task = counting()
    population = draw_population(task, critic="separate", reward_signal=signal)
    for weight in population.weights.values():
        weight.requires_grad_()
    lived(population, task).value.square().sum().backward()
    moved = {name for name, weight in population.weights.items() if weight.grad is not None and bool(weight.grad.any())}
    assert moved == {name for name in population.weights if name.startswith("critic_")}
    for weight in population.weights.values():
        weight.grad = None
    torch.log_softmax(lived(population, task).logits, -1)[..., 0].sum().backward()
    moved = {name for name, weight in population.weights.items() if weight.grad is not None and bool(weight.grad.any())}
    assert moved == {name for name in population.weights if not name.startswith("critic_")}


def test_its_derived_gradient_is_autograds(draw_population: Any, counting: Any) -> None:
    task = counting()
    gradients = []
    for derived in (True, False):
        population = draw_population(task, dtype=torch.float32, **SEPARATE)
        for weight in population.weights.values():
            weight.requires_grad_()
        rollout = lived(population, task, derived)
        (torch.log_softmax(rollout.logits, -1)[..., 0] * rollout.value).sum().backward()
        gradients.append({name: weight.grad for name, weight in population.weights.items()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], rtol=1e-4, atol=1e-6)


def test_the_critic_is_not_told_the_error(draw_population: Any, counting: Any) -> None:
    """Its values are those of the same network with a policy that receives the reward."""
    task = counting()
    with_error, with_reward = (
        draw_population(task, critic="separate", reward_signal=signal) for signal in ("error", "reward")
    )
    first, second = (record(freeze(each), task, episodes=4) for each in (with_error, with_reward))
    same = (first["choice"].values == second["choice"].values).all(axis=-1)
    assert same.any()
    np.testing.assert_array_equal(first["value"].values[same], second["value"].values[same])


class AddOne(Intervention):
    """Adds one to every error."""

    def on_error(self, error: torch.Tensor, moment: Moment) -> torch.Tensor:
        return error + 1


def test_an_added_error_reaches_the_policy_and_not_the_critic(draw_population: Any, counting: Any) -> None:
    task = counting()
    agent = freeze(draw_population(task, **SEPARATE))
    plain, added = (record(each, task, episodes=4) for each in (agent, agent.perturbed(AddOne())))
    assert (added["error"].values[..., 0] == 1).all()
    assert not np.allclose(plain["policy"].values[..., 0, :], added["policy"].values[..., 0, :])
    np.testing.assert_array_equal(plain["value"].values[..., 0], added["value"].values[..., 0])


def test_resetting_the_state_resets_both_networks(draw_population: Any, counting: Any) -> None:
    task = counting()
    agent = freeze(draw_population(task, critic="separate", time_input=False, action_input=False, reward_input=False))
    value = record(agent.perturbed(ResetState()), task, episodes=2)["value"].values
    observed = record(agent, task, episodes=2)["value"].values
    assert np.array_equal(value[..., 0], observed[..., 0])
    assert not np.allclose(value[..., 1], observed[..., 1])


def test_training_moves_both(counting: Any, draw_population: Any) -> None:
    task = counting()
    population = draw_population(task, **SEPARATE)
    before = {name: weight.clone() for name, weight in population.weights.items()}
    Trainer(task, population, TrainingConfiguration(updates=1, episodes=4), seed=0).advance()
    for name, weight in population.weights.items():
        assert not torch.equal(weight, before[name]), name

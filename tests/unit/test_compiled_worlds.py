"""Rollouts on kernels live what the plain ones live, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.compiled import CompiledEpisodes
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import draw_chance, run_episodes
from pfc_metarl.tasks.fast.registry import WORLDS, compiled_world
from pfc_metarl.tasks.registry import TASKS, make_task
from pfc_metarl.tasks.task import Task

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "two-armed-bandit": [
        {"trials": 12},
        {"trials": 12, "arms": 5},
        {"trials": 12, "distribution": "correlated"},
        {"trials": 12, "probabilities": (0.25, 0.75)},
    ],
    "two-step": [
        {"trials": 12},
        {"trials": 12, "fixation": False, "invalid_reward": 0.3, "switch_probability": 0.4},
        {"trials": 12, "invalid_ends_trial": True, "common": 0.55, "reward_probability": 0.65},
    ],
    "tabular-mdp": [
        {"trials": 4, "horizon": 3},
        {"trials": 1, "states": 2, "actions": 7},
    ],
}
CASES = [(name, settings) for name, each in SETTINGS.items() for settings in each]
SUBJECTS, EPISODES = 3, 20


def test_every_compiled_world_is_tried() -> None:
    assert {type(make_task(name)) for name in SETTINGS} == set(WORLDS)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_a_compiled_world_gives_its_tasks_numbers(name: str, settings: dict[str, Any]) -> None:
    task = make_task(name, **settings)
    chance = draw_chance(task, Streams(3, range(SUBJECTS)), 0, EPISODES)
    responses = torch.from_numpy(np.random.default_rng(0).integers(task.actions, size=(SUBJECTS, EPISODES, task.steps)))
    rows = list(run_episodes(task, lambda senses, _: responses[..., senses.step], chance))

    world = compiled_world(task, SUBJECTS, EPISODES)
    assert world is not None
    observation = np.full((SUBJECTS, EPISODES, task.features), 9, np.float32)
    reward = np.full((SUBJECTS, EPISODES), 9, np.float32)
    world.start(chance.start.numpy(), observation)
    for step, row in enumerate(rows):
        np.testing.assert_array_equal(observation, row.senses.observation)
        world.step(step, responses[..., step].numpy(), chance.world[:, step].numpy(), reward, observation)
        np.testing.assert_array_equal(reward, row.reward)
        assert bool(row.valid.all())
        assert bool(row.ended.all()) == (step == task.steps - 1)


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize(
    "network",
    [
        {},
        {"time_input": False},
        {"action_input": False, "initial_state": "zero"},
        {"core": "gru"},
        {"core": "vanilla", "time_input": False},
    ],
)
def test_training_is_the_same_to_the_last_bit(
    name: str, settings: dict[str, Any], network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = _trainer(make_task(name, **settings), **network)
    assert compiled.compiled is not None
    plain = _trainer(make_task(name, **settings), **network)
    monkeypatch.setattr(plain, "compiled", None)
    for measure in (False, False, True, False):
        measured, expected = compiled.advance(measure), plain.advance(measure)
        assert measured.keys() == expected.keys()
        assert all(torch.equal(measured[each], expected[each]) for each in expected)
    for name, weight in plain.population.weights.items():
        assert torch.equal(weight, compiled.population.weights[name]), name


@pytest.mark.parametrize("part", [{"core": "episodic"}, {"critic": "separate"}])
def test_a_network_without_kernels_for_every_part_lives_plainly(part: dict[str, Any]) -> None:
    assert _trainer(make_task("two-armed-bandit", trials=5), **part).compiled is None


def test_a_task_without_kernels_is_lived_plainly() -> None:
    without = [name for name in TASKS if name not in SETTINGS and name != "gymnasium"]
    assert all(compiled_world(make_task(name), 1, 1) is None for name in without)
    assert _trainer(make_task("foraging", trials=5)).compiled is None


def test_double_precision_is_lived_plainly() -> None:
    trainer = _trainer(make_task("two-armed-bandit", trials=5))
    population = trainer.population
    doubled = {name: weight.detach().double() for name, weight in population.weights.items()}
    exact = Population(population.configuration, population.inputs, population.actions, population.subjects, doubled)
    again = Trainer(trainer.task, exact, trainer.configuration, seed=0)
    assert CompiledEpisodes.of(again.task, again.unroller) is None


def _trainer(task: Task[Any], **network: Any) -> Trainer:
    configuration = NetworkConfiguration(units=8, **network)
    streams = Streams(7, range(SUBJECTS))
    population = Population.draw(configuration, input_size(task, configuration), task.actions, streams)
    return Trainer(task, population, TrainingConfiguration(updates=10, episodes=EPISODES, entropy_coefficient=0.1), 7)

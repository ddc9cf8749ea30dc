"""Updates on kernels live what the plain ones live, to the last bit, and learn the same from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import TrainingDivergedError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.rollout import Rollout
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.tuning import Tune
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

    world = compiled_world(task)
    assert world is not None
    state = world.start(chance.start.numpy(), chance.world.numpy())
    observation = np.full((SUBJECTS, EPISODES, task.features), 9, np.float32)
    reward = np.full((SUBJECTS, EPISODES), 9, np.float32)
    for step, row in enumerate(rows):
        for subject in range(SUBJECTS):
            action, uniform = responses[subject, :, step].numpy(), chance.world[subject, step].numpy()
            world.show(state, subject, step, observation[subject])
            world.advance(state, subject, step, action, uniform, reward[subject])
        np.testing.assert_array_equal(observation, row.senses.observation)
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
def test_an_update_is_the_plain_ones(name: str, settings: dict[str, Any], network: dict[str, Any]) -> None:
    compiled, plain = _compiled_and_plain(make_task(name, **settings), **network)
    for trainer in (compiled, plain):
        _shake(trainer.population)
    for measure in (False, True):
        (lived, loss), (expected, expected_loss) = (_live(trainer, measure) for trainer in (compiled, plain))
        for part in ("logits", "value", "action", "reward", "ended", "valid", "regret"):
            found, true = getattr(lived, part), getattr(expected, part)
            assert (found is None and true is None) or torch.equal(found, true), part
        torch.testing.assert_close(loss, expected_loss, rtol=1e-5, atol=1e-6)
        for weight, gradient in _gradients(plain).items():
            found = _gradients(compiled)[weight]
            assert (found - gradient).abs().max() <= 1e-5 * gradient.abs().max(), weight
        compiled.update, plain.update = compiled.update + 1, plain.update + 1


@pytest.mark.parametrize(
    "settings",
    [
        {"advantage": "generalised", "trace": 0.7, "dopamine": 0.4},
        {"advantage": "generalised", "discount": 0.3, "value_coefficient": 0.8},
        {"advantage": "n-step", "unroll": 5, "final_entropy_coefficient": 0.9},
    ],
)
def test_an_update_follows_the_trainings_settings(settings: dict[str, Any]) -> None:
    compiled, plain = _compiled_and_plain(make_task("two-armed-bandit", trials=12), settings)
    for _ in range(3):
        found, expected = compiled.advance(measure=True), plain.advance(measure=True)
        assert found.keys() == expected.keys()
        for measure in expected:
            torch.testing.assert_close(found[measure], expected[measure], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tune", ["heads", "inputs"])
@pytest.mark.parametrize("core", ["lstm", "gru"])
def test_an_update_changes_only_what_learns(tune: Tune, core: str) -> None:
    compiled, plain = _compiled_and_plain(make_task("two-armed-bandit", trials=12), tune=tune, core=core)
    before = {name: weight.detach().clone() for name, weight in compiled.population.weights.items()}
    for trainer in (compiled, plain):
        _live(trainer, measure=False)
    assert _gradients(compiled).keys() == _gradients(plain).keys()
    for name, gradient in _gradients(plain).items():  # zero in the rows of a weight that stay as they are
        assert (_gradients(compiled)[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max(), name
    compiled.advance()
    for name, weight in compiled.population.weights.items():
        held = name not in _gradients(plain)
        assert torch.equal(weight.detach(), before[name]) == held, name


def test_a_subject_learns_the_same_in_any_company() -> None:
    """One subject after the other uses the same memory."""
    task = make_task("two-step", trials=12)
    together = _trainer(task)
    for _ in range(3):
        together.advance()
    for subject in range(SUBJECTS):
        alone = _trainer(task, subjects=[subject])
        assert alone.compiled is not None
        for _ in range(3):
            alone.advance()
        for name, weight in alone.population.weights.items():
            assert torch.equal(weight[0], together.population.weights[name][subject]), name


def test_a_loss_that_is_not_finite_is_noticed() -> None:
    trainer = _trainer(make_task("two-armed-bandit", trials=12))
    with torch.no_grad():
        trainer.population.weights["head_bias"][1] = torch.nan
    with pytest.raises(TrainingDivergedError, match="loss of subject 1"):
        trainer.advance()


@pytest.mark.parametrize("part", [{"core": "episodic"}, {"critic": "separate"}])
def test_a_network_without_kernels_for_every_part_lives_plainly(part: dict[str, Any]) -> None:
    assert _trainer(make_task("two-armed-bandit", trials=5), **part).compiled is None


def test_a_task_without_kernels_is_lived_plainly() -> None:
    without = [name for name in TASKS if name not in SETTINGS and name != "gymnasium"]
    assert all(compiled_world(make_task(name)) is None for name in without)
    assert _trainer(make_task("foraging", trials=5)).compiled is None


def test_double_precision_is_lived_plainly() -> None:
    trainer = _trainer(make_task("two-armed-bandit", trials=5))
    population = trainer.population
    doubled = {name: weight.detach().double() for name, weight in population.weights.items()}
    exact = Population(population.configuration, population.inputs, population.actions, population.subjects, doubled)
    again = Trainer(trainer.task, exact, trainer.configuration, seed=0)
    assert again.compiled is None


def _trainer(
    task: Task[Any],
    settings: dict[str, Any] | None = None,
    tune: Tune = "all",
    subjects: Sequence[int] = range(SUBJECTS),
    **network: Any,
) -> Trainer:
    configuration = NetworkConfiguration(units=8, **network)
    population = Population.draw(configuration, input_size(task, configuration), task.actions, Streams(7, subjects))
    training = TrainingConfiguration(updates=10, episodes=EPISODES, entropy_coefficient=0.1, **settings or {})
    return Trainer(task, population, training, 7, tune=tune)


def _compiled_and_plain(task: Task[Any], *settings: dict[str, Any], **others: Any) -> tuple[Trainer, Trainer]:
    compiled, plain = (_trainer(task, *settings, **others) for _ in range(2))
    assert compiled.compiled is not None
    plain.compiled = None
    return compiled, plain


def _live(trainer: Trainer, measure: bool) -> tuple[Rollout, Tensor]:
    for weight in trainer.population.weights.values():
        weight.grad = None
    return trainer._live(trainer._draw_chance(), 0.1, measure)


def _shake(population: Population) -> None:
    """Move every weight, those too that all begin with zero."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in population.weights.values():
            weight += 0.3 * torch.randn(weight.shape, generator=generator)


def _gradients(trainer: Trainer) -> dict[str, Tensor]:
    return {name: weight.grad for name, weight in trainer.population.weights.items() if weight.grad is not None}

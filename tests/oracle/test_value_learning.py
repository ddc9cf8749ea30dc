"""Learners of action values against values computed otherwise: planning, loops, finite differences, scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.contextual_bandit import ContextualBandit, ContextualBanditConfiguration
from pfc_metarl.tasks.pixel_maze import PixelMaze, PixelMazeConfiguration
from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.learner import Experience
from pfc_metarl.value_learning.life import live
from pfc_metarl.value_learning.neighbours import nearest_neighbours
from pfc_metarl.value_learning.neural_episodic import (
    NeuralEpisodicControl,
    NeuralEpisodicControlConfiguration,
    similarity_weighted,
)
from pfc_metarl.value_learning.tabular import TabularConfiguration, TabularQLearning

DISCOUNT = 0.9


def test_q_learning_converges_to_the_values_of_the_shortest_ways() -> None:
    """With every choice at random, all of a small maze is met; its values are gamma to the steps that are left."""
    task = PixelMaze(PixelMazeConfiguration(side=3, mazes=5, length=1000, epoch=10**6))
    streams, subject = Streams(100, [0, 1]), torch.arange(2)
    settings = TabularConfiguration(discount=DISCOUNT, learning_rate=1.0, epsilon=1.0)
    learner = TabularQLearning(settings, task, streams.subjects)
    state = live(task, learner, 1200, streams).beginning
    met, checked = learner._met.clone(), 0
    for cell in range(task.cells):
        here = replace(state, position=torch.full_like(state.goal, cell))
        picture = task.picture(here)[:, 0].flatten(1)
        row = learner._row(picture)
        # A cell behind the goal is never stood in, since the goal ends the episode; nor is the goal acted from.
        lived = (row < met) & (state.goal[:, 0] != cell)
        checked += int(lived.sum())
        for action in range(task.actions):
            reached, _ = task.step(here, torch.full_like(state.goal, action), torch.empty(2, 1, 0))
            left = task.truth(reached)["distance"].values[:, 0]
            found = learner.value[subject, row, action]
            np.testing.assert_allclose(found[lived], (DISCOUNT**left)[lived], rtol=1e-5)
    assert checked >= 10


def test_neighbours_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    keys, query = (generator.normal(size=(3, rows, 12)).astype(np.float32) for rows in (200, 17))
    known = generator.random((3, 200)) < 0.7
    place, there = nearest_neighbours(
        torch.from_numpy(keys),
        torch.from_numpy(keys).square().sum(-1),
        torch.from_numpy(known),
        torch.from_numpy(query),
        10,
    )
    assert there.all()
    for table in range(3):
        search = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(keys[table][known[table]])
        expected = np.flatnonzero(known[table])[search.kneighbors(query[table], return_distance=False)]
        np.testing.assert_array_equal(place[table], expected)


def test_a_short_table_has_fewer_neighbours() -> None:
    known = torch.tensor([[True, False, True, False], [False] * 4])
    keys = torch.arange(4.0).expand(2, 4)[..., None]
    place, there = nearest_neighbours(keys, keys[..., 0].square(), known, torch.full((2, 1, 1), 2.2), 3)
    assert there.tolist() == [[[True, True, False]], [[False] * 3]]
    assert place[0, 0, :2].tolist() == [2, 0]


def test_of_equal_neighbours_the_first_is_taken_whatever_stands_beside_the_table() -> None:
    """Keys of small integers have exact distances, many of them equal; the longer table has empty places at its end."""
    generator = np.random.default_rng(0)
    keys = torch.from_numpy(generator.integers(-1, 2, (3, 64, 4))).float()
    known = torch.from_numpy(generator.random((3, 64)) < 0.8)
    query = torch.from_numpy(generator.integers(-2, 3, (3, 20, 4))).float()
    longer = torch.cat([keys, torch.zeros(3, 192, 4)], dim=1)
    known_longer = torch.cat([known, torch.zeros(3, 192, dtype=torch.bool)], dim=1)
    distance = (query[:, :, None] - keys[:, None]).square().sum(-1).masked_fill(~known[:, None], torch.inf)
    expected = np.argsort(distance.numpy(), axis=-1, kind="stable")[..., :10]
    for table, there in ((keys, known), (longer, known_longer)):
        place, found = nearest_neighbours(table, table.square().sum(-1), there, query, 10)
        np.testing.assert_array_equal(place, expected)
        assert found.all()


def double(*shape: int, seed: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape)).requires_grad_()


def test_the_read_out_is_the_papers_sum_and_its_gradient_that_of_finite_differences() -> None:
    key, near_key, near_value = double(3, 4, seed=0), double(3, 5, 4, seed=1), double(3, 5, seed=2)
    known = torch.tensor([[True] * 5, [True, True, False, False, False], [False] * 5])
    value = similarity_weighted(key, near_key, near_value, known, 0.1).tolist()
    keys, near_keys, near_values = (part.tolist() for part in (key, near_key, near_value))
    for row in range(3):
        total = weights = 0.0
        for near in range(5):
            if known[row, near]:
                distance = sum((one - other) ** 2 for one, other in zip(keys[row], near_keys[row][near], strict=True))
                total += near_values[row][near] / (distance + 0.1)
                weights += 1 / (distance + 0.1)
        assert value[row] == pytest.approx(total / weights if weights else 0.0)
    assert torch.autograd.gradcheck(
        lambda one, near, values: similarity_weighted(one, near, values, known, 0.1), (key, near_key, near_value)
    )


class Reference:
    """Neural episodic control of one subject, in loops and lists, with the learner's encoder."""

    def __init__(self, learner: NeuralEpisodicControl) -> None:
        self.settings = learner.configuration
        self.actions = learner.actions
        self.weights = {name: weight.detach().clone().requires_grad_() for name, weight in learner.weights.items()}
        self.encoder = learner._encoder
        self.optimiser = torch.optim.RMSprop(self.weights.values(), self.settings.learning_rate, alpha=0.95, eps=1e-5)
        self.tables: list[list[dict[str, Any]]] = [[] for _ in range(self.actions)]
        self.episode: list[dict[str, Any]] = []
        self.replay: list[tuple[Tensor, int, float]] = []
        self.steps = 0

    def read(self, key: Tensor, action: int, entries: bool = False) -> Any:
        nearest_first = sorted(
            self.tables[action], key=lambda entry: float((entry["key"] - key).detach().square().sum())
        )
        near = nearest_first[: self.settings.neighbours]
        if not near:
            return (torch.zeros(()), near) if entries else torch.zeros(())
        weight = torch.stack([1 / ((key - e["key"]).square().sum() + self.settings.kernel_width) for e in near])
        value = (weight * torch.stack([e["value"] for e in near])).sum() / weight.sum()
        return (value, near) if entries else value

    def act(self, observation: Tensor) -> None:
        with torch.no_grad():
            self.key = self.encoder.encode(self.weights, observation[None])[0, 0]
            values = []
            for action in range(self.actions):
                value, near = self.read(self.key, action, entries=True)
                values.append(float(value))
                for entry in near:
                    entry["used"] = self.steps
        self.best = max(values)

    def write(self, step: int, value: float) -> None:
        lived, table = self.episode[step], self.tables[self.episode[step]["action"]]
        same = [entry for entry in table if torch.equal(entry["key"], lived["key"])]
        if same:
            same[0]["value"] = same[0]["value"] + self.settings.write_rate * (value - same[0]["value"])
            same[0]["used"] = self.steps
        else:
            if len(table) == self.settings.capacity:
                oldest = min(range(len(table)), key=lambda place: (table[place]["used"], place))
            else:
                oldest = len(table)
                table.append({})
            table[oldest] = {"key": lived["key"], "value": torch.tensor(value), "used": self.steps}
        self.replay.append((lived["observation"], lived["action"], value))
        self.replay = self.replay[-self.settings.replay :]

    def sum(self, first: int, last: int) -> float:
        gamma = self.settings.discount
        return sum(gamma ** (step - first) * self.episode[step]["reward"] for step in range(first, last))

    def learn(self, each: Experience) -> None:
        horizon, now = self.settings.horizon, len(self.episode)
        if now >= horizon:
            self.write(now - horizon, self.sum(now - horizon, now) + self.settings.discount**horizon * self.best)
        self.episode.append(
            {
                "observation": each.observation,
                "key": self.key,
                "action": int(each.action),
                "reward": float(each.reward),
            }
        )
        self.steps += 1
        if bool(each.ended):
            for step in range(max(0, now + 1 - horizon), now + 1):
                self.write(step, self.sum(step, now + 1))
            self.episode = []

    def update(self, places: list[int]) -> None:
        entries = [entry for table in self.tables for entry in table]
        for entry in entries:
            entry["key"], entry["value"] = (entry[name].clone().requires_grad_() for name in ("key", "value"))
        loss = torch.zeros(())
        for place in places:
            observation, action, aim = self.replay[place]
            value = self.read(self.encoder.encode(self.weights, observation[None])[0, 0], action)
            loss = loss + (value - aim) ** 2 / len(places)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        for entry in entries:
            for name in ("key", "value"):
                grad = entry[name].grad
                entry[name] = entry[name].detach() - self.settings.entry_rate * (0 if grad is None else grad)


def test_neural_episodic_control_is_what_loops_make_of_it() -> None:
    """Two episodes longer than the horizon, updates from replay, keys met again, and tables that overflow."""
    task = ContextualBandit(ContextualBanditConfiguration(arms=2, contexts=6, bits=8, trials=12))
    settings = NeuralEpisodicControlConfiguration(
        **{"discount": 0.8, "neighbours": 3, "kernel_width": 0.1, "horizon": 4, "capacity": 5, "write_rate": 0.3},
        **{"features": 8, "learning_rate": 0.01, "entry_rate": 0.5, "replay": 10, "batch": 4, "update_every": 7},
    )
    learner = NeuralEpisodicControl(settings, task, Streams(100, [0]))
    reference = Reference(learner)
    generator = np.random.default_rng(0)
    seen = torch.from_numpy(generator.integers(0, 2, (6, 8))).float()
    draws: list[Tensor] = []
    take = learner._draws.take
    learner._draws.take = lambda: (draws.append(take()), draws[-1])[1]  # type: ignore[method-assign]
    learner.begin()
    with torch.no_grad():
        for number in range(36):
            first, second = generator.integers(0, 6, 2)
            each = Experience(
                seen[first][None],
                torch.tensor([int(generator.integers(0, 2))]),
                torch.from_numpy(generator.normal(size=1).astype(np.float32)),
                seen[second][None],
                torch.tensor([number % 12 == 11]),
            )
            learner.act(each.observation, torch.zeros(1, 2))
            reference.act(each.observation)
            assert float(learner._value) == pytest.approx(reference.best, abs=1e-5), number
            updates = len(draws)
            learner.learn(each)
            reference.learn(each)
            if len(draws) > updates and len(reference.replay) >= settings.batch:
                held = len(reference.replay)
                written = int(learner._replay.written[0])
                # The learner's replay is a ring, whose oldest row stands where the next one will.
                oldest = written % settings.replay if written > settings.replay else 0
                ring = [(place - oldest) % held for place in (draws[-1][0] * held).long().tolist()]
                with torch.enable_grad():
                    reference.update(ring)
    assert len(draws) == 5, "and before the first update one that was too early"
    for action in range(2):
        known = learner.memory.known[action]
        order = learner.memory.value[action, known].argsort()
        expected = sorted(reference.tables[action], key=lambda entry: float(entry["value"]))
        assert len(expected) == int(known.sum()) == settings.capacity
        np.testing.assert_allclose(
            learner.memory.value[action, known][order], [float(entry["value"]) for entry in expected], rtol=1e-4
        )
        np.testing.assert_allclose(
            learner.memory.keys[action, known][order],
            np.stack([entry["key"].numpy() for entry in expected]),
            rtol=1e-3,
            atol=1e-5,
        )
    for name, weight in reference.weights.items():
        np.testing.assert_allclose(learner.weights[name].detach(), weight.detach(), rtol=1e-4, atol=1e-6)


def test_the_deep_networks_loss_is_hubers_of_the_temporal_difference() -> None:
    task = ContextualBandit(ContextualBanditConfiguration(arms=3, contexts=6, bits=4))
    learner = DQN(DQNConfiguration(discount=0.5, features=8), task, Streams(100, [0, 1]))
    generator = np.random.default_rng(1)
    with torch.no_grad():
        for weight in learner.weights.values():
            weight += torch.from_numpy(generator.normal(size=weight.shape)).float()
    observation, following = (torch.from_numpy(generator.normal(size=(2, 5, 4))).float() for _ in range(2))
    action = torch.from_numpy(generator.integers(0, 3, (2, 5)))
    reward = torch.from_numpy(generator.normal(size=(2, 5))).float() * 3
    ended = torch.from_numpy(generator.random((2, 5)) < 0.4)
    expected = 0.0
    for subject in range(2):
        for row in range(5):
            now, later = (
                network(learner, weights, subject, seen[subject, row])
                for weights, seen in ((learner.weights, observation), (learner._target, following))
            )
            aim = float(reward[subject, row]) + (0.0 if ended[subject, row] else 0.5 * float(later.max()))
            error = abs(float(now[action[subject, row]]) - aim)
            expected += (error**2 / 2 if error < 1 else error - 0.5) / 5
    loss = learner.loss(observation, action, reward, following, ended)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    loss.backward()
    assert learner.weights["encoder_weight"].grad is not None
    assert all(not weight.requires_grad for weight in learner._target.values())


def network(learner: DQN, weights: dict[str, Tensor], subject: int, observation: Tensor) -> Tensor:
    """One subject's values of one observation, in plain products."""
    own = {name: weight[subject].detach() for name, weight in weights.items()}
    hidden = (observation @ own["encoder_weight"] + own["encoder_bias"]).clamp(min=0)
    return (hidden @ own["head_weight"] + own["head_bias"])[: learner.actions]


def test_the_target_follows_the_network_only_when_it_is_copied() -> None:
    task = ContextualBandit(ContextualBanditConfiguration(arms=2, contexts=6, bits=4))
    settings = DQNConfiguration(replay=50, learn_start=1, update_every=1, target_every=5, features=8)
    streams = Streams(100, [0])
    learner = DQN(settings, task, streams)
    first = learner._target["head_weight"].clone()
    live(task, learner, 4, streams)
    assert torch.equal(learner._target["head_weight"], first)
    assert not torch.equal(learner.weights["head_weight"], first)
    live(task, learner, 1, Streams(101, [0]))
    assert torch.equal(learner._target["head_weight"], learner.weights["head_weight"])

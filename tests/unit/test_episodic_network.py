"""Networks with episodic memory: what is stored when, across episodes, in training and frozen alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import BlockGate, ShuffleRecall
from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.rollout import collect
from pfc_metarl.learning.training import train
from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks import registry
from pfc_metarl.tasks.episode import draw_chance
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Remembering, Task, TimeStep, Truth


@dataclass(frozen=True)
class RoomState:
    """Which of two rooms, and the step."""

    room: Int[Tensor, "subject episode"]
    step: int


class Rooms(Task[RoomState]):
    """Two rooms that come in turn, three steps each, four episodes an epoch; which is first is drawn."""

    summary = "two rooms in turn"
    configuration_type = Configuration
    actions, features, steps, start_draws, step_draws, epoch = 2, 2, 3, 1, 1, 4
    remembering = Remembering(cue=range(2), context=range(2), storing=(2,))

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__(configuration or Configuration())

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[RoomState, TimeStep]:
        return self.start_at(0, uniform)

    def start_at(self, position: int, uniform: Float[Tensor, "subject episode draw"]) -> tuple[RoomState, TimeStep]:
        state = RoomState(((uniform[..., 0] < 0.5).long() + position) % 2, 0)
        return state, self._show(state, uniform.new_zeros(uniform.shape[:2]))

    def step(
        self, state: RoomState, action: Int[Tensor, "subject episode"], uniform: Float[Tensor, "subject episode draw"]
    ) -> tuple[RoomState, TimeStep]:
        after = RoomState(state.room, state.step + 1)
        return after, self._show(after, (action == state.room).float() + 0.1 * uniform[..., 0])

    def truth(self, state: RoomState) -> Mapping[str, Truth]:
        return {"room": Truth(state.room)}

    def _show(self, state: RoomState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        seen = torch.nn.functional.one_hot(state.room, 2).float()
        return TimeStep(seen, reward, torch.full_like(state.room, state.step >= self.steps, dtype=torch.bool))


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    monkeypatch.setitem(registry.TASKS, "rooms", (Rooms.__module__, Rooms.__qualname__, Rooms.summary))
    return Rooms()


@pytest.fixture
def population(rooms: Rooms, draw_population: Any) -> Population:
    return draw_population(rooms, core="episodic", subjects=2)


def test_the_first_two_episodes_of_an_epoch_recall_nothing_of_their_room_and_later_ones_their_last_state(
    rooms: Rooms, population: Population
) -> None:
    recording = record(freeze(population), rooms, episodes=12)
    assert recording.sizes == {"subject": 2, "episode": 12, "step": 3, "unit": 5, "action": 2, "feature": 2}
    recalled, cell, room = (recording[name].values for name in ("recalled", "cell", "room"))
    by_epoch = room[..., 0].reshape(2, 3, 4)
    assert (by_epoch[..., 0] == by_epoch[..., 2]).all()
    assert (by_epoch[..., 0] != by_epoch[..., 1]).all()
    recalled, last = recalled.reshape(2, 3, 4, 3, 5), cell.reshape(2, 3, 4, 3, 5)[..., -1, :]
    assert (recalled[:, :, 0] == 0).all()
    # With one room known, the nearest context is that of the other room.
    np.testing.assert_array_equal(recalled[:, :, 1], np.broadcast_to(last[:, :, :1], (2, 3, 3, 5)))
    for position in (2, 3):
        expected = np.repeat(last[:, :, position - 2, None], 3, axis=2)
        np.testing.assert_array_equal(recalled[:, :, position], expected)


def test_the_cell_follows_the_equation_of_five_gates(rooms: Rooms, population: Population) -> None:
    recording = record(freeze(population), rooms, episodes=4)
    units, weights = 5, {name: weight.numpy().astype(float) for name, weight in population.weights.items()}
    for subject in range(2):
        for episode in range(4):
            row = recording.isel(subject=subject, episode=episode)
            hidden, cell = weights["initial_hidden"][subject], weights["initial_cell"][subject]
            for step in range(3):
                received = np.concatenate(
                    [
                        row["observation"].values[step],
                        row["previous_action"].values[step],
                        [row["previous_reward"].values[step], step / 3],
                        hidden,
                    ]
                )
                linear = received @ weights["weight"][subject] + weights["bias"][subject]
                opened = 1 / (1 + np.exp(-linear))
                into, kept, out, reinstated = (opened[gate * units : (gate + 1) * units] for gate in range(4))
                stored = np.tanh(row["recalled"].values[step].astype(float))
                cell = kept * cell + into * np.tanh(linear[4 * units :]) + reinstated * stored
                hidden = out * np.tanh(cell)
                np.testing.assert_allclose(row["cell"].values[step], cell, atol=1e-5)
                np.testing.assert_allclose(row["hidden"].values[step], hidden, atol=1e-5)
                np.testing.assert_allclose(row["reinstatement"].values[step], reinstated, atol=1e-5)


@pytest.mark.parametrize("derived", [True, False])
def test_training_lives_what_a_frozen_network_records(rooms: Rooms, population: Population, derived: bool) -> None:
    unroller = ActorCriticUnroller(population, rooms, 3, derived)
    streams = Streams(0, population.subjects, "evaluation")
    recording = record(freeze(population), rooms, episodes=12)
    for position in range(4):
        rollout = collect(rooms, unroller, draw_chance(rooms, streams, position, 3))
        same = recording.isel(episode=slice(position, None, 4))
        np.testing.assert_array_equal(rollout.action, same["choice"].values)
        np.testing.assert_allclose(rollout.value.detach(), same["value"].values, atol=1e-5)


def test_a_new_epoch_begins_with_an_empty_memory(rooms: Rooms, population: Population) -> None:
    unroller = ActorCriticUnroller(population, rooms, 3)
    streams = Streams(0, population.subjects)
    for counter in range(4):
        collect(rooms, unroller, draw_chance(rooms, streams, counter, 3))
    assert (unroller.memories()["actor.stored_at"] > 0).sum() == 2 * 3 * 2
    collect(rooms, unroller, draw_chance(rooms, streams, 4, 3))
    assert (unroller.memories()["actor.stored_at"] > 0).sum() == 2 * 3


def test_without_reinstatement_the_past_epoch_makes_no_difference(rooms: Rooms, population: Population) -> None:
    shut = freeze(population).perturbed(BlockGate("reinstatement"))
    with_memory, without = (record(agent, rooms, episodes=8)["hidden"] for agent in (freeze(population), shut))
    assert np.abs(with_memory - without).isel(episode=slice(1, 4)).min() > 0
    # Nothing was recalled in the epochs' first episodes.
    np.testing.assert_allclose(with_memory.isel(episode=[0, 4]), without.isel(episode=[0, 4]), atol=1e-6)


def test_shuffled_recall_is_another_epochs(rooms: Rooms, population: Population) -> None:
    shuffled = record(freeze(population).perturbed(ShuffleRecall(seed=1)), rooms, episodes=12)
    own = record(freeze(population), rooms, episodes=12)
    last = shuffled["cell"].isel(step=-1).values.reshape(2, 3, 4, 5)
    recalled = shuffled["recalled"].isel(step=0).values.reshape(2, 3, 4, 5)
    # In the second episode the one stored state is recalled: here that of another of the three epochs.
    for subject in range(2):
        sources = [
            [bool((recalled[subject, epoch, 1] == last[subject, other, 0]).all()) for other in range(3)]
            for epoch in range(3)
        ]
        assert np.array(sources).sum(axis=0).tolist() == [1, 1, 1]
        assert not np.diag(np.array(sources)).any()
    assert not np.array_equal(shuffled["recalled"], own["recalled"])


def test_a_core_without_memory_refuses_shuffled_recall(rooms: Rooms, draw_population: Any) -> None:
    with pytest.raises(ConfigurationError, match="core of kind lstm recalls nothing"):
        freeze(draw_population(rooms)).perturbed(ShuffleRecall())


def test_a_task_that_stores_nothing_refuses_shuffled_recall(draw_population: Any) -> None:
    task = make_task("contextual-bandit", epoch=3)
    agent = freeze(draw_population(task, core="episodic")).perturbed(ShuffleRecall())
    with pytest.raises(ConfigurationError, match="'shuffle-recall' never acts: in this task nothing is stored"):
        record(agent, task, episodes=6)


def trained(subjects: Any, out: Path | None = None, resume: bool = False, **settings: Any) -> Population:
    return train(
        "rooms",
        subjects=subjects,
        network=NetworkConfiguration(core="episodic", units=8, **settings),
        training=TrainingConfiguration(updates=14, episodes=4, checkpoint_every=5),
        out=out,
        resume=resume,
        quiet=True,
    )


def test_a_training_stopped_within_an_epoch_goes_on_with_what_it_remembered(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del rooms
    straight = trained(2)

    class StoppingAtOnceError(Exception):
        pass

    from pfc_metarl.learning.crew import Crew

    advance = Crew.advance

    def stopping(self: Crew, updates: int, measure: bool) -> Any:
        if self.update == 10:
            raise StoppingAtOnceError
        return advance(self, updates, measure)

    monkeypatch.setattr(Crew, "advance", stopping)
    with pytest.raises(StoppingAtOnceError):
        trained(2, out=tmp_path / "run")
    monkeypatch.undo()
    monkeypatch.setitem(registry.TASKS, "rooms", (Rooms.__module__, Rooms.__qualname__, Rooms.summary))
    # The last checkpoint is after update 10, in the middle of the third epoch.
    resumed = trained(2, out=tmp_path / "run", resume=True)
    assert resumed.fingerprints() == straight.fingerprints()


def test_a_subject_with_a_memory_is_the_same_alone_and_among_four(rooms: Rooms) -> None:
    del rooms
    assert trained([2]).fingerprints() == [trained(4).fingerprints()[2]]


def test_a_separate_critic_has_a_memory_of_its_own(rooms: Rooms, draw_population: Any) -> None:
    population = draw_population(rooms, core="episodic", critic="separate", reward_signal="error")
    unroller = ActorCriticUnroller(population, rooms, 3)
    for counter in range(2):
        collect(rooms, unroller, draw_chance(rooms, Streams(0, population.subjects), counter, 3))
    memories = unroller.memories()
    assert not torch.equal(memories["actor.values"], memories["critic.values"])
    agent = freeze(population)
    assert isinstance(agent, FrozenAgent)
    assert np.isfinite(record(agent, rooms, episodes=8)["value"]).all()


def test_on_a_task_without_contexts_it_is_an_lstm_that_recalls_nothing(draw_population: Any, counting: Any) -> None:
    task = counting()
    recording = record(freeze(draw_population(task, core="episodic")), task, episodes=3)
    assert (recording["recalled"] == 0).all()

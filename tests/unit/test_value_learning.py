"""Learners of action values, piece by piece: choices, updates computed by hand, memory, and the life they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration
from pfc_metarl.tasks.contextual_bandit import ContextualBandit, ContextualBanditConfiguration
from pfc_metarl.tasks.harlow import HarlowGaze, HarlowGazeConfiguration
from pfc_metarl.tasks.pixel_maze import PixelMaze, PixelMazeConfiguration
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.dictionary import Dictionaries
from pfc_metarl.value_learning.dqn import DQN, DQNConfiguration
from pfc_metarl.value_learning.episodic import EpisodicControl, EpisodicControlConfiguration
from pfc_metarl.value_learning.identity import fingerprint, rank
from pfc_metarl.value_learning.learner import Experience, Learner, LearnerConfiguration, epsilon_greedy
from pfc_metarl.value_learning.life import live
from pfc_metarl.value_learning.neural_episodic import NeuralEpisodicControl, NeuralEpisodicControlConfiguration
from pfc_metarl.value_learning.replay import Replay
from pfc_metarl.value_learning.tabular import TabularConfiguration, TabularQLearning
from pfc_metarl.value_learning.trace import Trace
from pfc_metarl.value_learning.uniforms import AHEAD, Uniforms

MAZE: dict[str, Any] = {"side": 2, "mazes": 1, "length": 30, "epoch": 1000}

# Small learners of every kind, made for a task and streams.
LEARNERS: dict[str, Callable[[Task[Any], Streams], Learner]] = {
    "tabular": lambda task, streams: TabularQLearning(TabularConfiguration(epsilon=0.1), task, streams.subjects),
    "dqn": lambda task, streams: DQN(DQNConfiguration(replay=60, learn_start=40, target_every=3), task, streams),
    "mfec": lambda task, streams: EpisodicControl(EpisodicControlConfiguration(neighbours=3), task, streams),
    "nec": lambda task, streams: NeuralEpisodicControl(
        NeuralEpisodicControlConfiguration(capacity=64, replay=64, neighbours=5, horizon=10, update_every=4),
        task,
        streams,
    ),
}


def one(*values: float) -> Tensor:
    """One subject's observation."""
    return torch.tensor([values])


def step(observation: Tensor, action: int, reward: float, following: Tensor, ended: bool = False) -> Experience:
    return Experience(observation, torch.tensor([action]), torch.tensor([reward]), following, torch.tensor([ended]))


def lives(learner: Learner, steps: list[Experience]) -> None:
    """Let a learner go through given steps, whatever it would have chosen."""
    learner.begin()
    with torch.no_grad():
        for each in steps:
            learner.act(each.observation, torch.zeros(1, 2))
            learner.learn(each)


@pytest.fixture
def task() -> ContextualBandit:
    return ContextualBandit(ContextualBanditConfiguration(arms=2, contexts=2, bits=2, trials=5))


A, B, C = one(1.0, 0.0), one(0.0, 1.0), one(1.0, 1.0)


class TestChoices:
    def test_the_best_is_taken_and_any_when_exploring(self) -> None:
        value = torch.tensor([[0.0, 2.0, 1.0]]).expand(4, 3)
        uniform = torch.tensor([[0.2, 0.9], [0.05, 0.1], [0.05, 0.5], [0.05, 0.99]])
        assert epsilon_greedy(value, 0.1, uniform).tolist() == [1, 0, 1, 2]

    def test_ties_are_broken_evenly(self) -> None:
        value = torch.tensor([[1.0, 0.0, 1.0, 1.0]]).expand(3000, 4)
        uniform = torch.from_numpy(np.random.default_rng(0).random((3000, 2), np.float32))
        share = torch.bincount(epsilon_greedy(value, 0.0, uniform), minlength=4) / 3000
        np.testing.assert_allclose(share, [1 / 3, 0, 1 / 3, 1 / 3], atol=0.04)

    def test_the_largest_draw_is_an_action_too(self) -> None:
        below_one = float(np.nextafter(np.float32(1), np.float32(0)))
        assert epsilon_greedy(torch.zeros(1, 5), 0.0, torch.tensor([[below_one, below_one]])).tolist() == [4]

    def test_exploration_falls_to_its_last_share(self) -> None:
        falling = LearnerConfiguration(epsilon=0.2, epsilon_steps=10)
        assert [falling.epsilon_at(step) for step in (0, 5, 10, 99)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
        assert LearnerConfiguration(epsilon=0.2).epsilon_at(0) == 0.2


class TestTabular:
    def test_two_updates_by_hand(self, task: ContextualBandit) -> None:
        learner = TabularQLearning(TabularConfiguration(discount=0.5, learning_rate=0.1), task, [0])
        lives(learner, [step(B, 0, 2.0, A, ended=True), step(A, 1, 1.0, B)])
        # Q(B, 0) = .1 x 2; Q(A, 1) = .1 x (1 + .5 x .2). The end of the first step hides what followed.
        found = learner.value[0, :2]
        assert found[0].tolist() == pytest.approx([0.2, 0.0])
        assert found[1].tolist() == pytest.approx([0.0, 0.11])

    def test_the_table_grows(self, task: ContextualBandit) -> None:
        learner = TabularQLearning(TabularConfiguration(discount=0.0, learning_rate=1.0), task, [0])
        numbers = [one(float(n), 0.0) for n in range(150)]
        lives(learner, [step(each, n % 2, float(n), each) for n, each in enumerate(numbers)])
        for n in (0, 63, 64, 149):
            assert learner.value[0, n, n % 2] == n


class TestIdentity:
    def test_equal_vectors_share_a_name_and_others_do_not(self) -> None:
        generator = np.random.default_rng(0)
        bits = torch.from_numpy(generator.integers(0, 2, (3000, 40))).float().unique(dim=0)
        assert len(fingerprint(bits).unique()) == len(bits)
        near = torch.from_numpy(generator.normal(size=(1000, 1)).astype(np.float32))
        near = torch.cat([near, torch.nextafter(near, torch.tensor(9.0))])
        assert len(fingerprint(near).unique()) == len(near.unique())
        assert torch.equal(fingerprint(bits[:5]), fingerprint(bits[:5].clone()))
        assert int(fingerprint(one(0.0, 1.0))) == int(fingerprint(one(-0.0, 1.0))) != int(fingerprint(one(1.0, 0.0)))

    def test_rank_counts_earlier_rows_of_the_same_kind(self) -> None:
        assert rank(torch.tensor([5, 5, 2, 5, 2])).tolist() == [0, 1, 0, 2, 1]
        assert rank(torch.tensor([5, 5, 5]), torch.tensor([1, 2, 1])).tolist() == [0, 0, 1]


class TestDictionaries:
    def write(self, memory: Dictionaries, *rows: tuple[int, float, float, int]) -> None:
        """Write rows of table, key, value and time; a value that is there gets the new one's half."""
        table, key, value, when = zip(*rows, strict=True)
        memory.write(
            torch.tensor(table),
            torch.tensor(key)[:, None],
            torch.tensor(value),
            torch.tensor(when),
            lambda old, new: old + (new - old) / 2,
        )

    def entries(self, memory: Dictionaries, table: int) -> dict[float, float]:
        known = memory.known[table]
        return dict(zip(memory.keys[table, known, 0].tolist(), memory.value[table, known].tolist(), strict=True))

    def test_rows_of_one_key_are_written_one_after_the_other(self) -> None:
        memory = Dictionaries(tables=2, capacity=3, features=1)
        self.write(memory, (0, 1.0, 8.0, 0), (0, 1.0, 4.0, 1), (1, 1.0, 7.0, 1), (0, 2.0, 5.0, 2), (0, 1.0, 0.0, 3))
        assert self.entries(memory, 0) == {1.0: 3.0, 2.0: 5.0}
        assert self.entries(memory, 1) == {1.0: 7.0}

    def test_a_full_table_loses_what_was_used_the_longest_ago(self) -> None:
        memory = Dictionaries(tables=2, capacity=3, features=1)
        self.write(memory, (0, 1.0, 1.0, 0), (0, 2.0, 2.0, 1), (0, 3.0, 3.0, 2), (1, 1.0, 1.0, 0))
        # Key 1 is used again, so that key 2 is the oldest, then key 3.
        place, there = memory.nearest(torch.tensor([[[1.1]], [[1.1]]]), count=1)
        assert there.all()
        memory.touch(place[:, 0], torch.tensor([[True], [False]]), now=5)
        self.write(memory, (0, 4.0, 4.0, 6))
        assert self.entries(memory, 0) == {1.0: 1.0, 4.0: 4.0, 3.0: 3.0}
        self.write(memory, (0, 5.0, 5.0, 7), (0, 6.0, 6.0, 8))
        assert self.entries(memory, 0) == {6.0: 6.0, 4.0: 4.0, 5.0: 5.0}
        assert self.entries(memory, 1) == {1.0: 1.0}

    def test_a_revised_entry_counts_as_used(self) -> None:
        memory = Dictionaries(tables=1, capacity=2, features=1)
        self.write(memory, (0, 1.0, 1.0, 0), (0, 2.0, 2.0, 1))
        self.write(memory, (0, 1.0, 1.0, 2), (0, 3.0, 3.0, 3))
        assert set(self.entries(memory, 0)) == {1.0, 3.0}

    def test_it_grows_to_its_capacity_and_no_further(self) -> None:
        memory = Dictionaries(tables=1, capacity=200, features=1)
        for first in range(0, 400, 40):
            self.write(memory, *((0, float(n), float(n), n) for n in range(first, first + 40)))
        assert memory.keys.shape[1] == 200
        assert self.entries(memory, 0) == {float(n): float(n) for n in range(200, 400)}

    def test_changed_entries_are_found_by_what_they_are_now(self) -> None:
        memory = Dictionaries(tables=1, capacity=3, features=1)
        self.write(memory, (0, 1.0, 1.0, 0), (0, 5.0, 5.0, 1))
        where = torch.tensor([0, 0]), torch.tensor([0, 0])
        memory.change(*where, torch.tensor([[2.0], [4.0]]), torch.tensor([0.5, 0.25]))
        assert self.entries(memory, 0) == {7.0: 1.75, 5.0: 5.0}
        place, there = memory.find(torch.tensor([0, 0]), torch.tensor([[7.0], [1.0]]))
        assert (place[0], there.tolist()) == (0, [True, False])
        assert memory.nearest(torch.tensor([[[5.9], [6.1]]]), count=1)[0].flatten().tolist() == [1, 0]


class TestTraceAndReplay:
    def test_returns_by_hand(self) -> None:
        trace = Trace(subjects=2, horizon=4, discount=0.5)
        for reward in ((1.0, 0.0), (0.0, 2.0), (4.0, 0.0)):
            trace.append(reward=torch.tensor(reward))
        returns = trace.returns(torch.tensor([0, 1]))
        assert returns[0, :3].tolist() == [2.0, 2.0, 4.0]
        assert returns[1, :3].tolist() == [1.0, 2.0, 0.0]
        # 1 + .5 x 0 + .25 x 4 + .125 x 8, and the last two of the other subject, 2 + .5 x 0 + .25 x 4.
        assert trace.bootstrapped(torch.tensor([0]), 3, torch.tensor([8.0])).tolist() == [3.0]
        assert trace.bootstrapped(torch.tensor([1]), 2, torch.tensor([4.0])).tolist() == [3.0]
        episode, at = trace.rows(torch.tensor([1, 0]), last=2)
        assert (episode.tolist(), at.tolist()) == ([0, 0, 1, 1], [1, 2, 1, 2])

    def test_a_new_episode_knows_nothing_of_the_last(self) -> None:
        trace = Trace(subjects=2, horizon=3, discount=1.0)
        for _ in range(2):
            trace.append(reward=torch.tensor([1.0, 1.0]))
        trace.clear(torch.tensor([True, False]))
        trace.append(reward=torch.tensor([5.0, 5.0]))
        assert trace.length.tolist() == [1, 3]
        assert trace.returns(torch.tensor([0, 1]))[:, 0].tolist() == [5.0, 7.0]

    def test_replay_keeps_the_last_rows_of_every_subject(self) -> None:
        replay = Replay(subjects=2, capacity=3)
        for number in range(4):
            replay.add(torch.tensor([0, 0, 1]), {"value": torch.tensor([10.0, 11.0, 20.0]) + 2 * number})
        uniform = torch.linspace(0, 1, 31).repeat(2, 1)[:, :-1]
        found = replay.sample(uniform)["value"]
        assert set(found[0].tolist()) == {15.0, 16.0, 17.0}
        assert set(found[1].tolist()) == {22.0, 24.0, 26.0}

    def test_numbers_drawn_ahead_are_those_of_each_subjects_own_stream(self) -> None:
        both, alone = (Uniforms(Streams(3, subjects), "test", 2) for subjects in ([0, 4], [4]))
        taken = [(both.take(), alone.take()) for _ in range(AHEAD + 2)]
        assert all(torch.equal(pair[0][1], pair[1][0]) for pair in taken)
        assert len({float(pair[1][0, 0]) for pair in taken}) == len(taken)


class TestEpisodicControl:
    def make(self, task: ContextualBandit, **settings: Any) -> EpisodicControl:
        configuration = EpisodicControlConfiguration(**{"discount": 0.5, "neighbours": 2, "epsilon": 0.0, **settings})
        learner = EpisodicControl(configuration, task, Streams(0, [0]))
        # Keys that can be reckoned with: the observation itself.
        learner.projection = torch.eye(2, 64)[None]
        return learner

    def value(self, learner: EpisodicControl, observation: Tensor) -> list[float]:
        return learner.value(torch.bmm(observation[:, None], learner.projection)[:, 0])[0].tolist()

    def test_the_best_return_is_kept(self, task: ContextualBandit) -> None:
        learner = self.make(task)
        lives(learner, [step(A, 0, 0.0, B), step(B, 1, 0.0, A), step(A, 0, 4.0, A, ended=True)])
        # The later visit of A was worth 4, the earlier one 1.
        assert self.value(learner, A) == [4.0, 2.0]
        assert self.value(learner, B) == [4.0, 2.0]
        lives(learner, [step(A, 0, 3.0, A, ended=True), step(B, 1, 6.0, A, ended=True)])
        assert self.value(learner, A) == [4.0, 6.0]
        assert self.value(learner, B) == [4.0, 6.0]

    def test_nothing_is_written_before_the_episode_ends(self, task: ContextualBandit) -> None:
        learner = self.make(task)
        lives(learner, [step(A, 0, 1.0, B)])
        assert self.value(learner, A) == [0.0, 0.0]

    def test_the_unknown_is_worth_the_mean_of_its_neighbours(self, task: ContextualBandit) -> None:
        learner = self.make(task)
        far = one(9.0, 9.0)
        for observation, reward in ((A, 1.0), (B, 3.0), (far, 50.0)):
            lives(learner, [step(observation, 0, reward, A, ended=True)])
        assert self.value(learner, C) == [2.0, 0.0]
        assert self.value(learner, A) == [1.0, 0.0]

    def test_an_episode_that_was_left_is_not_continued(self, task: ContextualBandit) -> None:
        learner = self.make(task)
        lives(learner, [step(A, 0, 1.0, B)])
        lives(learner, [step(B, 1, 2.0, B, ended=True)])
        assert self.value(learner, A)[0] == 0.0

    def test_a_capacity_below_an_episode_is_refused(self, task: ContextualBandit) -> None:
        with pytest.raises(ConfigurationError, match="capacity is 4: give at least the 5 steps"):
            self.make(task, capacity=4)


class TestLife:
    @pytest.fixture(params=LEARNERS)
    def make(self, request: pytest.FixtureRequest) -> Callable[[Task[Any], Streams], Learner]:
        return LEARNERS[request.param]

    def test_neural_episodic_control_learns_when_it_is_ready_and_waits_for_nobody(self) -> None:
        """A fast subject has a batch of returns before a slow one: they are written at an episode's end."""
        world = PixelMaze(PixelMazeConfiguration(**MAZE))
        subjects = range(4)

        def weights_of(subjects: Sequence[int]) -> dict[str, Tensor]:
            learner = LEARNERS["nec"](world, Streams(100, subjects))
            life = live(world, learner, 70, Streams(100, subjects))
            assert isinstance(learner, NeuralEpisodicControl)
            ended.append(life.ended[:, :64].sum(dim=1))
            return learner.weights

        ended: list[Tensor] = []
        together = weights_of(subjects)
        assert len(ended[0].unique()) > 1, "some are faster than others"
        for subject in subjects:
            for name, weight in weights_of([subject]).items():
                assert torch.equal(weight[0], together[name][subject]), (subject, name)

    @pytest.mark.parametrize(
        "world",
        [PixelMaze(PixelMazeConfiguration(**MAZE)), ContextualBandit(ContextualBanditConfiguration(epoch=1000))],
        ids=["maze", "bandit"],
    )
    def test_a_subject_lives_the_same_life_alone_and_in_company(
        self, make: Callable[[Task[Any], Streams], Learner], world: Task[Any]
    ) -> None:
        alone, together = (
            live(world, make(world, Streams(100, subjects)), 130, Streams(100, subjects)) for subjects in ([2], [0, 2])
        )
        assert torch.equal(alone.reward[0], together.reward[1])
        assert torch.equal(alone.ended[0], together.ended[1])
        assert not torch.equal(together.reward[0], together.reward[1])

    def test_a_dqns_weights_are_the_same_alone_and_among_eight(self) -> None:
        world = ContextualBandit(ContextualBanditConfiguration(epoch=1000))
        learned = []
        for subjects in ([7], list(range(8))):
            learner = DQN(DQNConfiguration(features=12, learn_start=40), world, Streams(100, subjects))
            live(world, learner, 200, Streams(100, subjects))
            learned.append(learner.weights)
        for name, alone in learned[0].items():
            assert torch.equal(alone[0], learned[1][name][7]), name

    def test_every_learner_learns_a_bandit(self, make: Callable[[Task[Any], Streams], Learner]) -> None:
        world = Bandit(BanditConfiguration(probabilities=(0.0, 1.0), trials=1))
        reward = live(world, make(world, Streams(100, range(2))), 150, Streams(100, range(2))).reward
        assert float(reward[:, -50:].mean()) > 0.85

    def test_what_is_met_does_not_depend_on_the_learner(self) -> None:
        world, streams = PixelMaze(PixelMazeConfiguration(**MAZE)), Streams(100, range(3))
        first = [live(world, make(world, streams), 1, streams).beginning for make in LEARNERS.values()]
        assert all(torch.equal(first[0].scene, each.scene) for each in first[1:])

    def test_without_learning_nothing_is_learned(self, make: Callable[[Task[Any], Streams], Learner]) -> None:
        """A learner that was looked at goes on living as one that was not."""
        world, streams = ContextualBandit(ContextualBanditConfiguration(epoch=1000)), Streams(100, range(2))
        looked_at, left_alone = make(world, streams), make(world, streams)
        for learner in (looked_at, left_alone):
            live(world, learner, 300, streams)
        live(world, looked_at, 100, Streams(102, range(2)), learning=False)
        one, other = (live(world, learner, 300, Streams(101, range(2))) for learner in (looked_at, left_alone))
        assert torch.equal(one.reward, other.reward)

    def test_without_learning_a_newborn_stays_one(self) -> None:
        world, streams = Bandit(BanditConfiguration(probabilities=(0.0, 1.0), trials=1)), Streams(100, [0])
        learner = LEARNERS["tabular"](world, streams)
        live(world, learner, 50, streams, learning=False)
        assert isinstance(learner, TabularQLearning)
        assert not learner.value.any()

    def test_episodes_follow_each_other_in_each_subjects_own_time(self) -> None:
        world, streams = PixelMaze(PixelMazeConfiguration(**MAZE)), Streams(100, range(4))
        life = live(world, LEARNERS["tabular"](world, streams), 400, streams)
        assert bool(life.ended[life.reward > 0].all())
        assert len({tuple(row) for row in life.ended.tolist()}) == 4
        for own in life.ended:
            lengths = own.nonzero()[:, 0].diff(prepend=torch.tensor([-1]))
            assert int(lengths.max()) <= 30

    def test_a_task_with_one_clock_for_all_is_refused_where_episodes_part(self) -> None:
        world, streams = HarlowGaze(HarlowGazeConfiguration(trials=1)), Streams(100, range(4))
        with pytest.raises(ConfigurationError, match="let each subject live alone"):
            live(world, LEARNERS["tabular"](world, streams), world.steps, streams)
        alone = Streams(100, [1])
        life = live(world, LEARNERS["tabular"](world, alone), world.steps + 1, alone)
        assert bool(life.ended.any())

    def test_a_life_without_steps_and_a_stranger_are_refused(self) -> None:
        world, streams = Bandit(), Streams(0, [0])
        learner = LEARNERS["tabular"](world, streams)
        with pytest.raises(ConfigurationError, match="at least 1 step"):
            live(world, learner, 0, streams)
        with pytest.raises(ConfigurationError, match=r"subjects \(1,\)"):
            live(world, learner, 1, Streams(0, [1]))

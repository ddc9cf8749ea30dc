"""The maze seen from above: what is shown, where it begins, what a step does, and how it ends."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import draw_chance
from pfc_metarl.tasks.pixel_maze import CHANNELS, GOAL, SUBJECT, WALL, PixelMaze, PixelMazeConfiguration, PixelMazeState

UP, RIGHT, DOWN, LEFT = range(4)

# Four cells in a line, bent twice: 0 and 1 above, 2 and 3 below, a wall between 0 and 2.
BENT = np.array([[c == "#" for c in row] for row in ("#####", "#   #", "### #", "#   #", "#####")])


@pytest.fixture
def bent(monkeypatch: pytest.MonkeyPatch) -> PixelMaze:
    monkeypatch.setattr("pfc_metarl.tasks.pixel_maze.draw_mazes", lambda *_: BENT[None])
    return PixelMaze(PixelMazeConfiguration(side=2, length=5))


def walk(task: PixelMaze, state: PixelMazeState, *actions: int) -> tuple[PixelMazeState, list[float], list[bool]]:
    rewards, ends = [], []
    for action in actions:
        state, shown = task.step(state, torch.tensor([[action]]), torch.empty(1, 1, 0))
        rewards.append(float(shown.reward))
        ends.append(bool(shown.ended))
    return state, rewards, ends


def begun(task: PixelMaze, goal: int) -> tuple[PixelMazeState, Tensor]:
    state, shown = task.start(torch.tensor([[[0.0, (goal + 0.5) / task.cells]]]))
    assert int(state.goal) == goal
    assert task.image is not None
    return state, shown.observation.view(*task.image)


def test_the_picture_shows_walls_goal_and_subject(bent: PixelMaze) -> None:
    state, picture = begun(bent, goal=2)
    # From 2 the way leads over 3 and 1: cell 0 is the farthest.
    assert int(state.start) == int(state.position) == 0
    assert bent.image == (8, 8, CHANNELS)
    expected = np.ones((8, 8))
    expected[:3, :3] = BENT[1:-1, 1:-1]
    np.testing.assert_array_equal(picture[..., WALL], expected)
    assert picture[..., GOAL].nonzero().tolist() == [[2, 0]]
    assert picture[..., SUBJECT].nonzero().tolist() == [[0, 0]]


def test_walls_stop_and_the_goal_pays_and_ends(bent: PixelMaze) -> None:
    state, _ = begun(bent, goal=2)
    state, rewards, ends = walk(bent, state, DOWN, RIGHT, DOWN, LEFT)
    assert rewards == [0, 0, 0, 1]
    assert ends == [False, False, False, True]
    assert int(state.position) == 2
    # What is over stays as it is, and pays nothing more.
    after, rewards, ends = walk(bent, state, RIGHT, LEFT)
    assert (rewards, ends) == ([0, 0], [True, True])
    assert int(after.position) == 2
    assert int(after.step) == int(state.step) == 4


def test_an_episode_ends_without_the_goal_when_its_steps_are_used_up(bent: PixelMaze) -> None:
    state, _ = begun(bent, goal=2)
    _, rewards, ends = walk(bent, state, UP, UP, UP, UP, UP)
    assert rewards == [0] * 5
    assert ends == [False] * 4 + [True]


def test_the_start_is_as_far_from_the_goal_as_any_cell() -> None:
    task = PixelMaze(PixelMazeConfiguration(side=5, mazes=50))
    state, _ = task.start(torch.from_numpy(np.random.default_rng(0).random((2, 100, 2), np.float32)))
    distance = task.truth(state)["distance"].values
    assert torch.equal(distance, task.distance[state.maze, :, state.goal].amax(dim=-1))
    assert int(distance.min()) >= 4, "some cell is at least two rows and two columns away"


def test_following_the_distance_downhill_takes_as_many_steps() -> None:
    task = PixelMaze(PixelMazeConfiguration(side=4, mazes=20))
    state, shown = task.start(torch.from_numpy(np.random.default_rng(1).random((1, 30, 2), np.float32)))
    left = task.truth(state)["distance"].values
    for step in range(1, int(left.max()) + 1):
        tried = torch.stack(
            [
                task.truth(task.step(state, torch.full_like(state.goal, action), torch.empty(1, 30, 0))[0])[
                    "distance"
                ].values
                for action in range(task.actions)
            ],
            dim=-1,
        )
        state, shown = task.step(state, tried.argmin(dim=-1), torch.empty(1, 30, 0))
        assert torch.equal(shown.ended, left <= step)
        assert torch.equal(shown.reward, (left == step).float())


def test_an_epoch_keeps_maze_and_goal() -> None:
    task = PixelMaze(PixelMazeConfiguration(epoch=3))
    streams = Streams(0, [0, 1])
    shown = [
        task.start_at(chance.position, chance.start)[1].observation
        for chance in (draw_chance(task, streams, episode, 1) for episode in range(6))
    ]
    assert torch.equal(shown[0], shown[1])
    assert torch.equal(shown[0], shown[2])
    assert not torch.equal(shown[2], shown[3])
    assert torch.equal(shown[3], shown[5])
    assert not torch.equal(shown[0][0], shown[0][1]), "each subject has a maze of its own"

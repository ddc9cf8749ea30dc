"""Mazes: what may be drawn, what is seen, what a step does, and what resets at a goal."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import connected_components

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.interventions import Intervention, Moment, ResetState
from pfc_metarl.agents.language import parse_intervention
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.core import State
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.maze import Maze, MazeConfiguration, MazeState
from pfc_metarl.tasks.maze_layout import (
    MOVES,
    MazeSet,
    draw_mazes,
    is_held_out,
    neighbours,
    passages,
    views,
    walls_name,
)
from pfc_metarl.tasks.task import TimeStep

UP, RIGHT, DOWN, LEFT = range(4)

# Four cells in a line, bent twice: 0 and 1 above, 2 and 3 below, a wall between 0 and 2.
BENT = np.array([[c == "#" for c in row] for row in ("#####", "#   #", "### #", "#   #", "#####")])


@pytest.fixture
def bent(monkeypatch: pytest.MonkeyPatch) -> type[Maze]:
    """The maze task with this one maze."""
    monkeypatch.setattr("pfc_metarl.tasks.maze.draw_mazes", lambda *_: BENT[None])
    return Maze


def begun(task: Maze, goal: int, start: int) -> tuple[MazeState, TimeStep]:
    """Start in the first maze with this goal and this start."""
    offset = (start - goal - 1) % task.cells
    uniform = torch.tensor([[[0.0, (goal + 0.5) / task.cells, (offset + 0.5) / (task.cells - 1)]]])
    state, shown = task.start(uniform)
    assert (int(state.goal), int(state.start), int(state.position)) == (goal, start, start)
    return state, shown


def walk(task: Maze, state: MazeState, actions: list[int], uniform: float = 0.0) -> list[tuple[MazeState, float]]:
    """States and rewards along a walk."""
    passed = []
    for action in actions:
        state, shown = task.step(state, torch.tensor([[action]]), torch.full((1, 1, task.step_draws), uniform))
        passed.append((state, float(shown.reward)))
    return passed


def graph(walls: np.ndarray) -> np.ndarray:
    """Which cell of one maze leads to which, straight from the picture."""
    side = len(walls) // 2
    adjacent = np.zeros((side**2, side**2), bool)
    for cell in range(side**2):
        row, column = divmod(cell, side)
        if column + 1 < side and not walls[2 * row + 1, 2 * column + 2]:
            adjacent[cell, cell + 1] = True
        if row + 1 < side and not walls[2 * row + 2, 2 * column + 1]:
            adjacent[cell, cell + side] = True
    return adjacent | adjacent.T


@pytest.mark.parametrize(("side", "loops", "count"), [(3, 0.2, 20), (5, 0.1, 60), (8, 0.0, 20)])
def test_every_cell_can_be_reached(side: int, loops: float, count: int) -> None:
    mazes = draw_mazes(count, side, loops, 3, "training")
    assert mazes.shape == (count, 2 * side + 1, 2 * side + 1)
    for walls in mazes:
        assert connected_components(graph(walls))[0] == 1
        assert walls[0].all()
        assert walls[-1].all()
        assert walls[:, 0].all()
        assert walls[:, -1].all()
        assert walls[::2, ::2].all(), "posts"
        assert not walls[1::2, 1::2].any(), "cells"


def test_loops_open_that_share_of_the_walls_a_tree_leaves() -> None:
    between = 2 * 6 * 5
    for loops in (0.0, 0.25, 1.0):
        ways = [graph(walls).sum() / 2 for walls in draw_mazes(1 if loops == 1 else 200, 6, loops, 0, _holding(loops))]
        left = between - 35
        assert np.mean(ways) == pytest.approx(35 + loops * left, abs=4 * np.sqrt(loops * (1 - loops) * left / 200))


def _holding(loops: float) -> MazeSet:
    """The set that has a maze of this kind: without walls there is but one."""
    open_maze = np.ones((13, 13), bool)
    open_maze[1:-1, 1:-1] = False
    open_maze[::2, ::2] = True
    return "held-out" if loops == 1 and is_held_out(walls_name(open_maze)) else "training"


def test_a_name_outlasts_turning_and_mirroring() -> None:
    walls, other = draw_mazes(2, 5, 0.1, 0, "training")
    pictures = [np.rot90(each, quarter) for each in (walls, walls[:, ::-1]) for quarter in range(4)]
    assert len({walls_name(picture) for picture in pictures}) == 1
    assert walls_name(other) != walls_name(walls)


def test_no_maze_is_in_both_sets_or_twice_in_one() -> None:
    """Also with another seed and another number, and not turned or mirrored either."""
    names = {
        (mazes, seed): [walls_name(walls) for walls in draw_mazes(count, 4, 0.1, seed, mazes)]
        for mazes, seed, count in (("training", 0, 400), ("held-out", 0, 300), ("training", 1, 100))
    }
    for own in names.values():
        assert len(set(own)) == len(own)
    trained = {*names["training", 0], *names["training", 1]}
    assert not trained & set(names["held-out", 0])
    assert not any(is_held_out(name) for name in trained)
    assert all(is_held_out(name) for name in names["held-out", 0])


def test_a_set_is_fixed_by_its_seed() -> None:
    one = draw_mazes(50, 5, 0.1, 0, "held-out")
    draw_mazes.cache_clear()
    assert np.array_equal(draw_mazes(50, 5, 0.1, 0, "held-out"), one)
    assert np.array_equal(draw_mazes(20, 5, 0.1, 0, "held-out"), one[:20]), "a smaller set is the beginning of it"
    assert not np.array_equal(draw_mazes(50, 5, 0.1, 1, "held-out"), one)
    with pytest.raises(ValueError, match="read-only"):
        one[0, 0, 0] = False


def test_a_size_with_too_few_mazes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"only \d+ different training mazes of 3 by 3 cells .* ask for fewer"):
        Maze(MazeConfiguration(side=3, mazes=500))


def test_a_way_leads_back() -> None:
    walls = draw_mazes(30, 5, 0.2, 0, "training")
    open_ways, beside = passages(walls), neighbours(5)
    assert np.array_equal([graph(each).sum() for each in walls], open_ways.sum((1, 2)))
    for action in range(4):
        maze, cell = np.nonzero(open_ways[..., action])
        assert open_ways[maze, beside[cell, action], (action + 2) % 4].all()
    row, column = np.divmod(np.arange(25), 5)
    for action, (down, across) in enumerate(MOVES):
        inside = (np.abs(row + down - 2) <= 2) & (np.abs(column + across - 2) <= 2)
        assert np.array_equal(beside[inside, action], ((row + down) * 5 + column + across)[inside])
        assert np.array_equal(beside[~inside, action], np.arange(25)[~inside])


def test_what_is_seen_of_the_bent_maze() -> None:
    # Above, left, right, below.
    expected = [[1, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1]]
    assert views(BENT[None], 1)[0].astype(int).tolist() == expected
    far = views(BENT[None], 2)[0].astype(int)
    assert far.shape == (4, 12)
    # From the upper left cell, row by row of 5 by 5 blocks, those between cells only; outside all is wall.
    assert far[0].tolist() == [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0]


def test_walking_the_bent_maze(bent: type[Maze]) -> None:
    task = bent(MazeConfiguration(side=2, mazes=1, length=9))
    state, shown = begun(task, goal=2, start=0)
    assert shown.observation[0, 0].tolist() == [1, 1, 0, 1]
    assert task.features == 4
    truth = {name: value.values.item() for name, value in task.truth(state).items()}
    assert truth == {"maze": 0, "goal": 2, "start": 0, "position": 0, "distance": 3, "trial": 0}
    # Two bumps, the way to the goal, and once more.
    passed = walk(task, state, [UP, DOWN, RIGHT, DOWN, LEFT, RIGHT, DOWN, LEFT, RIGHT])
    assert [int(each.position) for each, _ in passed] == [0, 0, 1, 3, 0, 1, 3, 0, 1]
    assert [reward for _, reward in passed] == [0, 0, 0, 0, 1, 0, 0, 1, 0]
    assert [int(each.visit) for each, _ in passed] == [0, 0, 0, 0, 1, 1, 1, 2, 2]
    assert [int(task.truth(each)["distance"].values) for each, _ in passed] == [3, 3, 2, 1, 3, 2, 1, 3, 2]


def test_an_ended_episode_pays_nothing(bent: type[Maze]) -> None:
    task = bent(MazeConfiguration(side=2, mazes=1, length=2))
    state, _ = begun(task, goal=2, start=0)
    passed = walk(task, state, [RIGHT, DOWN, LEFT])
    assert [reward for _, reward in passed] == [0, 0, 0]
    assert int(passed[-1][0].visit) == 0


def test_a_random_restart_is_never_on_the_goal(bent: type[Maze]) -> None:
    task = bent(MazeConfiguration(side=2, mazes=1, length=9, restart="random"))
    assert task.step_draws == 1
    state, _ = begun(task, goal=2, start=3)
    starts = []
    for uniform in (0.0, 0.4, 0.7, float(np.nextafter(np.float32(1), np.float32(0)))):
        ((after, reward),) = walk(task, state, [LEFT], uniform)
        assert reward == 1
        assert int(after.position) == int(after.start)
        starts.append(int(after.start))
    assert starts == [3, 0, 1, 1]


def test_mazes_goals_and_starts_are_all_as_likely() -> None:
    task = Maze(MazeConfiguration(side=3, mazes=10))
    fine = (torch.arange(10 * 9 * 8) + 0.5) / (10 * 9 * 8)
    middle = torch.full_like(fine, 0.5)
    for place, count in (("maze", 10), ("goal", 9), ("start", 8)):
        draws = [fine if name == place else middle for name in ("maze", "goal", "start")]
        state, _ = task.start(torch.stack(draws, dim=-1)[None])
        values, times = getattr(state, place).unique(return_counts=True)
        assert len(values) == count
        assert set(times.tolist()) == {720 // count}
        assert bool((state.start != state.goal).all())


class Watching(Intervention):
    """Changes nothing; keeps the state in which each input is received."""

    seen: list[State]

    def on_state(self, state: State, moment: Moment) -> State:
        self.seen.append(state)
        return state


def test_a_reset_at_a_reward_reaches_those_who_got_it(bent: type[Maze]) -> None:
    task = bent(MazeConfiguration(side=2, mazes=1, length=12))
    network = NetworkConfiguration(units=8)
    population = Population.draw(network, input_size(task, network), task.actions, Streams(0, [0, 1]))
    population.weights["initial_hidden"] = population.weights["initial_hidden"] + 0.3
    watching = Watching()
    object.__setattr__(watching, "seen", [])
    recording = record(freeze(population).perturbed(ResetState(paid=1.0), watching), task, episodes=20)
    paid = torch.from_numpy(recording["previous_reward"].values == 1)
    hidden = torch.from_numpy(recording["hidden"].values)
    assert bool(paid.any())
    for step in range(1, 12):
        expected = torch.where(paid[:, :, step, None], torch.tensor(0.3), hidden[:, :, step - 1])
        assert torch.equal(watching.seen[step][0], expected)


def test_a_reset_at_a_reward_has_its_line() -> None:
    assert parse_intervention("reset-state paid=1 steps=20-") == ResetState(1.0, steps="20-")
    assert str(ResetState(paid=1.0)) == "reset-state paid=1.0"

"""Distances and random walks in mazes, against other ways to get the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.analysis.maze import random_walk_steps, steps_to_goal
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.maze import Maze, MazeConfiguration
from pfc_metarl.tasks.maze_layout import distances, draw_mazes, neighbours, passages

# Four cells in a line, bent twice, with a wall between the first and the last.
BENT = np.array([[c == "#" for c in row] for row in ("#####", "#   #", "### #", "#   #", "#####")])


@pytest.mark.parametrize(("side", "loops"), [(4, 0.0), (5, 0.1), (7, 0.5)])
def test_distances_are_scipys(side: int, loops: float) -> None:
    walls = draw_mazes(40, side, loops, 0, "training")
    found = distances(walls)
    for own, ways in zip(found, passages(walls), strict=True):
        graph = np.zeros((side**2, side**2))
        for action, beside in enumerate(neighbours(side).T):
            graph[np.arange(side**2), beside] += ways[:, action]
        assert np.array_equal(own, shortest_path(graph, unweighted=True))


def test_a_random_walk_along_a_line_takes_as_long_as_the_formula_says() -> None:
    """From one end of n + 1 cells to the other: n (n + 1) / 2p steps, if p is the chance of a step either way."""
    line, zeros = np.array([0, 1, 3, 2]), np.zeros(3, int)
    found = random_walk_steps(BENT[None], zeros, line[:3], np.full(3, 2))
    total = 3 * 4 / (2 * 0.25)
    # From k cells along, the way so far need not be made.
    np.testing.assert_allclose(found, [total - k * (k + 1) / 0.5 for k in range(3)])


def test_a_random_walker_takes_as_long_as_the_equations_say() -> None:
    task = Maze(MazeConfiguration(side=3, mazes=20, length=1500))
    recording = record(RandomAgent(4, arms=4), task, 250, 0, ("maze", "start", "goal", "trial"))
    first = recording.isel(step=0)
    expected = random_walk_steps(task.walls, *(first[name].values.astype(int) for name in ("maze", "start", "goal")))
    taken = steps_to_goal(recording, 1).values[..., 0]
    assert np.isfinite(taken).all()
    difference = taken - expected
    assert abs(difference.mean()) < 4 * difference.std() / difference.size**0.5
    # Case by case, too: far goals take longer in proportion.
    slope = np.polyfit(expected.ravel(), taken.ravel(), 1)[0]
    assert slope == pytest.approx(1, abs=0.15)


def test_the_shortest_way_is_as_long_as_the_task_says() -> None:
    """Walk downhill on the distances: one step nearer each time, wherever one starts."""
    task = Maze(MazeConfiguration(side=5, mazes=50))
    distance, ways, beside = task.distance.numpy(), passages(task.walls), neighbours(5)
    for maze in range(50):
        goal = maze % 25
        near = np.where(ways[maze], distance[maze, beside, goal], 99).min(-1)
        far = np.arange(25) != goal
        assert np.array_equal(near[far], distance[maze, far, goal] - 1)

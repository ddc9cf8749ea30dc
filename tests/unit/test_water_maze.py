"""The water maze, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import draw_chance
from pfc_metarl.tasks.water_maze import WaterMaze, WaterMazeConfiguration, WaterMazeState

UP, RIGHT, DOWN, LEFT = range(4)
SUBJECTS, EPOCHS = 2, 20


def make(**settings: Any) -> WaterMaze:
    return WaterMaze(WaterMazeConfiguration(**{"contexts": 3, "exposures": 4, **settings}))


def epoch(task: WaterMaze) -> list[WaterMazeState]:
    """The starts of all episodes of several epochs, as training and recording draw them."""
    streams = Streams(0, range(SUBJECTS))
    chances = [draw_chance(task, streams, counter, EPOCHS) for counter in range(task.epoch)]
    return [task.start_at(chance.position, chance.start)[0] for chance in chances]


def stacked(task: WaterMaze, states: list[WaterMazeState], name: str) -> Tensor:
    return torch.stack([task.truth(state)[name].values for state in states], dim=-1)


def place(state: WaterMazeState, **cells: int) -> WaterMazeState:
    """The same state with the subject or the goal elsewhere."""
    values = {name: torch.full_like(state.goal, cell) for name, cell in cells.items()}
    return WaterMazeState(**{**vars(state), **values})


def begin(task: WaterMaze) -> WaterMazeState:
    uniform = torch.rand(1, 1, task.start_draws, generator=torch.Generator().manual_seed(0))
    return task.start_at(5, uniform)[0]


@pytest.mark.parametrize(
    ("position", "action", "arrived"),
    [(5, UP, 1), (5, RIGHT, 6), (5, DOWN, 9), (5, LEFT, 4), (0, UP, 0), (0, LEFT, 0), (15, DOWN, 15), (15, RIGHT, 15)],
)
def test_actions_move_by_one_cell_and_stay_at_the_edge(position: int, action: int, arrived: int) -> None:
    task = make(side=4)
    state = place(begin(task), position=position, goal=3)
    state, shown = task.step(state, torch.tensor([[action]]), torch.zeros(1, 1, 1))
    assert (int(state.position), float(shown.reward)) == (arrived, 0)
    row, column = shown.observation.flatten()[-8:].view(2, 4)
    assert row.tolist() == [float(each == arrived // 4) for each in range(4)]
    assert column.tolist() == [float(each == arrived % 4) for each in range(4)]
    assert torch.equal(shown.observation[..., :-8], state.meeting.shown)


def test_the_goal_pays_and_leads_to_a_random_cell_but_not_itself() -> None:
    task = make(side=4)
    state = place(begin(task), position=5, goal=6)
    arrivals = set()
    for chance in torch.linspace(0, 0.999, 60):
        following, shown = task.step(state, torch.tensor([[RIGHT]]), chance.view(1, 1, 1))
        assert float(shown.reward) == 1
        assert (int(following.visit), int(following.since_start), int(following.goal)) == (1, 0, 6)
        assert torch.equal(following.position, following.start)
        arrivals.add(int(following.position))
    assert arrivals == set(range(16)) - {6}
    elsewhere, _ = task.step(state, torch.tensor([[UP]]), torch.zeros(1, 1, 1))
    assert (int(elsewhere.visit), int(elsewhere.since_start)) == (0, 1)


def test_the_distance_is_that_of_a_walk_along_rows_and_columns() -> None:
    task = make(side=4)
    state = place(begin(task), position=1, goal=14)
    assert int(task.truth(state)["distance"].values) == 4
    assert int(task.truth(place(state, position=14))["distance"].values) == 0


def test_a_context_keeps_its_goal_for_an_epoch_and_starts_are_drawn_anew() -> None:
    task = make()
    states = epoch(task)
    context, goal, start = (stacked(task, states, name) for name in ("context", "goal", "start"))
    for one in range(task.epoch):
        for other in range(one):
            same = context[..., one] == context[..., other]
            assert torch.equal(goal[..., one][same], goal[..., other][same])
    assert len(goal.unique()) > 40
    assert not bool((start == goal).any())
    # Two starts of an epoch are the same one time in about 64.
    assert float((start[..., 1:] == start[..., :-1]).float().mean()) < 0.05


def test_a_state_is_stored_at_the_end_under_the_barcode() -> None:
    task = make(length=30, bits=6)
    assert task.remembering is not None
    assert task.remembering.storing == (29,)
    assert task.remembering.cue == task.remembering.context == range(6)
    assert (task.epoch, task.features, task.actions) == (12, 6 + 16, 4)

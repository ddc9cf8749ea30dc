"""An open grid with a hidden goal, whose place belongs to a barcode that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.tasks.maze_layout import MOVES, neighbours
from pfc_metarl.tasks.recurrence import Meeting, Recurrence, RecurrenceConfiguration, barcodes
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Remembering, Task, TimeStep, Truth, draw_below, one_hot


class WaterMazeConfiguration(RecurrenceConfiguration):
    """Open grid with a goal that is felt only where it is; the same barcode, the same goal."""

    side: Annotated[int, Field(ge=2, le=20)] = 8
    """Cells along each side of the grid. Example: --side 5"""

    length: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Steps per episode, which is spent in one context. Example: --length 100"""


@dataclass(frozen=True)
class WaterMazeState:
    """What is in force before the next action.

    Attributes
    ----------
    meeting : the context, and how it looks.
    goal, start, position : cells, numbered row by row.
    visit : times the goal has been reached.
    since_start : steps taken since the subject was last put at a start.
    step : steps taken in this episode.
    """

    meeting: Meeting
    goal: Int[Tensor, "subject episode"]
    start: Int[Tensor, "subject episode"]
    position: Int[Tensor, "subject episode"]
    visit: Int[Tensor, "subject episode"]
    since_start: Int[Tensor, "subject episode"]
    step: int


class WaterMaze(Task[WaterMazeState]):
    """Contextual water maze after Ritter et al. (2018, ICML), Experiment 4; sizes are ours, for theirs are not known.

    The four actions move up, right, down and left by one cell; at the edge the subject stays where it is. Stepping
    on the goal pays 1, and the subject is put at a random cell. Goals are drawn for the contexts of an epoch and
    stay with them; each episode is spent in one context, whose barcode is shown at every step. What was found out
    about it by the end of the episode can be stored under it and recalled at its next exposure.

    The observation is the barcode's bits, 1 and -1, and the subject's own row and column, each one-hot. The goal
    is never shown; that it was reached is told by the reward.

    References
    ----------
    Morris (1981), on the water maze.
    """

    configuration_type = WaterMazeConfiguration
    configuration: WaterMazeConfiguration
    phases = ()

    def __init__(self, configuration: WaterMazeConfiguration | None = None) -> None:
        super().__init__(configuration or WaterMazeConfiguration())
        settings = self.configuration
        self.recurrence = Recurrence(settings, barcodes(settings.bits))
        self.cells = settings.side**2
        self._moved = torch.from_numpy(neighbours(settings.side))
        self.actions = len(MOVES)
        self.features = settings.bits + 2 * settings.side
        self.steps = settings.length
        self.epoch = self.recurrence.episodes
        self.remembering = Remembering(range(settings.bits), range(settings.bits), storing=(self.steps - 1,))
        # The goal of every context and the first start of every episode.
        self._place_draws = settings.contexts + self.epoch
        self.start_draws = self._place_draws + self.recurrence.draws
        self.step_draws = 1

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[WaterMazeState, TimeStep]:
        return self.start_at(0, uniform)

    def start_at(
        self, position: int, uniform: Float[Tensor, "subject episode draw"]
    ) -> tuple[WaterMazeState, TimeStep]:
        meeting = self.recurrence.meet(position, uniform[..., self._place_draws :])
        contexts = self.configuration.contexts
        goal = draw_below(uniform[..., :contexts], self.cells).gather(-1, meeting.context[..., None])[..., 0]
        start = self._elsewhere(goal, uniform[..., contexts + position])
        nothing = torch.zeros_like(goal)
        state = WaterMazeState(meeting, goal, start, start, visit=nothing, since_start=nothing, step=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: WaterMazeState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[WaterMazeState, TimeStep]:
        position = on_device(self._moved, action.device)[state.position, action]
        reached = (position == state.goal) & (state.step < self.steps)
        start = torch.where(reached, self._elsewhere(state.goal, uniform[..., 0]), state.start)
        following = replace(
            state,
            start=start,
            position=torch.where(reached, start, position),
            visit=state.visit + reached,
            since_start=torch.where(reached, 0, state.since_start + 1),
            step=state.step + 1,
        )
        return following, self._show(following, reached.to(uniform.dtype))

    def truth(self, state: WaterMazeState) -> Mapping[str, Truth]:
        """Reveal context and goal, and as ``trial`` how often the goal has been reached in this episode.

        ``exposure`` counts from 1. ``distance`` is the fewest steps from here to the goal.
        """
        away = self._row_and_column(state.position) - self._row_and_column(state.goal)
        return {
            "context": Truth(state.meeting.context),
            "barcode": Truth(state.meeting.code),
            "exposure": Truth(state.meeting.exposure),
            "goal": Truth(state.goal),
            "start": Truth(state.start),
            "position": Truth(state.position),
            "distance": Truth(away.abs().sum(-1)),
            "since_start": Truth(state.since_start),
            "trial": Truth(state.visit),
        }

    def _elsewhere(
        self, goal: Int[Tensor, "subject episode"], uniform: Float[Tensor, "subject episode"]
    ) -> Int[Tensor, "subject episode"]:
        """Draw a cell that is not the goal."""
        return (goal + 1 + draw_below(uniform, self.cells - 1)) % self.cells

    def _row_and_column(self, cell: Int[Tensor, "subject episode"]) -> Int[Tensor, "subject episode 2"]:
        side = self.configuration.side
        return torch.stack([cell // side, cell % side], dim=-1)

    def _show(self, state: WaterMazeState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        place = one_hot(self._row_and_column(state.position), self.configuration.side, reward.dtype).flatten(-2)
        ended = torch.full_like(reward, state.step >= self.steps, dtype=torch.bool)
        return TimeStep(torch.cat([state.meeting.shown, place], dim=-1), reward, ended)

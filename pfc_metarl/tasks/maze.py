"""Mazes: find the goal, then find it again and again from where the search began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.maze_layout import MOVES, MazeSet, distances, draw_mazes, neighbours, passages, views
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below


class MazeConfiguration(Configuration):
    """Mazes with a goal: reaching it pays 1 and leads back to a start, while maze and goal stay."""

    side: Annotated[int, Field(ge=2, le=12)] = 5
    """Cells along each side of a maze. Example: --side 4"""

    loops: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    """Probability that a wall is opened which leaves every cell reachable without; 0: one way between any two cells.
    Example: --loops 0"""

    sight: Annotated[int, Field(ge=1, le=25)] = 1
    """How far walls are seen, in blocks: a cell is one block and so is a wall. 1: those of the own cell.
    Example: --sight 3"""

    length: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Steps per episode, which is one maze with one goal. Example: --length 200"""

    restart: Literal["same", "random"] = "same"
    """Where the goal leads: back to the start of this episode, or to any cell but the goal.
    Example: --restart random"""

    mazes: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Different mazes in the set. Example: --mazes 5000"""

    maze_set: MazeSet = "training"
    """Mazes for training, or those that are never trained in, whatever their number and seed.
    Example: --maze-set held-out"""

    maze_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the set of mazes. Example: --maze-seed 1"""


@dataclass(frozen=True)
class MazeState:
    """What is in force before the next action.

    Attributes
    ----------
    maze : position in the set.
    moved : the cell that each action leads to from each cell of this maze, cell by cell.
    views : what is seen from each of its cells.
    goal, start, position : cells, numbered row by row.
    visit : times the goal has been reached.
    step : steps taken in this episode.
    """

    maze: Int[Tensor, "subject episode"]
    moved: Int[Tensor, "subject episode way"]
    views: Float[Tensor, "subject episode cell feature"]
    goal: Int[Tensor, "subject episode"]
    start: Int[Tensor, "subject episode"]
    position: Int[Tensor, "subject episode"]
    visit: Int[Tensor, "subject episode"]
    step: int


class Maze(Task[MazeState]):
    """One-shot navigation in small, after Wang et al. (2016) and the visual navigation of Duan et al. (2016).

    The four actions move up, right, down and left by one cell; a wall leaves the subject where it is. Maze, goal
    and start are drawn for an episode and stay. Stepping on the goal pays 1, and the subject stands at a start
    again: how often it gets there within the episode depends on what it remembers.

    The observation is the walls around the subject, 1 wall and 0 none, always with north above. Neither the
    goal nor the position is ever shown; that the goal was reached is told by the reward.
    """

    configuration_type = MazeConfiguration
    configuration: MazeConfiguration
    phases = ()

    def __init__(self, configuration: MazeConfiguration | None = None) -> None:
        super().__init__(configuration or MazeConfiguration())
        settings = self.configuration
        self.walls = draw_mazes(settings.mazes, settings.side, settings.loops, settings.maze_seed, settings.maze_set)
        self.cells = settings.side**2
        moved = np.where(passages(self.walls), neighbours(settings.side), np.arange(self.cells)[:, None])
        self._moved = torch.from_numpy(moved.reshape(len(moved), -1))
        self._views = torch.from_numpy(views(self.walls, settings.sight)).float()
        self.actions = len(MOVES)
        self.features = self._views.shape[-1]
        self.steps = settings.length
        # The maze, the goal and the start.
        self.start_draws = 3
        self.step_draws = 1 if settings.restart == "random" else 0

    @cached_property
    def distance(self) -> Int[Tensor, "maze cell goal"]:
        """Fewest steps between any two cells of each maze; made when the truth is first asked for."""
        return torch.from_numpy(distances(self.walls))

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[MazeState, TimeStep]:
        goal = draw_below(uniform[..., 1], self.cells)
        start = self._elsewhere(goal, uniform[..., 2])
        maze = draw_below(uniform[..., 0], len(self.walls))
        moved, seen = (on_device(table, uniform.device)[maze] for table in (self._moved, self._views))
        state = MazeState(maze, moved, seen, goal, start, start, torch.zeros_like(goal), step=0)
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: MazeState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[MazeState, TimeStep]:
        way = state.position * self.actions + action
        position = state.moved.gather(-1, way[..., None])[..., 0]
        reached = (position == state.goal) & (state.step < self.steps)
        random = self.configuration.restart == "random"
        start = self._elsewhere(state.goal, uniform[..., 0]) if random else state.start
        following = replace(
            state,
            start=torch.where(reached, start, state.start),
            position=torch.where(reached, start, position),
            visit=state.visit + reached,
            step=state.step + 1,
        )
        return following, self._show(following, reached.to(uniform.dtype))

    def truth(self, state: MazeState) -> Mapping[str, Truth]:
        """Reveal the world, and as ``trial`` how often the goal has been reached.

        ``distance`` is the fewest steps from here to the goal.
        """
        distance = on_device(self.distance, state.goal.device)
        return {
            "maze": Truth(state.maze),
            "goal": Truth(state.goal),
            "start": Truth(state.start),
            "position": Truth(state.position),
            "distance": Truth(distance[state.maze, state.position, state.goal].long()),
            "trial": Truth(state.visit),
        }

    def _elsewhere(
        self, goal: Int[Tensor, "subject episode"], uniform: Float[Tensor, "subject episode"]
    ) -> Int[Tensor, "subject episode"]:
        """Draw a cell that is not the goal."""
        return (goal + 1 + draw_below(uniform, self.cells - 1)) % self.cells

    def _show(self, state: MazeState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        seen = torch.take_along_dim(state.views, state.position[..., None, None], dim=2)[:, :, 0]
        return TimeStep(seen, reward, torch.full_like(reward, state.step >= self.steps, dtype=torch.bool))

"""A maze seen from above as pixels, left at the goal and met again, for as long as an epoch lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.maze_layout import MOVES, MazeSet, distances, draw_mazes, neighbours, passages
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below

# Channels of the picture.
WALL, GOAL, SUBJECT = range(3)
CHANNELS = 3

# Sides of the picture are multiples of this, which the convolutional encoder cuts into patches.
PATCH = 8


class PixelMazeConfiguration(Configuration):
    """Mazes seen from above: an episode goes from the start to the goal, which pays 1 and ends it."""

    side: Annotated[int, Field(ge=2, le=12)] = 5
    """Cells along each side of a maze. Example: --side 4"""

    loops: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    """Probability that a wall is opened which leaves every cell reachable without; 0: one way between any two cells.
    Example: --loops 0"""

    length: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Steps after which an episode ends without the goal. Example: --length 200"""

    epoch: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    """Episodes in a row with the same maze and goal. Example: --epoch 1000"""

    mazes: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Different mazes in the set. Example: --mazes 5000"""

    maze_set: MazeSet = "training"
    """Mazes for training, or those that are never trained in, whatever their number and seed.
    Example: --maze-set held-out"""

    maze_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the set of mazes. Example: --maze-seed 1"""


@dataclass(frozen=True)
class PixelMazeState:
    """What is in force before the next action.

    Attributes
    ----------
    maze : position in the set.
    moved : the cell that each action leads to from each cell of this maze, cell by cell.
    scene : the picture without the subject, flattened.
    goal, start, position : cells, numbered row by row.
    step : steps taken in this episode.
    """

    maze: Int[Tensor, "subject episode"]
    moved: Int[Tensor, "subject episode way"]
    scene: Float[Tensor, "subject episode pixel"]
    goal: Int[Tensor, "subject episode"]
    start: Int[Tensor, "subject episode"]
    position: Int[Tensor, "subject episode"]
    step: Int[Tensor, "subject episode"]


class PixelMaze(Task[PixelMazeState]):
    """Navigation of a maze that is seen whole, in small after the mazes of Blundell et al. (2016).

    The four actions move up, right, down and left by one cell; a wall leaves the subject where it is. Stepping on
    the goal pays 1 and ends the episode. The start is the cell that is farthest from the goal, the first of several.
    Maze and goal are drawn at the beginning of an epoch and are the same in all of its episodes: a subject that learns
    from one episode to the next can find the shortest way.

    The observation is a picture: one pixel for each cell, wall and way through, in three channels for walls, goal and
    subject. The wall around the maze is left out, but where it fills the picture up to a multiple of 8 pixels.
    """

    configuration_type = PixelMazeConfiguration
    configuration: PixelMazeConfiguration
    phases = ()

    def __init__(self, configuration: PixelMazeConfiguration | None = None) -> None:
        super().__init__(configuration or PixelMazeConfiguration())
        settings = self.configuration
        self.walls = draw_mazes(settings.mazes, settings.side, settings.loops, settings.maze_seed, settings.maze_set)
        self.cells = settings.side**2
        moved = np.where(passages(self.walls), neighbours(settings.side), np.arange(self.cells)[:, None])
        self._moved = torch.from_numpy(moved.reshape(len(moved), -1))
        self.width = width = -PATCH * (-(2 * settings.side - 1) // PATCH)
        self.image = (width, width, CHANNELS)
        self._scenes = _scenes(self.walls[:, 1:-1, 1:-1], width)
        row, column = np.divmod(np.arange(self.cells), settings.side)
        self._pixel = torch.from_numpy(2 * (row * width + column) * CHANNELS)
        self.actions = len(MOVES)
        self.features = width * width * CHANNELS
        self.steps = settings.length
        self.epoch = settings.epoch
        # The maze and the goal.
        self.start_draws = 2
        self.step_draws = 0

    @cached_property
    def distance(self) -> Int[Tensor, "maze cell goal"]:
        """Fewest steps between any two cells of each maze; made when they are first asked for."""
        return torch.from_numpy(distances(self.walls)).long()

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[PixelMazeState, TimeStep]:
        maze, goal = draw_below(uniform[..., 0], len(self.walls)), draw_below(uniform[..., 1], self.cells)
        start = on_device(self.distance, uniform.device)[maze, :, goal].argmax(dim=-1)
        moved, scene = (on_device(table, uniform.device)[maze] for table in (self._moved, self._scenes))
        scene = scene.scatter(-1, self._pixel_of(goal, GOAL), 1.0)
        state = PixelMazeState(maze, moved, scene, goal, start, start, torch.zeros_like(goal))
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: PixelMazeState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[PixelMazeState, TimeStep]:
        running = ~self._ended(state)
        way = state.position * self.actions + action
        position = torch.where(running, state.moved.gather(-1, way[..., None])[..., 0], state.position)
        following = replace(state, position=position, step=state.step + running)
        reached = running & (position == state.goal)
        return following, self._show(following, reached.to(uniform.dtype))

    def truth(self, state: PixelMazeState) -> Mapping[str, Truth]:
        """Reveal the world; ``distance`` is the fewest steps from here to the goal."""
        distance = on_device(self.distance, state.goal.device)
        return {
            "maze": Truth(state.maze),
            "goal": Truth(state.goal),
            "start": Truth(state.start),
            "position": Truth(state.position),
            "distance": Truth(distance[state.maze, state.position, state.goal]),
        }

    def _ended(self, state: PixelMazeState) -> Bool[Tensor, "subject episode"]:
        return (state.position == state.goal) | (state.step >= self.steps)

    def _pixel_of(self, cell: Int[Tensor, "subject episode"], channel: int) -> Int[Tensor, "subject episode 1"]:
        """Where a cell's pixel stands in the flattened picture."""
        return on_device(self._pixel, cell.device)[cell][..., None] + channel

    def picture(self, state: PixelMazeState) -> Float[Tensor, "subject episode row column channel"]:
        """Draw what is seen in a state."""
        lit = state.scene.scatter(-1, self._pixel_of(state.position, SUBJECT), 1.0)
        return lit.unflatten(-1, (self.width, self.width, CHANNELS))

    def _show(self, state: PixelMazeState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        return TimeStep(self.picture(state).flatten(2), reward, self._ended(state))


def _scenes(inside: Bool[np.ndarray, "maze row column"], width: int) -> Float[Tensor, "maze pixel"]:
    """Pictures of mazes without goal and subject."""
    beyond = width - inside.shape[1]
    pictures = np.zeros((len(inside), width, width, CHANNELS), np.float32)
    pictures[..., WALL] = np.pad(inside, ((0, 0), (0, beyond), (0, beyond)), constant_values=True)
    return torch.from_numpy(pictures).flatten(1)

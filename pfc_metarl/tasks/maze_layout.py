"""Mazes of square cells: drawn once from a seed, told apart, and sorted into those for training and the rest.

A maze is a picture of blocks, true where there is wall: cells at odd rows and columns, posts at even ones, and
between two neighbouring cells either wall or a way through. Cells are numbered row by row.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from pfc_metarl.base.errors import ConfigurationError

MazeSet = Literal["training", "held-out"]

# Rows and columns that each action moves by: up, right, down, left.
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))

# Mazes drawn at a time, and in a row without one that is new, before the search for further ones is given up.
BATCH = 512
PATIENCE = 4 * BATCH


@lru_cache(maxsize=8)
def draw_mazes(count: int, side: int, loops: float, seed: int, mazes: MazeSet) -> Bool[np.ndarray, "maze row column"]:
    """Draw mazes in which every cell can be reached.

    A spanning tree of randomly weighted walls (Kruskal's algorithm) has one way between any two cells; then each
    wall that is left between cells is opened with probability ``loops``. No two mazes are the same, turned or
    mirrored. A maze belongs to one of the two sets by a checksum of its walls: none is ever in both, whatever
    their seeds and sizes.

    Parameters
    ----------
    count : how many.
    side : cells along a side.
    loops : probability that a wall which the tree leaves standing is opened.
    seed : of the whole collection.
    mazes : which of the two sets.

    Returns
    -------
    Pictures of ``2 side + 1`` blocks; read-only, since the collection is shared.

    Raises
    ------
    ConfigurationError
        If there seem to be fewer different mazes of this size.
    """
    found: dict[bytes, Bool[np.ndarray, "row column"]] = {}
    barren = 0
    for maze in _endless(side, loops, seed):
        name = walls_name(maze)
        new = is_held_out(name) == (mazes == "held-out") and name not in found
        barren = 0 if new else barren + 1
        if new:
            found[name] = maze
        if len(found) == count:
            break
        if barren == PATIENCE:
            raise ConfigurationError(
                f"only {len(found)} different {mazes} mazes of {side} by {side} cells were found, not {count}: "
                "ask for fewer, or for larger mazes"
            )
    chosen = np.stack(list(found.values()))
    chosen.setflags(write=False)
    return chosen


def walls_name(maze: Bool[np.ndarray, "row column"]) -> bytes:
    """Name a maze by its walls: the same for all eight pictures that turning and mirroring make of it."""
    turned = [np.rot90(each, quarter) for each in (maze, maze.T) for quarter in range(4)]
    return min(np.packbits(each).tobytes() for each in turned)


def is_held_out(name: bytes) -> bool:
    """Whether the maze of this name is one of those never trained in; every second one is."""
    return zlib.crc32(name) % 2 == 1


def _endless(side: int, loops: float, seed: int) -> Iterator[Bool[np.ndarray, "row column"]]:
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    while True:
        yield from _batch(side, loops, generator)


def _batch(side: int, loops: float, generator: np.random.Generator) -> Bool[np.ndarray, "maze row column"]:
    """Draw mazes, not all of them different."""
    cells = side * side
    row, column = np.divmod(np.arange(cells), side)
    right, below = np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)
    one, other = np.concatenate([right, below]), np.concatenate([right + 1, below + side])
    # All mazes are parts of one graph, so that one call finds all trees.
    first = np.arange(BATCH)[:, None] * cells
    weight = 1 - generator.random((BATCH, len(one)))
    ends = ((one + first).ravel(), (other + first).ravel())
    tree = minimum_spanning_tree(coo_array((weight.ravel(), ends), shape=(BATCH * cells, BATCH * cells))).tocoo()
    opened = np.zeros((BATCH * cells, 2), bool)
    opened[tree.row, (tree.col - tree.row == side).astype(int)] = True
    opened = opened.reshape(BATCH, cells, 2)[:, one, np.repeat([0, 1], len(right))]
    opened |= generator.random(opened.shape) < loops
    walls = np.ones((BATCH, 2 * side + 1, 2 * side + 1), bool)
    walls[:, 1::2, 1::2] = False
    # The block between two cells lies half way.
    walls[:, row[one] + row[other] + 1, column[one] + column[other] + 1] = ~opened
    return walls


def passages(walls: Bool[np.ndarray, "maze row column"]) -> Bool[np.ndarray, "maze cell action"]:
    """Whether each action leads from each cell to the next."""
    row, column = _blocks(walls)
    return np.stack([~walls[:, row + down, column + across] for down, across in MOVES], axis=-1)


def neighbours(side: int) -> Int[np.ndarray, "cell action"]:
    """The cell that lies in each action's direction; the cell itself where the maze ends."""
    row, column = np.divmod(np.arange(side * side), side)
    moved = [(np.clip(row + down, 0, side - 1), np.clip(column + across, 0, side - 1)) for down, across in MOVES]
    return np.stack([down * side + across for down, across in moved], axis=-1)


def views(walls: Bool[np.ndarray, "maze row column"], sight: int) -> Bool[np.ndarray, "maze cell block"]:
    """The walls around each cell, ``sight`` blocks far in every direction; all is wall outside the maze.

    Cells and posts are left out: cells are open and posts are wall in all mazes.
    """
    padded = np.pad(walls, ((0, 0), (sight, sight), (sight, sight)), constant_values=True)
    row, column = _blocks(walls)
    far = range(-sight, sight + 1)
    between = [(down, across) for down in far for across in far if (down + across) % 2]
    return np.stack([padded[:, row + sight + down, column + sight + across] for down, across in between], axis=-1)


def distances(walls: Bool[np.ndarray, "maze row column"]) -> Int[np.ndarray, "maze cell goal"]:
    """Fewest steps from every cell to every other, by breadth-first search from all goals of all mazes at once."""
    open_ways, beside = passages(walls), neighbours((walls.shape[1] - 1) // 2)
    reached = np.broadcast_to(np.eye(len(beside), dtype=bool), (len(walls), len(beside), len(beside)))
    distance = np.where(reached, 0, -1).astype(np.int16)
    steps = 0
    while not reached.all():
        steps += 1
        # A cell is reached from the goal when a way leads from it to one that is.
        spread = [open_ways[:, :, None, action] & reached[:, beside[:, action]] for action in range(len(MOVES))]
        new = np.logical_or.reduce(spread) & ~reached
        distance[new] = steps
        reached = reached | new
    return distance


def _blocks(walls: Bool[np.ndarray, "maze row column"]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each cell in the picture."""
    row, column = np.divmod(np.arange(((walls.shape[1] - 1) // 2) ** 2), (walls.shape[1] - 1) // 2)
    return 2 * row + 1, 2 * column + 1

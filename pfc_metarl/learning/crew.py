"""Blocks of subjects trained side by side on the machine's cores.

Each block is a Trainer of its own, and runs in a thread with single-threaded torch. Small
products gain nothing from sharing a core, and threads that wait for each other inside
every one of them lose a great deal as soon as anything else runs; whole blocks never wait.
It also makes a subject's bits the same whatever the number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import Tensor

from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.population import Population


class Crew:
    """Trainers of disjoint blocks of one population, advanced together.

    Parameters
    ----------
    population : all subjects.
    make_trainer : makes the trainer of one block.
    blocks : how many; never more than subjects.
    """

    def __init__(self, population: Population, make_trainer: Callable[[Population], Trainer], blocks: int) -> None:
        count = len(population.subjects)
        blocks = min(blocks, count)
        edges = [count * block // blocks for block in range(blocks + 1)]
        ranges = [range(first, last) for first, last in pairwise(edges)]
        self.trainers = [make_trainer(population.select(positions)) for positions in ranges]
        self.sizes = [len(positions) for positions in ranges]

    @property
    def update(self) -> int:
        """Updates done so far."""
        return self.trainers[0].update

    @property
    def population(self) -> Population:
        """All subjects together, as they stand, without gradient."""
        return Population.join([trainer.population for trainer in self.trainers])

    def advance(self, pool: ThreadPoolExecutor, measure: bool) -> dict[str, Tensor]:
        """Do one update of every block; return the measures of all subjects."""
        return _join(list(pool.map(lambda trainer: trainer.advance(measure), self.trainers)))

    def state(self) -> dict[str, Tensor]:
        """Weights and optimisers, by name, as if there were one block."""
        return _join([trainer.state() for trainer in self.trainers])

    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        """Continue from a checkpoint, whatever blocks it was made with."""
        first = 0
        for trainer, size in zip(self.trainers, self.sizes, strict=True):
            own = {name: value[first : first + size] if value.ndim else value for name, value in state.items()}
            trainer.restore(own, update)
            first += size


def _join(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Join subjects; what has no subject axis, such as a step count, is the same in all parts."""
    return {
        name: torch.cat([part[name] for part in parts]) if value.ndim else value for name, value in parts[0].items()
    }


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep torch to one thread per operation within this block."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

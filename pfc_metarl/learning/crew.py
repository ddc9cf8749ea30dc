"""Blocks of subjects trained side by side on the machine's cores.

Small products gain nothing from sharing two cores, and stall whenever anything else runs;
threads of one Python process wait for each other between products. So a long training
gives each core a block of subjects in a process of its own, with single-threaded torch. A
subject's bits do not depend on its block, and so not on the number of cores. Where several subjects
diverge, the one that is named is of the first such block.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from pfc_metarl.learning.trainer import Trainer

Measures = dict[str, Tensor]


class Block(ABC):
    """Some subjects of a training."""

    subjects: int

    @abstractmethod
    def begin(self, updates: int, measure: bool) -> None:
        """Set out to do so many updates, and to measure the last of them."""

    @abstractmethod
    def finish(self) -> Measures:
        """Wait until they are done; return the last one's measures.

        Raises
        ------
        TrainingDivergedError
            If a subject's loss stopped being finite.
        """

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Weights and optimiser, by name."""

    @abstractmethod
    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        """Continue from a checkpoint."""

    def close(self) -> None:
        """Give back what the block holds."""
        return


class LocalBlock(Block):
    """Subjects trained in this process."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.subjects = len(trainer.population.subjects)
        self._task = (0, False)

    def begin(self, updates: int, measure: bool) -> None:
        self._task = (updates, measure)

    def finish(self) -> Measures:
        return self.trainer.advance_by(*self._task)

    def state(self) -> dict[str, Tensor]:
        return self.trainer.state()

    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        self.trainer.restore(state, update)


class Crew:
    """All blocks of one training, advanced together.

    Parameters
    ----------
    blocks : in the order of their subjects.

    Attributes
    ----------
    update : updates done so far.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = list(blocks)
        self.update = 0

    def advance(self, updates: int, measure: bool) -> Measures:
        """Do some updates of every block; return the last one's measures of all subjects."""
        with single_threaded():
            for block in self.blocks:
                block.begin(updates, measure)
            measures = _join([block.finish() for block in self.blocks])
        self.update += updates
        return measures

    def state(self) -> dict[str, Tensor]:
        """Weights and optimisers, by name, as if there were one block."""
        return _join([block.state() for block in self.blocks])

    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        """Continue from a checkpoint, whatever blocks it was made with."""
        first = 0
        for block in self.blocks:
            last = first + block.subjects
            block.restore({name: value[first:last] if value.ndim else value for name, value in state.items()}, update)
            first = last
        self.update = update

    def close(self) -> None:
        """Close every block."""
        for block in self.blocks:
            block.close()


def split(subjects: Sequence[int], blocks: int) -> list[tuple[int, ...]]:
    """Divide subjects into blocks of nearly equal size."""
    blocks = min(blocks, len(subjects))
    edges = [len(subjects) * block // blocks for block in range(blocks + 1)]
    return [tuple(subjects[first:last]) for first, last in pairwise(edges)]


def _join(parts: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    """Join subjects; what has no subject axis, such as a step count, is the same in all parts."""
    names = parts[0].items()
    return {name: torch.cat([part[name].detach() for part in parts]) if value.ndim else value for name, value in names}


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep torch, and the products inside compiled kernels, to one thread within this block."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)

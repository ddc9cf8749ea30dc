"""Every random number of a subject, fixed by root seed, subject index, purpose and counter.

A stream is stateless: the numbers of update 70 can be drawn without those of updates 0
to 69. That is what makes a subject the same alone and in company, and a resumed run
the same as one that was never interrupted.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from operator import index

import numpy as np
from numpy.random import Generator, Philox, SeedSequence

from pfc_metarl.base.errors import ConfigurationError


def valid_seed(seed: int) -> int:
    """Return a root seed, refusing a negative one and what is no whole number."""
    try:
        whole = index(seed)
    except TypeError:
        whole = -1
    if whole < 0:
        raise ConfigurationError(f"seed is {seed!r}: give a whole number from 0 up")
    return whole


class Streams:
    """Named random streams of a population.

    Parameters
    ----------
    seed : root seed of the population.
    subjects : indices of the subjects; subject 3 draws the same numbers whoever else is listed.
    realm : "training" or "evaluation"; the two never share a number, whatever the seeds.
    """

    def __init__(self, seed: int, subjects: Sequence[int], realm: str = "training") -> None:
        self.seed = valid_seed(seed)
        self.realm = realm
        self.subjects = tuple(subjects)
        self._keys: dict[str, list[np.ndarray]] = {}

    def generators(self, purpose: str, counter: int = 0) -> list[Generator]:
        """Return one fresh generator per subject for the ``counter``-th use of ``purpose``."""
        if purpose not in self._keys:
            # A name is turned into a spawn key, so that adding a purpose never shifts another one.
            name = zlib.crc32(f"{self.realm}/{purpose}".encode())
            self._keys[purpose] = [
                SeedSequence(self.seed, spawn_key=(subject, name)).generate_state(2, np.uint64)
                for subject in self.subjects
            ]
        # Philox is counter-based: the top word of the counter selects one of 2**64 disjoint blocks.
        return [
            Generator(Philox(key=key, counter=np.array([0, 0, 0, counter], np.uint64))) for key in self._keys[purpose]
        ]

    def uniform(self, purpose: str, counter: int, shape: tuple[int, ...]) -> np.ndarray:
        """Draw uniform numbers in [0, 1), shape ``(subject, *shape)``, float32."""
        drawn = np.empty((len(self.subjects), *shape), np.float32)
        for row, generator in zip(drawn, self.generators(purpose, counter), strict=True):
            generator.random(dtype=np.float32, out=row)
        return drawn

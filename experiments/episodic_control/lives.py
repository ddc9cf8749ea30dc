"""What subjects earned in their lives, in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from jaxtyping import Bool
from pydantic import Field

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.fingerprint import fingerprints
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.store import read_tensors, write_tensors


class LivesHeader(Configuration):
    """What stands in the header of their file besides the rewards."""

    subjects: Annotated[tuple[Annotated[int, Field(strict=True, ge=0)], ...], Field(min_length=1)]
    seed: Annotated[int, Field(strict=True, ge=0)]
    steps: Annotated[int, Field(strict=True, ge=1)]
    origin: dict[str, Any] = {}


@dataclass
class Lives:
    """Lives of one kind of learner in one world.

    Attributes
    ----------
    subjects : index of each, which fixes its random streams.
    seed : root of those streams.
    rewarded : whether each step paid 1 or nothing.
    """

    subjects: tuple[int, ...]
    seed: int
    rewarded: Bool[np.ndarray, "subject step"]

    @property
    def streams(self) -> Streams:
        """The streams in which they were lived."""
        return Streams(self.seed, self.subjects)

    def select(self, positions: Sequence[int]) -> Lives:
        """Return some of the subjects, by position."""
        chosen = list(positions)
        return Lives(tuple(self.subjects[position] for position in chosen), self.seed, self.rewarded[chosen])

    def fingerprints(self) -> list[str]:
        """SHA-256 of what each subject earned."""
        return fingerprints({"rewarded": self.rewarded}, len(self.subjects))

    def save(self, path: Path, origin: Mapping[str, Any]) -> None:
        """Write them, one bit a step, with where they came from: world, learner and settings."""
        header = LivesHeader(subjects=self.subjects, seed=self.seed, steps=self.rewarded.shape[1], origin=dict(origin))
        bits = torch.from_numpy(np.packbits(self.rewarded, axis=1))
        write_tensors(path, {"rewarded": bits}, header.model_dump())

    @classmethod
    def load(cls, path: Path) -> Lives:
        """Read them.

        Raises
        ------
        StoredFileError
            If the file is missing, damaged, foreign, or its rewards do not fit its header.
        """
        tensors, content = read_tensors(path)
        try:
            header = LivesHeader(**content)
        except ConfigurationError as error:
            raise StoredFileError(f"{path} holds no lives that this version can read ({error})") from None
        bits = tensors.get("rewarded", torch.empty(0)).numpy()
        if bits.dtype != np.uint8 or bits.shape != (len(header.subjects), -(-header.steps // 8)):
            raise StoredFileError(f"{path} holds rewards that do not fit its own header: restore it from a copy")
        return cls(header.subjects, header.seed, np.unpackbits(bits, axis=1, count=header.steps).astype(bool))

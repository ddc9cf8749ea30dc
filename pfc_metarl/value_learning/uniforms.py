"""Uniform numbers for a life whose length is not known beforehand."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.seeding import Streams

# Uses drawn at a time; a change would change every number.
AHEAD = 256


class Uniforms:
    """The numbers of one purpose, use by use, drawn ahead in blocks.

    Parameters
    ----------
    streams : of the subjects.
    purpose : names their stream.
    shape : numbers of one use, per subject.
    """

    def __init__(self, streams: Streams, purpose: str, *shape: int) -> None:
        self._streams = streams
        self._purpose = purpose
        self._shape = shape
        self._used = 0
        self._block = torch.empty(0)

    def take(self) -> Float[Tensor, "subject *shape"]:
        """Return the numbers of the next use."""
        block, place = divmod(self._used, AHEAD)
        if place == 0:
            drawn = self._streams.uniform(self._purpose, block, (AHEAD, *self._shape))
            self._block = torch.from_numpy(drawn)
        self._used += 1
        return self._block[:, place]

"""One variable of a recording as NWB writes it: chunk by chunk, so that memory stays bounded."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from hdmf.data_utils import GenericDataChunkIterator
from jaxtyping import Int

from pfc_metarl.export.output import Advance
from pfc_metarl.recording.streaming import PIECE_BYTES

# Of one chunk in the file: large enough to be read fast, small enough to look at a few trials.
CHUNK_BYTES = 2**20


class StepStream(GenericDataChunkIterator):
    """All steps of one variable of one subject that took place, episode after episode.

    Parameters
    ----------
    variable : over ``episode step`` and further axes, opened but not read.
    rows : the steps that took place, counted through all episodes.
    advance : told the bytes of each buffer.
    """

    def __init__(self, variable: xr.DataArray, rows: Int[np.ndarray, " row"], advance: Advance) -> None:
        self.variable = variable
        self.rows = rows
        self.advance = advance
        tail = variable.shape[2:]
        row_bytes = math.prod(tail) * variable.dtype.itemsize
        chunk = min(len(rows), max(1, CHUNK_BYTES // row_bytes))
        buffer = min(len(rows), chunk * max(1, PIECE_BYTES // (chunk * row_bytes)))
        super().__init__(chunk_shape=(chunk, *tail), buffer_shape=(buffer, *tail))

    def _get_maxshape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.variable.shape[2:])

    def _get_dtype(self) -> np.dtype:
        return self.variable.dtype

    def _get_data(self, selection: tuple[slice, ...]) -> np.ndarray:
        rows = self.rows[selection[0]]
        steps = self.variable.sizes["step"]
        first, last = rows[0] // steps, rows[-1] // steps
        read = self.variable.isel(episode=slice(first, last + 1)).values
        taken = read.reshape(-1, *read.shape[2:])[rows - first * steps]
        self.advance(taken.nbytes)
        return taken[(slice(None), *selection[1:])]

"""Recordings piece by piece: some episodes at a time, so that a file need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import xarray as xr

from pfc_metarl.base.reading import unreadable

# Large enough that reading costs little per number, small enough to leave memory for the analysis.
PIECE_BYTES = 64 * 2**20

Stored = TypeVar("Stored", xr.Dataset, xr.DataArray)


def open_recording(path: str | Path, group: str | None = None) -> xr.Dataset:
    """Open a recording without reading its arrays; close it by ``with``.

    Parameters
    ----------
    path : netCDF file, as ``save_recording`` writes it.
    group : name of one recording, where the file holds several.

    Raises
    ------
    StoredFileError
        If there is no such file or group, or it is not a recording.
    """
    try:
        return xr.open_dataset(path, engine="h5netcdf", group=group)
    except (OSError, KeyError, ValueError) as error:
        raise unreadable(path, error, group) from None


def pieces(recording: Stored, limit: int | None = None) -> Iterator[Stored]:
    """Some episodes after the other, each piece loaded when its turn comes.

    Parameters
    ----------
    recording : dataset or array with an axis ``episode``, in memory or opened from a file. Take the
        variables you need, and one subject, before you ask for pieces.
    limit : bytes of a piece, `PIECE_BYTES` if not given; one episode is the least.
    """
    episodes = recording.sizes["episode"]
    at_once = max(1, int((limit or PIECE_BYTES) * episodes // max(recording.nbytes, 1)))
    for first in range(0, episodes, at_once):
        yield recording.isel(episode=slice(first, first + at_once)).load()

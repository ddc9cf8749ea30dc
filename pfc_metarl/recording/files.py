"""Recordings on disk: netCDF, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from pfc_metarl.base.files import unwritable


def save_recording(path: Path, recording: xr.Dataset | Mapping[str, xr.Dataset]) -> None:
    """Write a recording, or several as groups of one file.

    Parameters
    ----------
    path : of the netCDF file; open it with ``xarray.open_dataset``, groups with ``xarray.open_datatree``.
    recording : one dataset, or group name -> dataset.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.partial")
    tree = recording if isinstance(recording, xr.Dataset) else xr.DataTree.from_dict(dict(recording))
    try:
        tree.to_netcdf(temporary, engine="h5netcdf")
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)

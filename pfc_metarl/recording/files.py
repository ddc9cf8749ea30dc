"""Recordings on disk: netCDF, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from pfc_metarl.base.files import LEFTOVER, unwritable


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
    temporary = path.with_name(f".{path.name}{LEFTOVER}")
    tree = recording if isinstance(recording, xr.Dataset) else xr.DataTree.from_dict(dict(recording))
    try:
        tree.to_netcdf(temporary, engine="h5netcdf", encoding=_encoding(tree))
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def _encoding(tree: xr.Dataset | xr.DataTree) -> dict[str, Any]:
    """Compress what repeats itself: choices and truths shrink tenfold, activity hardly at all."""
    if isinstance(tree, xr.DataTree):
        return {node.path: _encoding(node.to_dataset()) for node in tree.leaves}
    return {
        str(name): {"zlib": True, "complevel": 1, "shuffle": True}
        for name, variable in tree.data_vars.items()
        if "unit" not in variable.dims
    }

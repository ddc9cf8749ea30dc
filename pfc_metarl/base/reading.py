"""Why a recording could not be read, in the words of its reader and not of the library."""

from __future__ import annotations

from pathlib import Path

from pfc_metarl.base.errors import StoredFileError

# What HDF5 says, somewhere in its message -> what that means, and what to do.
_KNOWN = {
    "truncated file": ("the file is cut short", "restore it from a copy or make it again"),
    "file signature not found": ("it is no netCDF file", "give a recording of 'pfc-metarl record'"),
    "group not found": ("it has no such group", "check the group's name"),
}


def unreadable(path: str | Path, error: Exception, group: str | None = None) -> StoredFileError:
    """Say in one sentence why a recording cannot be read, and what to do.

    Parameters
    ----------
    path : of the file.
    error : what reading it raised.
    group : that was asked for.
    """
    file = Path(path)
    if not file.exists():
        reason, advice = "there is no such file", "check its path"
    elif file.is_dir():
        reason, advice = "it is a folder", "give a file in it"
    else:
        other = (" ".join(str(error).split()), "give a recording of 'pfc-metarl record'")
        reason, advice = next((said for words, said in _KNOWN.items() if words in str(error)), other)
    place = path if group is None else f"{path}, group '{group}'"
    return StoredFileError(f"{place}: cannot be read as a recording ({reason}): {advice}")

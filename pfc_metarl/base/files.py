"""Writing files so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pfc_metarl.base.errors import OutputError

# Ending of temporary files; only a kill leaves one behind.
LEFTOVER = ".partial"


def write_atomically(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path``, flush it to disk, then rename it into place.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=LEFTOVER)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from None


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed program left in a folder."""
    for file in folder.glob(f".*{LEFTOVER}"):
        file.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """Make a folder for results, and make sure that it can be written.

    Raises
    ------
    OutputError
        If it cannot be made or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def prepare_output(path: Path, sources: Iterable[Path] = (), overwrite: bool = True) -> None:
    """Make the folder of a file that is to be written, and make sure, before any work, that the file can be.

    Parameters
    ----------
    path : of the file.
    sources : files that the same command reads; they are never written over.
    overwrite : whether another file that is there may be replaced.

    Raises
    ------
    OutputError
        If it is a folder or a source, must not be replaced, or cannot be written.
    """
    make_folder(path.parent)
    refuse_unwritable(path)
    try:
        if path.exists() and any(source.exists() and source.samefile(path) for source in sources):
            raise OutputError(f"cannot write {path}: it is what this command reads; choose another place with --out")
        if path.exists() and not overwrite:
            advice = "replace it with --overwrite, or choose another place with --out"
            raise OutputError(f"{path} is there already: {advice}")
    except OSError as error:
        raise unwritable(path, error) from None


def refuse_unwritable(path: Path, option: str = "--out") -> None:
    """Raise OutputError if a file cannot be written in the folder that is there; the advice names an option."""
    try:
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder; give the name of a file with {option}")
        # Under the name that writing gives it for a while, which is the longer one.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=LEFTOVER):
            pass
    except OSError as error:
        raise unwritable(path, error, option) from None


def unwritable(path: Path, error: OSError, option: str = "--out") -> OutputError:
    """Say in one sentence why ``path`` cannot be written, and which option gives another place."""
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"cannot write {path}: {reason}; choose another place with {option}")

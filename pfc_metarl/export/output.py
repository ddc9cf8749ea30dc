"""What every export does: write all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pfc_metarl.base.errors import OutputError
from pfc_metarl.base.files import LEFTOVER, unwritable

# Told how many bytes of the recording were just dealt with.
Advance = Callable[[int], object]


def unheard(count: int) -> None:
    """Take no notice of progress."""
    del count


def guide_of(weights: Path) -> Path:
    """The text beside exported weights that tells how to use them."""
    return weights.with_suffix(".md")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a place to write a file or a folder to, and move it to ``path`` once all of it is there.

    The place has the final name, in a temporary folder beside it: some writers judge a file by its ending.

    Raises
    ------
    OutputError
        If it cannot be written, or a folder with something in it stands in its place.
    """
    if path.is_dir() and any(path.iterdir()):
        raise OutputError(f"cannot write {path}: a folder of this name is there; choose another place with --out")
    try:
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=LEFTOVER))
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        yield folder / path.name
        (folder / path.name).replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)

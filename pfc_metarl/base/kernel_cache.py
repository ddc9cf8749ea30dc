"""Where a compiled kernel waits for the next process: a file for every signature.

Numba's own cache numbers a kernel's files and notes the numbers in an index. Nothing locks it: of two processes that
compile two signatures at the same moment, both can take the same number, and the index then names the other's code,
in that installation for good. Nor does it see a change in a kernel that lies in another file and is called by this
one. Here a signature has its own file, whatever else is written meanwhile, and the file knows the source of all that
was compiled into it. What numba promises to no one stands in this file only: a cache's ``_cache_file``.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

from pfc_metarl.base.files import write_atomically

ENDING = ".kernel"


class KernelCache(FunctionCache):
    """Keeps a function's machine code in a folder beside its source, or in the user's cache folder.

    Parameters
    ----------
    function : before it is compiled.
    options : of its compilation; code that was made with others is not taken.

    Raises
    ------
    RuntimeError
        If numba finds no folder that it may write to.
    """

    def __init__(self, function: Callable[..., Any], options: Mapping[str, object]) -> None:
        super().__init__(function)
        self._cache_file = _SignatureFiles(function, repr(options), Path(self.cache_path), self._impl.filename_base)


class _SignatureFiles:
    """A function's files, asked with numba's key: argument types, processor, and what the function closes over."""

    def __init__(self, function: Callable[..., Any], options: str, folder: Path, name: str) -> None:
        self._function, self._options, self._folder, self._name = function, options, folder, name

    @cached_property
    def _made_from(self) -> tuple[str, ...]:
        contents = [path.read_bytes() for path in sorted(_sources(self._function))]
        return numba.__version__, self._options, _digest(*contents)

    def _path(self, key: Any) -> Path:
        return self._folder / f"{self._name}.{_digest(repr(key).encode())[:16]}{ENDING}"

    def load(self, key: Any) -> Any:
        """Return what was saved under a key, or None if nothing was, or from other source."""
        try:
            with self._path(key).open("rb") as file:
                return pickle.load(file) if pickle.load(file) == self._made_from else None
        except (FileNotFoundError, EOFError, pickle.UnpicklingError):  # not there yet, or half lost with the power
            return None

    def save(self, key: Any, data: Any) -> None:
        """Keep compiled code under a key."""
        write_atomically(self._path(key), pickle.dumps(self._made_from) + dumps(data))

    def flush(self) -> None:
        """Forget all that is kept of the function."""
        for file in self._folder.glob(f"{self._name}.*{ENDING}"):
            file.unlink(missing_ok=True)


def _sources(function: Callable[..., Any]) -> set[Path]:
    """Return the files of a function and of all kernels that it calls."""
    named = inspect.getclosurevars(function)
    called = [value for value in (*named.globals.values(), *named.nonlocals.values()) if isinstance(value, Dispatcher)]
    return {Path(inspect.getfile(function))}.union(*(_sources(kernel.py_func) for kernel in called))


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()

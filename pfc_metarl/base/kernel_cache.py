"""Where a compiled kernel waits for the next process: a file for every signature.

Numba's own cache numbers a kernel's files and notes the numbers in an index. Nothing locks it: of two processes that
compile two signatures at the same moment, both can take the same number, and the index then names the other's code,
in that installation for good. Nor does it see a change in a kernel that lies in another file and is called by this
one. Here a signature has its own file, whatever else is written meanwhile, and the file knows the sources, as they were
when they were imported, and the constants of all that was compiled into it. What numba promises to no one about
caches stands in this file only: ``_cache_file`` and ``_index_key``.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

from pfc_metarl.base.errors import OutputError
from pfc_metarl.base.files import write_atomically

ENDING = ".kernel"

# What numba takes the value of when it compiles.
CONSTANTS = (bool, int, float, str, tuple, type)

# Digest of the file of every kernel and part of one, as it was when its code was imported.
_imported: dict[CodeType, str] = {}


def note_source(function: Callable[..., Any]) -> None:
    """Remember a function's file as it is now: by the time that it is compiled, the file may have changed.

    Raises
    ------
    RuntimeError
        If the file cannot be read, as in a zipped installation.
    """
    try:
        _imported[function.__code__] = hashlib.sha256(Path(inspect.getfile(function)).read_bytes()).hexdigest()
    except OSError as error:
        raise RuntimeError(f"no source of {function.__qualname__}: {error}") from None


class KernelCache(FunctionCache):
    """Keeps a function's machine code in a folder beside its source, or in the user's cache folder.

    Parameters
    ----------
    function : before it is compiled.
    options : of its compilation; code that was made with others is not taken.

    Raises
    ------
    RuntimeError
        If numba finds no folder that it may write to, or the source cannot be read.
    """

    def __init__(self, function: Callable[..., Any], options: Mapping[str, object]) -> None:
        super().__init__(function)
        note_source(function)
        self._function = function
        self._cache_file = _SignatureFiles(function, repr(options), Path(self.cache_path), self._impl.filename_base)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """Tell apart what a function is compiled to.

        Numba's own key is another in each process, where kernels are closed over.
        """
        return sig, codegen.magic_tuple(), _closure(self._function)


class _SignatureFiles:
    """A function's files, asked with numba's key: argument types, processor, and what the function closes over."""

    def __init__(self, function: Callable[..., Any], options: str, folder: Path, name: str) -> None:
        self._function, self._options, self._folder, self._name = function, options, folder, name

    @cached_property
    def _made_from(self) -> list[str]:
        return [numba.__version__, self._options, *sorted(set(_ingredients(self._function, set())))]

    def _path(self, key: Any) -> Path:
        return self._folder / f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}{ENDING}"

    def load(self, key: Any) -> Any:
        """Return what was saved under a key, or None if nothing was, or from other source, or it is damaged."""
        try:
            stored = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        checksum, content = stored[:32], stored[32:]
        if hashlib.sha256(content).digest() != checksum:
            return None
        made_from, data = pickle.loads(content)
        return pickle.loads(data) if made_from == self._made_from else None

    def save(self, key: Any, data: Any) -> None:
        """Keep compiled code under a key."""
        content = pickle.dumps((self._made_from, dumps(data)))
        # What cannot be kept, for a full disk or since another process has the file open, is compiled again next time.
        with suppress(OutputError):
            write_atomically(self._path(key), hashlib.sha256(content).digest() + content)

    def flush(self) -> None:
        """Forget all that is kept of the function."""
        for file in self._folder.glob(f"{self._name}.*{ENDING}"):
            file.unlink(missing_ok=True)


def _closure(function: Callable[..., Any]) -> str:
    """Name what a function closes over, kernels with what they close over themselves."""

    def named(value: Any) -> str:
        if isinstance(value, CONSTANTS):
            return repr(value)
        if not isinstance(value, Dispatcher):
            raise TypeError(f"{function.__qualname__} closes over {value!r}, which no cache can tell from another")
        inner = value.py_func
        return f"{inner.__module__}.{inner.__qualname__}({_closure(inner)})"

    nonlocals = inspect.getclosurevars(function).nonlocals
    return ", ".join(f"{name}={named(value)}" for name, value in nonlocals.items())


def _ingredients(function: Callable[..., Any], seen: set[CodeType]) -> Iterator[str]:
    """Yield the sources and constants of a function and of all kernels that it calls."""
    seen.add(function.__code__)
    yield _imported.get(function.__code__, "")
    named = inspect.getclosurevars(function)
    for name, value in {**named.globals, **named.nonlocals}.items():
        if isinstance(value, CONSTANTS):
            yield f"{name} = {value!r}"
        elif isinstance(value, Dispatcher) and value.py_func.__code__ not in seen:
            yield from _ingredients(value.py_func, seen)

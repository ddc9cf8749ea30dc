"""Functions compiled for this machine's processor when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numba import njit

from pfc_metarl.base.kernel_cache import KernelCache, note_source

# Contraction and reordering of sums; division by zero gives infinity, as in numpy, since a check would
# keep a loop from being vectorised.
ARITHMETIC = {"fastmath": dict.fromkeys(("contract", "reassoc", "nsz", "arcp"), True), "error_model": "numpy"}

FLOAT = np.float32


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep the result for other processes where a folder allows it."""
    compiled: Any = njit(function, **ARITHMETIC)
    with suppress(RuntimeError):  # no folder to write to, or no source to read: every process compiles for itself
        compiled._cache = KernelCache(function, ARITHMETIC)
    return compiled


def inlined(function: Callable[..., Any]) -> Any:
    """Make a part of kernels, which stands in each of them as if it were written there."""
    with suppress(RuntimeError):  # no source to read: then kernels of the same installation are not kept either
        note_source(function)
    return njit(function, inline="always", **ARITHMETIC)

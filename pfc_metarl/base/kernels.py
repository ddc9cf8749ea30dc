"""Functions compiled for this machine's processor when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

# Contraction and reordering of sums; division by zero gives infinity, as in numpy, since a check would
# keep a loop from being vectorised.
ARITHMETIC = {"fastmath": {"contract", "reassoc", "nsz", "arcp"}, "error_model": "numpy"}

FLOAT = np.float32


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep the result for other processes where a folder allows it."""
    try:
        return njit(function, cache=True, **ARITHMETIC)
    except RuntimeError:  # numba finds no folder that it may write to
        return njit(function, **ARITHMETIC)


def inlined(function: Callable[..., Any]) -> Any:
    """Make a part of kernels, which stands in each of them as if it were written there."""
    return njit(function, inline="always", **ARITHMETIC)

"""Functions compiled for this machine's processor when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from pfc_metarl.base.kernel_cache import KernelCache, note_source

# Contraction and reordering of sums; division by zero gives infinity, as in numpy, since a check would
# keep a loop from being vectorised.
ARITHMETIC = {"fastmath": dict.fromkeys(("contract", "reassoc", "nsz", "arcp"), True), "error_model": "numpy"}

FLOAT = np.float32

# Of the longest vectors that ``wide_vectors`` asks for.
VECTOR_BITS = 512


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep the result for other processes where a folder allows it."""
    compiled: Any = njit(function, **ARITHMETIC)
    with suppress(RuntimeError):  # no folder to write to, or no source to read: every process compiles for itself
        compiled._cache = KernelCache(function, {**ARITHMETIC, "vectors": VECTOR_BITS})
    return compiled


def inlined(function: Callable[..., Any]) -> Any:
    """Make a part of kernels, which stands in each of them as if it were written there."""
    with suppress(RuntimeError):  # no source to read: then kernels of the same installation are not kept either
        note_source(function)
    return njit(function, inline="always", **ARITHMETIC)


@intrinsic
def wide_vectors(typing_context):
    """Let loops of the kernel that calls this use vectors of 512 bits, where the processor has them.

    LLVM keeps to 256 bits of itself, since some processors run slower beside longer ones; but so they do beside BLAS,
    which uses them, and exponentials take a quarter less time. Numba has only a setting of the whole process for this.
    """
    del typing_context

    def generate(context, builder, signature, arguments):
        del signature, arguments
        # An attribute of LLVM's, which llvmlite writes as it stands but does not know by name.
        set.add(builder.function.attributes, f'"prefer-vector-width"="{VECTOR_BITS}"')
        return context.get_dummy_value()

    return types.void(), generate

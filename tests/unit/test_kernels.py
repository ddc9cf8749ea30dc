"""What kernels are compiled with."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from pfc_metarl.base.kernels import wide_vectors


@njit
@no_type_check
def wide(numbers):
    wide_vectors()
    numbers[0] = 1


@njit
@no_type_check
def narrow(numbers):
    numbers[0] = 1


def test_wide_vectors_reach_llvm_from_the_functions_that_ask_for_them() -> None:
    for compiled, asks in ((wide, True), (narrow, False)):
        numbers = np.zeros(1, np.float32)
        compiled(numbers)
        assert numbers[0] == 1
        (text,) = compiled.inspect_llvm().values()
        assert ('"prefer-vector-width"="512"' in text) == asks

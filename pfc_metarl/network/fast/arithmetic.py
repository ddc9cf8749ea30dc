"""Exponential, sigmoid and tanh for the insides of kernels: a library call would keep a loop from being vectorised."""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from pfc_metarl.base.kernels import FLOAT, inlined

# The lowest power of e above the smallest normal float32.
LOWEST = FLOAT(-87.0)


@inlined
@no_type_check
def exponential(x):
    """e^x = 2^n e^r with r within half of ln 2; a Taylor polynomial of degree 7 gives e^r to the last bit or two."""
    x = min(max(x, LOWEST), -LOWEST)
    n = np.floor(x * FLOAT(1.4426950408889634) + FLOAT(0.5))
    # ln 2 in two parts, the first with few digits, so that n times it is exact.
    r = (x - n * FLOAT(0.693359375)) + n * FLOAT(2.12194440e-4)
    power = FLOAT(1 / 5040)
    power = power * r + FLOAT(1 / 720)
    power = power * r + FLOAT(1 / 120)
    power = power * r + FLOAT(1 / 24)
    power = power * r + FLOAT(1 / 6)
    power = power * r + FLOAT(1 / 2)
    power = power * r + FLOAT(1)
    power = power * r + FLOAT(1)
    # A float32 whose exponent bits are n + 127 is 2^n.
    return power * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@inlined
@no_type_check
def sigmoid(x):
    return FLOAT(1) / (FLOAT(1) + exponential(-x))


@inlined
@no_type_check
def tanh(x):
    return FLOAT(2) * sigmoid(FLOAT(2) * x) - FLOAT(1)

"""The machine's arithmetic limit, and what one step of training costs in arithmetic."""

from __future__ import annotations

import time

import torch


def matrix_product_ceiling(size: int = 1536, repeats: int = 8) -> float:
    """Best floating-point operations per second of a large float32 product, of several tries."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        torch.mm(left, right)
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def operations_per_step(inputs: int, units: int, actions: int) -> int:
    """Multiplications and additions of one environment step, forward and backward.

    The backward pass costs two products of the size of each forward one: the gradient of
    the inputs and that of the weights.
    """
    forward = 2 * ((inputs + units) * 4 * units + units * (actions + 1))
    return 3 * forward

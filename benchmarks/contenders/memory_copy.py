"""The machine's other limit: how fast memory is read and written."""

from __future__ import annotations

import torch

from benchmarks.contenders.work import Size, Work

# Far larger than any cache.
NUMBERS = 1 << 26


def make(size: Size, numbers: int = NUMBERS) -> Work:
    """Copy one long array into another; its amount is the bytes read and written."""
    torch.set_num_threads(size.cores)
    source, target = (torch.ones(numbers, device=size.device) for _ in range(2))

    def copy() -> None:
        target.copy_(source)
        if size.device == "cuda":
            torch.cuda.synchronize()

    return Work(copy, 2 * source.element_size() * numbers)

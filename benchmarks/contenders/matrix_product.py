"""The machine's arithmetic limit: one large float32 product after the other."""

from __future__ import annotations

import torch

from benchmarks.contenders.work import Size, Work

# Large enough to be limited by arithmetic, small enough for a core's cache to hold its tiles.
ROWS = 1536
CUDA_ROWS = 8192


def make(size: Size, rows: int = ROWS) -> Work:
    """Multiply two square matrices, on as many torch threads as there are cores."""
    torch.set_num_threads(size.cores)
    rows = CUDA_ROWS if size.device == "cuda" else rows
    left, right, product = (torch.randn(rows, rows, device=size.device) for _ in range(3))

    def multiply() -> None:
        torch.mm(left, right, out=product)
        if size.device == "cuda":
            torch.cuda.synchronize()

    return Work(multiply, 2 * rows**3)

"""The same training on a GPU, beside its limits of arithmetic and of memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from benchmarks.arithmetic import bytes_per_step, operations_per_step
from benchmarks.contenders.work import Size
from benchmarks.lane import Contender, take_turns
from benchmarks.setting import CUDA_SIZES, TRIALS

OURS = "pfc_metarl"
PLAIN = "plain loop, bmm"
PRODUCT_LIMIT = "matrix product"
COPY_LIMIT = "memory copy"
RETRAIN = (sys.executable, "-m", "pfc_metarl.cli.main", "reproduce", "fig1", "--retrain", "--quiet")


def measure(seconds: float, sizes: Sequence[tuple[int, int]] = CUDA_SIZES, device: str = "cuda") -> pd.DataFrame:
    """Measure every size; one row per size and contender.

    Parameters
    ----------
    seconds : of work per contender and size.
    sizes : subjects and episodes per update.
    device : where to compute; "cpu" tries out the code where there is no GPU.
    """
    rows = []
    for subjects, episodes in sizes:
        size = Size(subjects, episodes, TRIALS, 1, device)
        contenders = [Contender(OURS, "ours", size), Contender(PLAIN, "plain", size)]
        limits = [Contender(PRODUCT_LIMIT, "matrix_product", size), Contender(COPY_LIMIT, "memory_copy", size)]
        rates = take_turns([*contenders, *limits], seconds)
        product, copy = (max(rates[limit.name]) for limit in limits)
        for contender in contenders:
            slow, middle, fast = np.quantile(rates[contender.name], [0.25, 0.5, 0.75])
            rows.append(
                {
                    "subjects": subjects,
                    "episodes": episodes,
                    "contender": contender.name,
                    "Msteps/s": middle / 1e6,
                    "lower quartile": slow / 1e6,
                    "upper quartile": fast / 1e6,
                    "turns": len(rates[contender.name]),
                    "limit GFLOP/s": product / 1e9,
                    "share of limit": operations_per_step() * middle / product,
                    "limit GB/s": copy / 1e9,
                    "share of bandwidth": bytes_per_step() * middle / copy,
                }
            )
    return pd.DataFrame(rows)


def retraining() -> pd.DataFrame:
    """Seconds in which all of figure 1 is trained anew on the GPU, tested and drawn."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([*RETRAIN, "--device", "cuda", "--out", folder], check=True)
    return pd.DataFrame([{"command": "pfc-metarl " + " ".join(RETRAIN[3:]), "seconds": time.perf_counter() - started}])


def name() -> str:
    """What the GPU is called; empty where torch finds none."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""

"""What a result was made with."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch

PACKAGES = ("pfc-metarl", "torch", "numpy", "scipy", "pandas", "matplotlib", "xarray", "scikit-learn", "safetensors")


def environment() -> dict[str, Any]:
    """Versions, machine and thread count: what can change the last bits of a number."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "versions": {package: version(package) for package in PACKAGES},
    }

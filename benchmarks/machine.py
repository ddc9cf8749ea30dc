"""On what, with what, and when it was measured."""

from __future__ import annotations

import datetime
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

PACKAGES = ("pfc-metarl", "torch", "numpy", "numba")


def describe(part: str, cores: int, gpu: str) -> dict[str, object]:
    """One row about one part of the benchmarks."""
    return {
        "part": part,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": cores,
        "gpu": gpu,
        "system": platform.platform(),
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def note(path: Path, row: dict[str, object]) -> pd.DataFrame:
    """Put a part's row in the place of its last one in the file, and return all of it."""
    table = pd.DataFrame([row])
    if path.exists():
        before = pd.read_csv(path, keep_default_na=False)
        table = pd.concat([before.loc[before["part"] != row["part"]], table], ignore_index=True)
    table.to_csv(path, index=False)
    return table


def _processor() -> str:
    """Name of the processor."""
    information = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", information.read_text()) if information.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

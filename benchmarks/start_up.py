"""How long a user waits for what is not training: the program's start, and a figure from bundled networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.lane import ROOT
from benchmarks.stack_times import PARTS, REST, START

PROGRAM = (sys.executable, "-m", "pfc_metarl.cli.main")
ONE_UPDATE = ("train", "two-armed-bandit", "--subjects", "2", "--updates", "1", "--quiet", "--overwrite")

HELP = "pfc-metarl --help"
FIRST_EVER = "training of one update, first ever: kernels are compiled"
EVERY_OTHER = "training of one update, ever after"


def commands(repeats: int) -> pd.DataFrame:
    """Seconds of short commands, each in a fresh process; median and quartiles."""
    with tempfile.TemporaryDirectory() as folder:
        train = (*PROGRAM, *ONE_UPDATE, "--out", f"{folder}/run")
        rows = {HELP: [_seconds((*PROGRAM, "--help")) for _ in range(repeats)]}
        rows[FIRST_EVER] = [_seconds(train, {"NUMBA_CACHE_DIR": f"{folder}/{number}"}) for number in range(repeats)]
        rows[EVERY_OTHER] = [_seconds(train, {"NUMBA_CACHE_DIR": f"{folder}/0"}) for _ in range(repeats)]
    return pd.DataFrame([{"command": name, **_spread(durations)} for name, durations in rows.items()])


def parts_of_reproduce(study: str, repeats: int) -> pd.DataFrame:
    """Seconds of each part of ``pfc-metarl reproduce``, from bundled networks; medians over repeats, and the whole."""
    measured = [_watched(study) for _ in range(repeats)]
    order = (START, *PARTS, REST)
    rows = [{"part": part, **_spread([each.get(part, 0.0) for each in measured])} for part in order]
    rows.append({"part": "all", **_spread([sum(each.values()) for each in measured])})
    table = pd.DataFrame(rows)
    table["share"] = table["seconds"] / table["seconds"].iloc[:-1].sum()
    return table


def _watched(study: str) -> dict[str, float]:
    """Parts of one run; what is left of its whole time is Python's own start and end."""
    with tempfile.TemporaryDirectory() as folder:
        parts = Path(folder) / "parts.json"
        words = ("reproduce", study, "--quiet", "--out", f"{folder}/out")
        whole = _seconds((sys.executable, "-m", "benchmarks.stack_times", str(parts), *words))
        seconds = json.loads(parts.read_text())
    return {START: whole - sum(seconds.values()), **seconds}


def _seconds(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Run a command to its end; it must succeed."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=surroundings)
    return time.perf_counter() - started


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    low, middle, high = np.quantile(seconds, [0.25, 0.5, 0.75])
    return {"seconds": middle, "lower quartile": low, "upper quartile": high, "repeats": len(seconds)}

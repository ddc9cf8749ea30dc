"""How time and memory grow with subjects and with trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.arithmetic import operations_per_step
from benchmarks.contenders.work import Size
from benchmarks.lane import Contender, Lane, take_turns
from benchmarks.setting import TRIALS
from benchmarks.speed import ALL_CORES_LIMIT, limits

SUBJECTS = (1, 2, 4, 8, 16, 32, 64)
EPISODES = 64

# Trials are varied with so many subjects.
POPULATION = 8
LENGTHS = (25, 50, 100, 200, 400)


def with_subjects(seconds: float, cores: int, subjects: Sequence[int] = SUBJECTS) -> pd.DataFrame:
    """Seconds of one update by number of subjects, and the least that the arithmetic would take."""
    sizes = {f"{number} subjects": Size(number, EPISODES, TRIALS, cores) for number in subjects}
    rates = take_turns([*_contenders(sizes), *limits(cores)], seconds)
    table = _table(sizes, rates)
    limit = max(rates[ALL_CORES_LIMIT])
    table["limit seconds"] = [operations_per_step() * size.steps / limit for size in sizes.values()]
    table["times one subject"] = table["seconds"] / table["seconds"].iloc[0]
    return table


def with_trials(seconds: float, lengths: Sequence[int] = LENGTHS) -> pd.DataFrame:
    """Seconds of one update and peak memory by trials, on one core: one process has all of the memory."""
    sizes = {f"{trials} trials": Size(POPULATION, EPISODES, trials, 1) for trials in lengths}
    table = _table(sizes, take_turns(_contenders(sizes), seconds))
    table["peak memory MB"] = [_peak_memory(contender) / 1e6 for contender in _contenders(sizes)]
    return table


def _contenders(sizes: dict[str, Size]) -> list[Contender]:
    return [Contender(name, "ours", size) for name, size in sizes.items()]


def _peak_memory(contender: Contender) -> int:
    """Largest resident memory of a process that does nothing but this training."""
    with Lane(contender) as lane:
        lane.wait_until_ready()
        return lane.peak_memory()


def _table(sizes: dict[str, Size], rates: dict[str, list[float]]) -> pd.DataFrame:
    """One row per size: the median time of an update, with quartiles."""
    rows = []
    for name, size in sizes.items():
        slow, middle, fast = np.quantile(rates[name], [0.25, 0.5, 0.75])
        rows.append(
            {
                "subjects": size.subjects,
                "episodes": size.episodes,
                "trials": size.trials,
                "cores": size.cores,
                "seconds": size.steps / middle,
                "lower quartile": size.steps / fast,
                "upper quartile": size.steps / slow,
                "turns": len(rates[name]),
            }
        )
    return pd.DataFrame(rows)


def straight_line(table: pd.DataFrame, column: str) -> dict[str, float]:
    """Least-squares line of a column over trials: value at no trials, slope per trial, and R squared."""
    trials, values = table["trials"].to_numpy(float), table[column].to_numpy(float)
    slope, start = np.polyfit(trials, values, 1)
    left = values - (start + slope * trials)
    explained = 1 - (left**2).sum() / ((values - values.mean()) ** 2).sum()
    return {"start": float(start), "slope": float(slope), "R2": float(explained)}


def bytes_per_trial(table: pd.DataFrame) -> float:
    """Memory that one more trial of one episode of one subject takes, in bytes."""
    return straight_line(table, "peak memory MB")["slope"] * 1e6 / (POPULATION * EPISODES)

"""``python -m benchmarks``: steps per second of training, beside the machine's limit and a plain loop."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.ceiling import matrix_product_ceiling, operations_per_step
from benchmarks.plain_loop import TRIALS, UNITS, PlainLoop
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import Crew, LocalBlock, available_cores, split
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.training import describe_run
from pfc_metarl.learning.worker import WorkerBlock
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import NetworkConfiguration, Population
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

# Subjects x episodes per update.
SIZES = ((1, 64), (8, 64), (32, 32))


def settings(episodes: int) -> tuple[Task, NetworkConfiguration, TrainingConfiguration]:
    """The task of the comparison, and a training that never reaches its end."""
    task = make_task("two-armed-bandit", trials=TRIALS)
    return task, NetworkConfiguration(units=UNITS), TrainingConfiguration(episodes=episodes, updates=1_000_000)


def one_core(subjects: int, episodes: int, derived: bool) -> Callable[[], object]:
    """Return a function that does one update of a population in this process."""
    task, network, training = settings(episodes)
    streams = Streams(0, range(subjects))
    population = Population.draw(network, input_size(task, network), task.actions, streams)
    crew = Crew([LocalBlock(Trainer(task, population, training, seed=0, derived=derived))])
    return lambda: crew.advance(1, measure=False)


@contextmanager
def all_cores(subjects: int, episodes: int) -> Iterator[Callable[[], object]]:
    """Give a function that does one update of a population as ``train`` does it: a process per core."""
    run = describe_run(*settings(episodes), 0, range(subjects))
    crew = Crew([WorkerBlock({**run, "subjects": part}) for part in split(range(subjects), available_cores())])
    try:
        yield lambda: crew.advance(1, measure=False)
    finally:
        crew.close()


def interleaved(updaters: dict[str, Callable[[], object]], seconds: float, warm_up: int = 2) -> dict[str, list[float]]:
    """Time updates of all contenders in turn, so that the machine's moods meet all alike."""
    for update in updaters.values():
        for _ in range(warm_up):
            update()
    durations: dict[str, list[float]] = {name: [] for name in updaters}
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline or any(len(own) < 5 for own in durations.values()):
        for name, update in updaters.items():
            started = time.perf_counter()
            update()
            durations[name].append(time.perf_counter() - started)
    return durations


def measure(seconds: float) -> pd.DataFrame:
    """Measure every size; one row per contender."""
    rows = []
    for subjects, episodes in SIZES:
        ceiling = matrix_product_ceiling()
        with all_cores(subjects, episodes) as update:
            durations = interleaved(
                {
                    "pfc_metarl": update,
                    "pfc_metarl, one core": one_core(subjects, episodes, derived=True),
                    "pfc_metarl, one core, autograd": one_core(subjects, episodes, derived=False),
                    "plain nn.LSTMCell loop": _repeated(PlainLoop(episodes).update, subjects),
                },
                seconds,
            )
        rows += [_row(subjects, episodes, name, durations, ceiling) for name in durations]
    return pd.DataFrame(rows)


def _row(
    subjects: int, episodes: int, name: str, durations: dict[str, list[float]], ceiling: float
) -> dict[str, object]:
    """Median speed with quartiles, as a share of the ceiling and against the plain loop."""
    steps = subjects * episodes * TRIALS
    fast, middle, slow = np.quantile(durations[name], [0.25, 0.5, 0.75])
    operations = operations_per_step(inputs=4, units=UNITS, actions=2)
    return {
        "subjects": subjects,
        "episodes": episodes,
        "loop": name,
        "Msteps/s": steps / middle / 1e6,
        "quartiles": f"{steps / slow / 1e6:.3f}-{steps / fast / 1e6:.3f}",
        "share of ceiling": operations * steps / middle / ceiling,
        "ratio to plain": float(np.median(durations["plain nn.LSTMCell loop"])) / middle,
        "ceiling GFLOP/s": ceiling / 1e9,
        "repeats": len(durations[name]),
    }


def _repeated(update: Callable[[], object], times: int) -> Callable[[], object]:
    """Train subjects one after the other, as a plain loop has to."""

    def run() -> None:
        for _ in range(times):
            update()

    return run


def main() -> None:
    """Print the table, and write it as CSV if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="time per size (default: 20)")
    parser.add_argument("--csv", type=Path, help="also write the table here. Example: --csv benchmarks.csv")
    options = parser.parse_args()
    table = measure(options.seconds)
    print(
        f"two-armed bandit, {TRIALS} trials, {UNITS} LSTM units, {available_cores()} cores, torch {torch.__version__}"
    )
    print(table.to_string(index=False, float_format="%.3f"))
    if options.csv:
        table.to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()

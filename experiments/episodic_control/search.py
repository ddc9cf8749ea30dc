"""Measures from which size on the search for neighbours is what a step of neural episodic control waits for.

Run ``python -m pfc_metarl.experiments.episodic_control.search`` on an idle machine; it takes about half a minute and
prints the table of the README.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.learner import CHOICE_DRAWS
from pfc_metarl.value_learning.neural_episodic import NeuralEpisodicControl, NeuralEpisodicControlConfiguration

from .config import SUBJECTS, WORLDS

# Entries per action, all in use.
ENTRIES = (100, 300, 1000, 3000, 10_000, 30_000)

# Each is measured this often, and the median counts.
REPEATS = 15


def filled(task: Task, entries: int, streams: Streams) -> NeuralEpisodicControl:
    """Make a learner whose dictionaries hold so many random entries."""
    settings = NeuralEpisodicControlConfiguration(capacity=max(entries, task.steps))
    learner = NeuralEpisodicControl(settings, task, streams)
    generator = torch.Generator().manual_seed(0)
    table = torch.arange(len(learner.subjects) * task.actions)
    for first in range(0, entries, 100):
        key = torch.rand(100 * len(table), settings.features, generator=generator)
        row = table.repeat_interleave(100)
        learner.memory.write(row, key, key[:, 0], torch.full_like(row, first), torch.maximum)
    return learner


def seconds(timed: Callable[[], object]) -> float:
    """Median time of a call."""
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        timed()
        taken.append(time.perf_counter() - started)
    return sorted(taken)[REPEATS // 2]


def measure(entries: int) -> tuple[float, float]:
    """Seconds of one choice of all subjects, and of the search in it."""
    task, streams = WORLDS["maze"].make(), Streams(0, range(SUBJECTS))
    learner = filled(task, entries, streams)
    seen, uniform = torch.rand(SUBJECTS, task.features), torch.rand(SUBJECTS, CHOICE_DRAWS)
    query: Tensor = torch.rand(SUBJECTS * task.actions, 1, learner.configuration.features)
    with torch.no_grad():
        choice = seconds(lambda: learner.act(seen, uniform))
        return choice, seconds(lambda: learner.memory.nearest(query, learner.configuration.neighbours))


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("| entries per action | one choice, ms | search in it, ms | share |\n|---|---|---|---|")
    for size in ENTRIES:
        whole, search = measure(size)
        print(f"| {size:,} | {1e3 * whole:.2f} | {1e3 * search:.2f} | {search / whole:.0%} |", flush=True)

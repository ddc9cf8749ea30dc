"""pfc_metarl, as ``train`` runs it."""

from __future__ import annotations

import torch

from benchmarks.contenders.work import Size, Work
from benchmarks.setting import UNITS
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import Crew, LocalBlock, split
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.training import MEASURE_EVERY, describe_run
from pfc_metarl.learning.worker import WorkerBlock, trainer_of
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.registry import make_task


def make_crew(size: Size, gradient: str) -> Crew:
    """Make the blocks of a training, as ``train`` does: with several cores each has a process with some subjects."""
    task = make_task("two-armed-bandit", trials=size.trials)
    network = NetworkConfiguration(units=UNITS)
    # A training that does not reach its end.
    training = TrainingConfiguration(episodes=size.episodes, updates=1_000_000)
    run = describe_run(task, network, training, 0, range(size.subjects))
    if gradient == "autograd":
        population = Population.draw(network, input_size(task, network), task.actions, Streams(0, run["subjects"]))
        return Crew([LocalBlock(Trainer(task, population, training, seed=0, derived=False))])
    parts = split(run["subjects"], size.cores)
    if len(parts) == 1:
        return Crew([LocalBlock(trainer_of(run, size.device))])
    return Crew([WorkerBlock({**run, "subjects": part}) for part in parts])


def make(size: Size, gradient: str = "derived") -> Work:
    """Train a population, measured at every tenth update as ``train`` does.

    Parameters
    ----------
    size : of the training; on a GPU with one core.
    gradient : "derived" by hand, or by "autograd" in this process.
    """
    crew = make_crew(size, gradient)

    def advance() -> None:
        crew.advance(MEASURE_EVERY, measure=True)
        if size.device == "cuda":
            torch.cuda.synchronize()

    return Work(advance, MEASURE_EVERY * size.steps, crew.close)

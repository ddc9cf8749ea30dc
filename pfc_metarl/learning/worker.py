"""A process that trains one block of subjects and obeys its parent.

It is started as ``python -m pfc_metarl.learning.worker``, not by ``multiprocessing``, so that a
user's script needs no ``if __name__ == "__main__"`` guard. It writes no file: only the parent
does. It ends when its parent does, since its end of the line then closes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.base.errors import TrainingDivergedError, TrainingProcessError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.captured import CapturedTrainer, obstacle
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import Block, Crew, LocalBlock, Measures
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.network.transfer import take_over_body
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

# Each library that multiplies matrices has a setting of its own, which may be there already and ask for more.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

# The line between parent and worker is a Unix socket handed down by number.
WORKERS_POSSIBLE = os.name == "posix"


class WorkerBlock(Block):
    """Subjects trained in a process of their own.

    Parameters
    ----------
    run : description of the run, with this block's subjects.
    """

    def __init__(self, run: Mapping[str, Any]) -> None:
        self.subjects = len(run["subjects"])
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        program = [sys.executable, "-m", "pfc_metarl.learning.worker", str(number)]
        # The worker finds what its parent found, whatever put it on the path.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **ONE_THREAD}
        # In a session of its own Ctrl-C does not reach it: the parent alone decides what that means.
        self._process = subprocess.Popen(program, pass_fds=[number], env=environment, start_new_session=True)
        theirs.close()
        self._line = Connection(ours.detach())
        self._send(dict(run))

    def begin(self, updates: int, measure: bool) -> None:
        self._send(("advance", updates, measure))

    def finish(self) -> Measures:
        return self._answer()

    def state(self) -> dict[str, Tensor]:
        self._send(("state",))
        return self._answer()

    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        self._send(("restore", {name: value.numpy() for name, value in state.items()}, update))
        self._answer()

    def close(self) -> None:
        self._line.close()
        self._process.wait()

    def _send(self, order: object) -> None:
        try:
            self._line.send(order)
        except ConnectionError:
            raise self._lost() from None

    def _lost(self) -> TrainingProcessError:
        status = self._process.wait()
        how = f"was killed by signal {-status}" if status < 0 else f"ended with code {status}"
        return TrainingProcessError(
            f"a training process {how}; what it said, if anything, stands above: "
            "continue from the last checkpoint with --resume"
        )

    def _answer(self) -> dict[str, Tensor]:
        try:
            answer = self._line.recv()
        except (EOFError, ConnectionError):
            raise self._lost() from None
        if isinstance(answer, str):
            raise TrainingDivergedError(answer)
        return {name: torch.from_numpy(value) for name, value in answer.items()}


def trainer_of(run: Mapping[str, Any], device: torch.device | str = "cpu") -> Trainer:
    """Make the trainer that a run's description stands for."""
    task_settings = dict(run["task"])
    task = make_task(task_settings.pop("name"), **task_settings)
    population = population_of(run, task).to(device)
    training = TrainingConfiguration(**run["training"])
    return trainer_type(task, device)(task, population, training, run["seed"], tune=run.get("tune", "all"))


def trainer_type(task: Task[Any], device: torch.device | str) -> type[Trainer]:
    """Return the kind of trainer for a task on a device: one that replays its update, where that can be captured."""
    captured = torch.device(device).type == "cuda" and not obstacle(task)
    return CapturedTrainer if captured else Trainer


def population_of(run: Mapping[str, Any], task: Task[Any], source: Population | None = None) -> Population:
    """Draw the population that a run's description stands for, as it is before any training on this task.

    With source networks it has taken over their body.
    """
    network = NetworkConfiguration(**run["network"])
    streams = Streams(run["seed"], run["subjects"])
    population = Population.draw(network, input_size(task, network), task.actions, streams)
    if source is not None:
        take_over_body(population, source)
    return population


def _serve(line: Connection) -> None:
    """Do what the parent asks until it hangs up."""
    crew = Crew([LocalBlock(trainer_of(line.recv()))])
    while True:
        order, *details = line.recv()
        try:
            answer = _obey(crew, order, details)
        except TrainingDivergedError as error:
            line.send(str(error))
        else:
            line.send({name: value.detach().numpy() for name, value in answer.items()})


def _obey(crew: Crew, order: str, details: list[Any]) -> Mapping[str, Tensor]:
    if order == "advance":
        return crew.advance(*details)
    if order == "restore":
        state, update = details
        crew.restore({name: torch.from_numpy(value) for name, value in state.items()}, update)
        return {}
    return crew.state()


if __name__ == "__main__":
    torch.set_num_threads(1)
    # The parent has closed the line, or was killed: either way there is nobody left to work for.
    with Connection(int(sys.argv[1])) as parent, contextlib.suppress(EOFError, ConnectionError):
        _serve(parent)

"""Training as a user asks for it: from a task's name to a trained population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.interrupt import DeferredInterrupt
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import Block, Crew, LocalBlock, available_cores, split
from pfc_metarl.learning.description import describe_run, subject_indices
from pfc_metarl.learning.tuning import Tune
from pfc_metarl.learning.worker import WORKERS_POSSIBLE, WorkerBlock, population_of, trainer_of
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import finished, load_population, read_tensors, save_population, write_tensors
from pfc_metarl.network.transfer import network_like
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

# Reading a measure costs about as much as a few steps of a rollout.
MEASURE_EVERY = 10

# Environment steps from which starting a process per core pays for its start: about a minute of one core.
WORTH_WORKERS = 20_000_000

# Measures that the progress bar shows, where the task has them.
SHOWN = ("reward", "regret")


def train(
    task: str | Task[Any],
    *,
    subjects: int | Sequence[int] = 8,
    seed: int = 0,
    network: NetworkConfiguration | None = None,
    training: TrainingConfiguration | None = None,
    source: Population | None = None,
    tune: Tune = "all",
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    stages: int = 1,
    device: str = "cpu",
    quiet: bool = False,
    label: str = "training",
) -> Population:
    """Train a population on a task.

    Parameters
    ----------
    task : a registered name (its default settings) or a task.
    subjects : how many, or the indices of those to train; each index has its own streams.
    seed : root seed.
    network, training : settings; defaults are the source's own network, or the `fast` preset.
    source : trained networks whose body the new ones begin with, subject by subject, under new heads.
    tune : which weights learn: "heads", "inputs" (and heads) or "all".
    out : run folder for configuration, metrics, checkpoint and the trained network; None keeps nothing.
    resume : continue the run in ``out``, bit for bit as if it had never stopped; start it where there is none.
    overwrite : replace the run in ``out``.
    stages : also keep the population, in ``out``, as it stands at this many equal parts of the
        training; the last one is the trained network itself.
    device : "cpu" or "cuda".
    quiet : no progress bar.
    label : the progress bar's name.

    Returns
    -------
    The trained population, on the CPU.

    Raises
    ------
    ConfigurationError, OutputError, StoredFileError
        For settings, folders and checkpoints that cannot be used; nothing is overwritten.
    TrainingDivergedError
        If a loss stops being finite; the last good checkpoint stays.
    KeyboardInterrupt
        After Ctrl-C, once the checkpoint is safe.
    """
    task = make_task(task) if isinstance(task, str) else task
    network = (network or network_like(source)).seeing(task)
    training = training or TrainingConfiguration()
    indices = subject_indices(subjects)
    origin = describe_run(task, network, training, valid_seed(seed), indices, source, tune)
    where, inputs = usable_device(device), input_size(task, network)
    if not 1 <= stages <= training.updates:
        raise ConfigurationError(f"stages is {stages}: give from 1 to {training.updates}, the number of updates")

    def from_beginning_to_end(folder: RunFolder | None) -> Population:
        with closing(Crew(_blocks(task, origin, training, where))) as crew:
            if folder is not None and folder.checkpoint.exists():
                _load_checkpoint(folder, origin, crew)
            elif source is not None:
                begun = population_of(origin, task, source)
                crew.restore({f"weights.{name}": weight for name, weight in begun.weights.items()}, update=0)
            run = _Run(crew, training, folder, origin, inputs, task.actions, stages)
            run.advance_to_end(quiet, label)
            return run.population()

    if out is None:
        return from_beginning_to_end(None)
    folder = RunFolder(Path(out))
    with folder.opened(origin, resume, overwrite):
        trained = finished(folder, origin, lambda path: load_population(path)[0])
        if trained is None:
            trained = from_beginning_to_end(folder)
            save_population(folder.network, trained, origin)
    return trained


def _blocks(
    task: Task[Any], origin: dict[str, Any], training: TrainingConfiguration, where: torch.device
) -> list[Block]:
    """Divide a long training among the cores; keep a short one, or one on a GPU, in this process."""
    subjects = origin["subjects"]
    steps = training.updates * training.episodes * task.steps * len(subjects)
    if where.type == "cpu" and WORKERS_POSSIBLE and steps >= WORTH_WORKERS:
        parts = split(subjects, available_cores())
        if len(parts) > 1:
            return [WorkerBlock({**origin, "subjects": part}) for part in parts]
    return [LocalBlock(trainer_of(origin, where))]


def usable_device(device: str) -> torch.device:
    """Return the device, refusing one that this machine lacks."""
    if device not in ("cpu", "cuda"):
        raise ConfigurationError(f"device is {device!r}: give cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError(
            "device is 'cuda', but this machine has no CUDA GPU that torch can use: give --device cpu"
        )
    return torch.device(device)


@dataclass(frozen=True)
class _Run:
    """A training under way, and what it leaves in its folder.

    Attributes
    ----------
    crew : the blocks that train.
    training : the training's settings.
    folder : of the run, or None.
    origin : what fixes the run's result.
    inputs, actions : sizes of the networks.
    stages : parts of the training after each of which the population is kept.
    """

    crew: Crew
    training: TrainingConfiguration
    folder: RunFolder | None
    origin: dict[str, Any]
    inputs: int
    actions: int
    stages: int

    def advance_to_end(self, quiet: bool, label: str) -> None:
        """Run the remaining updates, with progress, metrics, stages and checkpoints."""
        crew, total = self.crew, self.training.updates
        if crew.update == 0:
            # Whatever happens in the first stretch, there is a checkpoint that loads.
            self._save_checkpoint()
        kept = {round(total * stage / self.stages): stage for stage in range(1, self.stages)}
        bar = tqdm(total=total, initial=crew.update, desc=label, unit="update", disable=quiet, dynamic_ncols=True)
        with bar, DeferredInterrupt() as interrupt:
            while crew.update < total:
                stop = min(self._next_stop(), *(update for update in (*kept, total) if update > crew.update))
                measure = stop == total or stop % MEASURE_EVERY == 0
                bar.update(stop - crew.update)
                measures = crew.advance(stop - crew.update, measure)
                if measures:
                    bar.set_postfix({name: f"{float(measures[name].mean()):.2f}" for name in SHOWN if name in measures})
                    self._report(measures)
                if stop in kept and self.folder is not None:
                    save_population(self.folder.stage(kept[stop]), self.population(), self.origin)
                if stop == total or interrupt.requested or stop % self.training.checkpoint_every == 0:
                    self._save_checkpoint()
                if interrupt.requested:
                    raise KeyboardInterrupt

    def population(self) -> Population:
        """The population as it stands now, on the CPU."""
        state = self.crew.state()
        weights = {
            key.removeprefix("weights."): value.cpu() for key, value in state.items() if key.startswith("weights.")
        }
        network = NetworkConfiguration(**self.origin["network"])
        return Population(network, self.inputs, self.actions, self.origin["subjects"], weights)

    def _next_stop(self) -> int:
        """The next update at which something is to be measured or saved."""
        return min(every * (self.crew.update // every + 1) for every in (MEASURE_EVERY, self.training.checkpoint_every))

    def _report(self, measures: dict[str, Tensor]) -> None:
        if self.folder is not None:
            values = {name: value.tolist() for name, value in measures.items()}
            self.folder.report({"update": self.crew.update, **values})

    def _save_checkpoint(self) -> None:
        if self.folder is not None:
            header = {"origin": self.origin, "update": self.crew.update}
            write_tensors(self.folder.checkpoint, self.crew.state(), header)


def _load_checkpoint(folder: RunFolder, origin: Mapping[str, Any], crew: Crew) -> None:
    """Bring a new crew to where a checkpoint stands.

    Raises
    ------
    StoredFileError
        If the checkpoint is damaged or belongs to another run.
    """
    path = folder.checkpoint
    tensors, header = read_tensors(path)
    expected = {name: value.shape for name, value in crew.state().items() if name.startswith("weights.")}
    found = {name: tensors[name].shape for name in expected if name in tensors}
    if found != expected or "update" not in header:
        raise StoredFileError(f"{path} is not a checkpoint of this network: start again with --overwrite")
    folder.refuse_foreign(path, header.get("origin"), origin)
    crew.restore(tensors, header["update"])

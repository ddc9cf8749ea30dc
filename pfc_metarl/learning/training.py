"""Training as a user asks for it: from a task's name to a trained population."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from pfc_metarl.base.errors import ConfigurationError, StoredFileError, TrainingDivergedError
from pfc_metarl.base.interrupt import DeferredInterrupt
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import NetworkConfiguration, Population
from pfc_metarl.network.store import load_population, network_header, read_tensors, save_population, write_tensors
from pfc_metarl.tasks.registry import make_task, task_name
from pfc_metarl.tasks.task import Task

# Reading a measure costs about as much as a few steps of a rollout.
MEASURE_EVERY = 10


def train(
    task: str | Task[Any],
    *,
    subjects: int | Sequence[int] = 8,
    seed: int = 0,
    network: NetworkConfiguration | None = None,
    training: TrainingConfiguration | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
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
    network, training : settings; defaults are the `fast` preset.
    out : run folder for configuration, metrics, checkpoint and the trained network; None keeps nothing.
    resume : continue the run in ``out``, bit for bit as if it had never stopped.
    overwrite : replace the run in ``out``.
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
    network = network or NetworkConfiguration()
    training = training or TrainingConfiguration()
    indices = subject_indices(subjects)
    origin = describe_run(task, network, training, seed, indices)
    folder = RunFolder(Path(out)) if out is not None else None
    if folder is not None:
        folder.open(origin, resume, overwrite)
        if folder.network.exists():
            return load_population(folder.network)[0]

    population = Population.draw(network, input_size(task, network), task.actions, Streams(seed, indices))
    trainer = Trainer(task, population.to(usable_device(device)), training, seed)
    if folder is not None and folder.checkpoint.exists():
        _load_checkpoint(folder.checkpoint, trainer)
    _advance_to_end(trainer, folder, origin, quiet, label)
    trained = trainer.population.to("cpu")
    for weight in trained.weights.values():
        weight.requires_grad_(False)
    if folder is not None:
        save_population(folder.network, trained, origin)
    return trained


def subject_indices(subjects: int | Sequence[int]) -> tuple[int, ...]:
    """Turn a count into indices 0, 1, ...; refuse fewer than one subject."""
    indices = tuple(range(subjects)) if isinstance(subjects, int) else tuple(subjects)
    if not indices:
        raise ConfigurationError(f"subjects is {subjects!r}: train at least 1 subject")
    return indices


def usable_device(device: str) -> torch.device:
    """Return the device, refusing one that this machine lacks."""
    if device not in ("cpu", "cuda"):
        raise ConfigurationError(f"device is {device!r}: give cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError(
            "device is 'cuda', but this machine has no CUDA GPU that torch can use: give --device cpu"
        )
    return torch.device(device)


def describe_run(
    task: Task[Any],
    network: NetworkConfiguration,
    training: TrainingConfiguration,
    seed: int,
    subjects: Sequence[int],
) -> dict[str, Any]:
    """Everything that fixes a run's result."""
    return {
        "task": {"name": task_name(task), **task.configuration.model_dump()},
        "network": network.model_dump(),
        "training": training.model_dump(),
        "seed": seed,
        "subjects": list(subjects),
    }


def _advance_to_end(
    trainer: Trainer, folder: RunFolder | None, origin: dict[str, Any], quiet: bool, label: str
) -> None:
    """Run the remaining updates, with progress, metrics and checkpoints."""
    total = trainer.configuration.updates
    bar = tqdm(total=total, initial=trainer.update, desc=label, unit="update", disable=quiet, dynamic_ncols=True)
    with bar, DeferredInterrupt() as interrupt:
        while trainer.update < total:
            last = trainer.update + 1 == total
            measure = last or trainer.update % MEASURE_EVERY == 0
            try:
                measures = trainer.advance(measure)
            except TrainingDivergedError:
                _save_checkpoint(folder, trainer, origin)
                raise
            bar.update()
            if measures:
                means = {
                    name: f"{float(measures[name].mean()):.2f}" for name in ("reward", "regret") if name in measures
                }
                bar.set_postfix(means)
                if folder is not None:
                    folder.report(
                        {"update": trainer.update, **{name: value.tolist() for name, value in measures.items()}}
                    )
            if last or interrupt.requested or trainer.update % trainer.configuration.checkpoint_every == 0:
                _save_checkpoint(folder, trainer, origin)
            if interrupt.requested and not last:
                raise KeyboardInterrupt


def _save_checkpoint(folder: RunFolder | None, trainer: Trainer, origin: dict[str, Any]) -> None:
    if folder is not None:
        header = {**network_header(trainer.population), "origin": origin, "update": trainer.update}
        write_tensors(folder.checkpoint, trainer.state(), header)


def _load_checkpoint(path: Path, trainer: Trainer) -> None:
    """Bring a new trainer to where a checkpoint stands.

    Raises
    ------
    StoredFileError
        If the checkpoint is damaged or belongs to another network.
    """
    tensors, header = read_tensors(path)
    expected = trainer.population.shapes()
    found = {name: tuple(tensors[key].shape) for name in expected if (key := f"weights.{name}") in tensors}
    if found != expected or "update" not in header:
        raise StoredFileError(f"{path} is not a checkpoint of this network: start again with --overwrite")
    trainer.restore(tensors, header["update"])

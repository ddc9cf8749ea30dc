"""Training of meta-learners on batches of tasks, kept in a run folder and continued from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.base.interrupt import DeferredInterrupt
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.experience import ProblemBatch
from pfc_metarl.meta_gradient.meta_learners import AnyLearner, MetaLearners
from pfc_metarl.meta_gradient.outer_loop import OuterLoop, OuterLoopConfiguration
from pfc_metarl.meta_gradient.sinusoids import SinusoidBatch
from pfc_metarl.network.core import Weights
from pfc_metarl.network.store import finished, read_tensors, write_tensors

# What a learner is shown at each iteration of the outer loop.
AnyBatch = SinusoidBatch | ProblemBatch

REPORT_EVERY = 100
CHECKPOINT_EVERY = 2000

# Name of the losses in a checkpoint that the next report will tell of.
UNREPORTED = "unreported losses"


def train(
    learner: AnyLearner,
    batch: AnyBatch,
    outer: OuterLoopConfiguration,
    *,
    subjects: int,
    seed: int,
    out: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
    label: str = "training",
) -> MetaLearners:
    """Train subjects of a learner on batches of tasks.

    Parameters
    ----------
    learner, batch, outer : the settings.
    subjects : how many; each index has its own streams.
    seed : root seed.
    out : run folder; a run that stands there with the same settings is continued. None keeps nothing.
    overwrite : replace the run in ``out``.
    quiet : no progress bar.
    label : the progress bar's name.

    Raises
    ------
    ConfigurationError, OutputError, StoredFileError
        For folders and checkpoints that cannot be used.
    TrainingDivergedError
        If a loss stops being finite.
    KeyboardInterrupt
        After Ctrl-C, once the checkpoint is safe.
    """
    parts = {"learner": learner, "batch": batch, "outer": outer}
    origin: dict[str, Any] = {name: part.model_dump(mode="json") for name, part in parts.items()}
    origin |= {"seed": seed, "subjects": list(range(subjects))}
    streams = Streams(seed, range(subjects))

    def objective(weights: Weights, iteration: int) -> Float[Tensor, " subject"]:
        data: tuple[Any, ...] = batch.draw(streams, iteration)
        return learner.loss(weights, *data).mean(dim=1)

    loop = OuterLoop(MetaLearners.draw(learner, streams).weights, objective, outer)
    if out is None:
        _run(loop, None, origin, quiet, label)
        return MetaLearners(learner, range(subjects), loop.trained())
    folder = RunFolder(out)
    with folder.opened(origin, resume=not overwrite, overwrite=overwrite):
        trained = finished(folder, origin, lambda path: MetaLearners.load(path)[0])
        if trained is None:
            _run(loop, folder, origin, quiet, label)
            trained = MetaLearners(learner, range(subjects), loop.trained())
            trained.save(folder.network, origin)
    return trained


def _run(loop: OuterLoop, folder: RunFolder | None, origin: dict[str, Any], quiet: bool, label: str) -> None:
    """Run the remaining iterations, with progress, metrics and checkpoints."""
    # Of the iterations that no report has told of yet.
    losses = _restore(loop, folder, origin) if folder is not None and folder.checkpoint.exists() else []
    total = loop.configuration.iterations
    bar = tqdm(total=total, initial=loop.iteration, desc=label, unit="iteration", disable=quiet, dynamic_ncols=True)
    with bar, DeferredInterrupt() as interrupt:
        while loop.iteration < total:
            losses.append(loop.advance())
            bar.update()
            if loop.iteration % REPORT_EVERY == 0 or loop.iteration == total:
                loss, losses = torch.stack(losses).mean(dim=0), []
                bar.set_postfix(loss=f"{float(loss.mean()):.2f}")
                if folder is not None:
                    folder.report({"update": loop.iteration, "loss": loss.tolist()})
            if folder is not None and (interrupt.requested or loop.iteration % CHECKPOINT_EVERY == 0):
                state = {**loop.state(), **({UNREPORTED: torch.stack(losses)} if losses else {})}
                write_tensors(folder.checkpoint, state, {"origin": origin, "iteration": loop.iteration})
            if interrupt.requested:
                raise KeyboardInterrupt


def _restore(loop: OuterLoop, folder: RunFolder, origin: dict[str, Any]) -> list[Tensor]:
    """Bring a new loop to where a checkpoint stands; return the losses that were not reported then.

    Raises
    ------
    StoredFileError
        If the checkpoint is damaged or belongs to other learners.
    """
    path = folder.checkpoint
    state, header = read_tensors(path)
    stored = {name.removesuffix(".weight"): value.shape for name, value in state.items() if name.endswith(".weight")}
    if stored != {name: weight.shape for name, weight in loop.weights.items()} or "iteration" not in header:
        raise StoredFileError(f"{path} is not a checkpoint of these learners: start again with --overwrite")
    folder.refuse_foreign(path, header.get("origin"), origin)
    losses = state.pop(UNREPORTED, torch.empty(0))
    loop.restore(state, header["iteration"])
    return list(losses)

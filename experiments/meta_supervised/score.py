"""Lets trained and untrained learners learn new sinusoids, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.learners import GradientLearner, RecurrentLearner
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.sinusoids import Examples, SinusoidBatch
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.study import Evaluation

from .config import QUERIES, RATES, REPORTED, SHOTS, STEPS, TEST_TASKS, TUNING_TASKS
from .panels import panels

# Whose step size is tuned before the test, as in the paper: those not trained with one.
TUNED = ("pretrained", "untrained")

# Predictions of each subject's first task are kept, to be drawn.
KEPT_SHOTS = SHOTS[0]


def evaluate(learners: Mapping[str, MetaLearners], seed: int, quiet: bool) -> Evaluation:
    """Test all learners on the same new tasks of each subject.

    Parameters
    ----------
    learners : "maml", "first-order", "pretrained" and "lstm", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(learners.values())
    streams = Streams(seed, learners["maml"].subjects, "evaluation")
    compared = {**learners, "untrained": MetaLearners.draw(learners["pretrained"].learner, streams)}
    most = max(SHOTS)
    tuning = SinusoidBatch(tasks=TUNING_TASKS, shots=most, queries=QUERIES).draw(streams, 0)
    test = SinusoidBatch(tasks=TEST_TASKS, shots=most, queries=QUERIES).draw(streams, 1)
    recordings = {
        label: _learn(label, each, tuning, test)
        for label, each in tqdm(compared.items(), desc="learning sinusoids", unit="learner", disable=quiet)
    }
    measures = {
        **{name: value for label in recordings for name, value in _measures(label, recordings[label]).items()},
        "error.zero": test[1].y.square().mean((1, 2, 3)).double().numpy(),
        **kept_frozen.measure(),
    }
    return Evaluation(measures, panels(recordings), recordings)


def _learn(
    label: str, learners: MetaLearners, tuning: tuple[Examples, Examples], test: tuple[Examples, Examples]
) -> xr.Dataset:
    """Let one kind of learner learn the test tasks from every number of examples.

    Returns
    -------
    ``error`` over ``subject shots step``, or ``subject shots`` for a recurrent learner, which takes no steps. Of each
    subject's first task the examples ``seen_x`` and ``seen_y``, the places ``x``, the truth ``y`` there and the
    ``prediction`` made from the fewest examples.
    """
    support, query = test
    if isinstance(learners.learner, GradientLearner):
        found = _descend(learners, learners.learner, tuning if label in TUNED else None, support, query)
    else:
        assert isinstance(learners.learner, RecurrentLearner), "the recipes of this study make no other"
        found = _read(learners, learners.learner, support, query)
    first = {"seen_x": support.x, "seen_y": support.y, "x": query.x, "y": query.y}
    seen = {
        name: (("subject", "seen" if name.startswith("seen") else "place"), value[:, 0, :, 0].numpy())
        for name, value in first.items()
    }
    return found.assign(seen).isel(seen=slice(KEPT_SHOTS)).assign_coords(subject=list(learners.subjects))


def _read(learners: MetaLearners, learner: RecurrentLearner, support: Examples, query: Examples) -> xr.Dataset:
    """Errors of a recurrent learner after each example."""
    states = learner.read(learners.weights, support)
    answers = [learner.predict(learners.weights, state, query.x) for state in states]
    error = np.stack([_error(answer, query.y, (1, 2, 3)) for answer in answers], axis=1)
    shown = answers[KEPT_SHOTS - 1][:, 0, :, 0].numpy()
    return xr.Dataset(
        {"error": (("subject", "shots"), error), "prediction": (("subject", "place"), shown)},
        coords={"shots": np.arange(1, len(states) + 1)},
    )


def _descend(
    learners: MetaLearners,
    learner: GradientLearner,
    tuning: tuple[Examples, Examples] | None,
    support: Examples,
    query: Examples,
) -> xr.Dataset:
    """Errors of a gradient learner before the first step and after each."""
    errors, rates, shown = [], [], []
    for shots in SHOTS:
        rate = torch.full((len(learners.subjects),), learner.inner_rate)
        if tuning is not None:
            rate = tuned_rate(learners, learner, tuning[0].part(0, shots), tuning[1])
        answers = learner.course(learners.weights, support.part(0, shots), query.x, rate, STEPS)
        errors.append(_error(answers, query.y[:, :, None], (1, 3, 4)))
        rates.append(rate.double().numpy())
        shown.append(answers[:, 0, :, :, 0].numpy())
    return xr.Dataset(
        {
            "error": (("subject", "shots", "step"), np.stack(errors, axis=1)),
            "rate": (("subject", "shots"), np.stack(rates, axis=1)),
            "prediction": (("subject", "step", "place"), shown[SHOTS.index(KEPT_SHOTS)]),
        },
        coords={"shots": list(SHOTS), "step": np.arange(STEPS + 1)},
    )


def tuned_rate(
    learners: MetaLearners, learner: GradientLearner, support: Examples, query: Examples
) -> Float[Tensor, " subject"]:
    """The step size after whose steps a subject errs least; one that diverges errs most."""

    def last_error(rate: float) -> Tensor:
        rates = torch.full((len(learners.subjects),), rate)
        answers = learner.course(learners.weights, support, query.x, rates, STEPS)[:, :, -1]
        return (answers - query.y).square().mean((1, 2, 3)).nan_to_num(nan=float("inf"))

    return torch.tensor(RATES)[torch.stack([last_error(rate) for rate in RATES]).argmin(dim=0)]


def _error(answers: Tensor, truth: Tensor, dimensions: tuple[int, ...]) -> np.ndarray:
    """Mean squared distance of answers from the truth."""
    return (answers - truth).square().mean(dimensions).double().numpy()


def _measures(label: str, recording: xr.Dataset) -> dict[str, Float[np.ndarray, " subject"]]:
    """Errors by number of examples and steps, what further steps gain, and tuned step sizes."""
    at = partial(recording["error"].sel)
    if "step" not in recording["error"].dims:
        return {f"error.{label}.{shots}-shot": at(shots=shots).values for shots in SHOTS}
    measures = {
        f"error.{label}.{shots}-shot.{step}-step": at(shots=shots, step=step).values
        for shots in SHOTS
        for step in (0, *REPORTED)
    }
    for shots in SHOTS:
        measures[f"gain.{label}.{shots}-shot"] = (at(shots=shots, step=1) - at(shots=shots, step=STEPS)).values
        if label in TUNED:
            measures[f"rate.{label}.{shots}-shot"] = recording["rate"].sel(shots=shots).values
    return measures

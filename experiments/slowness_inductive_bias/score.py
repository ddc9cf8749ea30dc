"""Lets every learner learn in every world from training sets of every size, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.analysis.generalisation import bias_and_variance, examples_needed
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.studies.study import Evaluation

from .config import COMPARED, CRITERION, EXAMPLES, POINTS, SUBJECTS
from .learners import LEARNERS
from .panels import panels
from .worlds import FAMILIES, draw_parameters, draw_training_sets

PARTS = ("error", "bias", "variance")


def evaluate(learners: Mapping[str, object], seed: int, quiet: bool) -> Evaluation:
    """Do the whole experiment; it has no trained networks.

    Parameters
    ----------
    learners : none.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    del learners
    conditions = list(product(FAMILIES, LEARNERS))
    with single_threaded():
        found = [
            learn(world, learner, seed)
            for world, learner in tqdm(conditions, desc="learning", unit="learner", disable=quiet)
        ]
    results = {f"{world}/{learner}": each for (world, learner), each in zip(conditions, found, strict=True)}
    needed = {name: examples_needed(result["error"], CRITERION) for name, result in results.items()}
    recordings = {
        name: result.merge(needed[name].rename(examples="examples_needed")) for name, result in results.items()
    }
    return Evaluation(_measures(results, needed), panels(recordings), recordings)


def learn(world: str, learner: str, seed: int) -> xr.Dataset:
    """Let one learner learn in one world.

    Returns
    -------
    ``bias``, ``variance`` and ``error`` over ``subject examples``, the function ``truth`` over ``subject point``, and
    ``prediction`` over ``subject examples point`` of the first training set of each size.
    """
    subjects, at = range(SUBJECTS), np.linspace(-1, 1, POINTS)
    parameters = draw_parameters(world, seed, subjects)
    truth = xr.DataArray(parameters @ FAMILIES[world](at).T, dims=("subject", "point"))
    streams, parts = Streams(seed, subjects, "evaluation"), []
    for examples in EXAMPLES:
        x, y = draw_training_sets(world, parameters, examples, seed, subjects)
        predicted = LEARNERS[learner].predict(x, y, at, streams)
        prediction = xr.DataArray(predicted, dims=("subject", "draw", "point"))
        parts.append(bias_and_variance(prediction, truth).assign(prediction=prediction.isel(draw=0)))
    joined = xr.concat(parts, dim=xr.IndexVariable("examples", list(EXAMPLES)))
    return joined.assign(truth=truth).assign_coords(point=at, subject=list(subjects))


def _measures(
    results: Mapping[str, xr.Dataset], needed: Mapping[str, xr.Dataset]
) -> dict[str, Float[np.ndarray, " subject"]]:
    """Examples needed, alone and over those of the true family; error at the end; bias and variance."""
    measures = {}
    for world, learner in product(FAMILIES, LEARNERS):
        name, own, best = f"{world}.{learner}", f"{world}/{learner}", f"{world}/{world}"
        measures[f"examples.{name}"] = needed[own]["examples"].values
        measures[f"reached.{name}"] = needed[own]["reached"].values.astype(float)
        measures[f"ratio.{name}"] = (needed[own]["examples"] / needed[best]["examples"]).values
        measures[f"error.{name}"] = results[own]["error"].isel(examples=-1).values
    right, wrong, weak = (results[f"parabola/{name}"].sel(examples=COMPARED) for name in ("parabola", "line", "net-64"))
    at = f"{COMPARED}-examples"
    measures[f"variance.net-64-over-parabola.{at}"] = (weak["variance"] / right["variance"]).values
    measures[f"bias.line-minus-net-64.{at}"] = (wrong["bias"] - weak["bias"]).values
    return measures

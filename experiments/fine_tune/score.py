"""Reads learning curves and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from pfc_metarl.analysis.transfer import doublings, fall_with_distance, performance, steps_to_criterion
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.learning_curves import LearningCurves
from pfc_metarl.studies.study import Evaluation

from .config import CRITERION, LAST_PART, SMOOTHED
from .panels import panels
from .targets import TARGETS, WAYS

# What is compared, and the way with which it is compared.
SCRATCH, *OTHERS = WAYS


def evaluate(learners: Mapping[str, LearningCurves], seed: int, quiet: bool) -> Evaluation:
    """Measure the curves; nothing is drawn at random.

    Parameters
    ----------
    learners : "curves".
    seed, quiet : not used.
    """
    del seed, quiet
    curves = learners["curves"]
    shares = {target: _performance(curves, target) for target in TARGETS}
    steps = xr.concat([steps_to_criterion(share, CRITERION) for share in shares.values()], _tasks())
    longest = xr.concat([share["step"].max() for share in shares.values()], _tasks())
    speed = doublings(steps, steps.sel(way=SCRATCH, drop=True), longest)
    results = xr.Dataset({"steps": steps, "doublings": speed, "longest": longest})
    recordings = {target: share.to_dataset(name="performance") for target, share in shares.items()}
    return Evaluation(_measures(results, curves), panels(shares, results), recordings)


def _tasks() -> xr.DataArray:
    return xr.DataArray(list(TARGETS), dims="task", name="task")


def _performance(curves: LearningCurves, target: str) -> xr.DataArray:
    """Performance on one task, ``way subject step``: 0 at chance, 1 where networks from scratch end up.

    It is the mean of as many points as the criterion asks for, the last of which gives its name to all.
    """
    task, names = TARGETS[target], {way: f"{target}/{way}" for way in WAYS}
    measure = xr.DataArray(
        np.stack([curves.curves[name].numpy() for name in names.values()]).astype(float),
        dims=("way", "subject", "step"),
        coords={
            "way": list(WAYS),
            "subject": list(curves.subjects),
            "step": list(curves.steps[names[SCRATCH]]),
        },
    )
    window, last = (max(round(part * measure.sizes["step"]), 1) for part in (SMOOTHED, LAST_PART))
    level = float(measure.sel(way=SCRATCH).isel(step=slice(-last, None)).mean())
    return performance(measure, task.chance, level).rolling(step=window).mean().isel(step=slice(window - 1, None))


def _measures(results: xr.Dataset, curves: LearningCurves) -> Measures:
    """Steps, speed and whether the criterion is reached, by way and task; how speed falls; what stayed."""
    measures = {}
    for way in WAYS:
        for task in TARGETS:
            own = results.sel(way=way, task=task)
            measures[f"steps.{way}.{task}"] = own["steps"].fillna(own["longest"]).values
            measures[f"reached.{way}.{task}"] = own["steps"].notnull().values.astype(float)
            if way != SCRATCH:
                measures[f"doublings.{way}.{task}"] = own["doublings"].values
    distance = np.array([float(len(target.changes)) for target in TARGETS.values()])
    for way in OTHERS:
        measures[f"fall-per-change.{way}"] = fall_with_distance(results["doublings"].sel(way=way), distance).values
    for task in TARGETS:
        speed = {way: results["doublings"].sel(way=way, task=task).values for way in OTHERS}
        measures[f"trained-minus-untrained-body.{task}"] = speed["heads"] - speed["untrained-body"]
        measures[f"all-minus-heads.{task}"] = speed["all"] - speed["heads"]
        measures[f"heads-minus-all.{task}"] = speed["heads"] - speed["all"]
    return {**measures, "body.unchanged": _unchanged(curves)}


def _unchanged(curves: LearningCurves) -> np.ndarray:
    """1 for a subject whose recurrent weights left every training that holds them as they were in the source."""
    held = [f"{task}/{way}" for task in TARGETS for way, how in WAYS.items() if how.reused and how.tune != "all"]
    source = np.array(curves.networks["source"])
    return np.all([np.array(curves.networks[name]) == source for name in held], axis=0).astype(float)

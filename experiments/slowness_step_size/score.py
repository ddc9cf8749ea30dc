"""Lets subjects learn two tasks in steps of every size, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from scipy.stats import spearmanr

from pfc_metarl.analysis.transfer import steps_to_criterion
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.studies.study import Evaluation

from .config import CRITERION, PROBE_EVERY, STEP_SIZES, STEPS, SUBJECTS
from .lives import live_two_tasks
from .panels import panels

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, object], seed: int, quiet: bool) -> Evaluation:
    """Do the whole experiment; it has no trained networks.

    Parameters
    ----------
    agents : none, since these learners learn while they are measured.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    del agents
    with single_threaded():
        known = live(seed, quiet)
    found = summarised(known)
    share = known.mean("context")
    return Evaluation(_measures(found), panels(share, found), {"lives": share.merge(found)})


def live(seed: int, quiet: bool) -> xr.Dataset:
    """Let every subject live once with each step size, all side by side and each time in the same tasks.

    Returns
    -------
    ``first``, ``later``, ``kept`` and ``control`` (``lives.py``) over ``step_size subject step context``.
    """
    streams = Streams(seed, [*range(SUBJECTS)] * len(STEP_SIZES), "evaluation")
    lives = live_two_tasks(streams, torch.tensor(STEP_SIZES).repeat_interleave(SUBJECTS), quiet)
    dimensions = ("step_size", "subject", "step", "context")
    shape = (len(STEP_SIZES), SUBJECTS)
    known = {name: (dimensions, values.unflatten(0, shape).numpy()) for name, values in vars(lives).items()}
    steps = np.arange(0, STEPS + 1, PROBE_EVERY)
    return xr.Dataset(known, coords={"step_size": list(STEP_SIZES), "subject": range(SUBJECTS), "step": steps})


def summarised(known: xr.Dataset) -> xr.Dataset:
    """Reduce lives to what is compared between step sizes.

    Returns
    -------
    Over ``step_size subject``: ``steps`` until the first task was learned, all there are where it never was, and
    whether it was (``reached``). Share of its contexts known at its end (``learned``). Of those, the share that is
    still known after the later task (``retention``), when that was first learned (``retention_early``), and where the
    first task went on in its place (``retention_control``). Of the later task the same: ``later_steps``,
    ``later_reached``, ``later_learned``.
    """
    steps, reached = _reached(known["first"].mean("context"))
    _, later_reached = later = _reached(known["later"].mean("context"))
    before = known["first"].isel(step=-1)
    still = {
        "retention": known["kept"].isel(step=-1),
        "retention_early": known["kept"].sel(step=later[0]),
        "retention_control": known["control"].isel(step=-1),
    }
    return xr.Dataset(
        {
            "steps": steps,
            "reached": reached,
            "later_steps": later[0],
            "later_reached": later_reached,
            "learned": before.mean("context"),
            "later_learned": known["later"].isel(step=-1).mean("context"),
            **{name: (before & after).sum("context") / before.sum("context") for name, after in still.items()},
        }
    ).drop_vars("step", errors="ignore")


def _reached(share: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Find the steps until a share of contexts is first known, the last of all where it never is; and whether it is."""
    steps = steps_to_criterion(share, CRITERION)
    return steps.fillna(share["step"].values[-1]), steps.notnull()


def _measures(found: xr.Dataset) -> Measures:
    """Every summary by step size, and how it changes with the step size."""
    measures = {
        f"{name}.{size:g}": values.sel(step_size=size).values.astype(float)
        for name, values in found.items()
        for size in STEP_SIZES
    }
    smallest, largest = (found.sel(step_size=size) for size in (min(STEP_SIZES), max(STEP_SIZES)))
    fastest, lost = found["steps"].min("step_size"), found["retention_control"] - found["retention"]
    both = xr.concat([fastest / found["steps"], found["retention"]], "measure").min("measure")
    return {
        **measures,
        "correlation.step-size-and-steps": _correlation(found["steps"]),
        "correlation.step-size-and-forgetting": _correlation(1 - found["retention"]),
        "steps.smallest-over-fewest": (smallest["steps"] / fastest).values,
        "retention.smallest-minus-largest": (smallest["retention"] - largest["retention"]).values,
        **{f"retention.control-minus-later.{size:g}": lost.sel(step_size=size).values for size in STEP_SIZES},
        "best-of-both": both.max("step_size").values,
    }


def _correlation(values: xr.DataArray) -> Float[np.ndarray, " subject"]:
    """Rank correlation with the step size, in each subject; 0 where all values are the same."""
    columns = values.transpose("subject", "step_size").values
    return np.array([spearmanr(STEP_SIZES, column)[0] if np.ptp(column) > 0 else 0.0 for column in columns])

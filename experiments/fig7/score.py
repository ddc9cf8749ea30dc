"""Runs the frozen networks with and without each manipulation and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import ShiftError
from pfc_metarl.analysis.risky_choice import outcome_errors, risky_share
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.risky_choice import RiskyChoice, RiskyChoiceConfiguration

from .config import EVALUATION_EPISODES, MANIPULATIONS, TASK
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = ("phase", "forced", "risky_side", "risky_probability", "error", "value")

UNTRAINED = "untrained/"

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record risky choices under every manipulation and compare them with control.

    Parameters
    ----------
    agents : "risky-choice", trained.
    seed : root of the evaluation's random streams; the same problems and chances in every condition.
    quiet : no progress bar.
    """
    network = agents["risky-choice"]
    untrained = _conditions(untrained_like(network.population, seed))
    compared = {**_conditions(network), **{f"{UNTRAINED}{name}": agent for name, agent in untrained.items()}}
    task = RiskyChoice(RiskyChoiceConfiguration(**TASK))
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    shares = {name: risky_share(recording) for name, recording in recordings.items()}
    trained = {name: data for name, data in recordings.items() if not name.startswith(UNTRAINED)}
    errors = {name: outcome_errors(recording) for name, recording in trained.items()}
    measures = {
        **_preference(shares["control"]),
        **_shifts(shares),
        **_chance(recordings["control"]),
        **_errors(errors["control"]),
        **unchanged,
    }
    return Evaluation(measures, panels(shares, errors), trained)


def _conditions(agent: FrozenAgent) -> dict[str, FrozenAgent]:
    """One agent as it is, and under each manipulation."""
    return {
        "control": agent,
        **{
            name: agent.perturbed(ShiftError(manipulation.amount, manipulation.paid))
            for name, manipulation in MANIPULATIONS.items()
        },
    }


def _preference(control: xr.DataArray) -> Measures:
    """Share of risky choices at each probability, and how much the higher one raises it."""
    measures = {
        f"risky.control.{float(probability):g}": control.sel(risky_probability=probability).values
        for probability in control["risky_probability"]
    }
    first, last = control.isel(risky_probability=0), control.isel(risky_probability=-1)
    return {**measures, "risky.control.difference": first.values - last.values}


def _shifts(shares: Mapping[str, xr.DataArray]) -> Measures:
    """Change of the share of risky choices, over both blocks and in each, and whether it is as the rats' was."""
    measures: Measures = {}
    for name, manipulation in MANIPULATIONS.items():
        by_probability = shares[name] - shares["control"]
        shift = by_probability.mean("risky_probability").values
        measures[f"shift.{name}"] = shift
        measures[f"shift.{name}.as-rats"] = (manipulation.direction * shift > 0).astype(float)
        for probability in by_probability["risky_probability"]:
            own = by_probability.sel(risky_probability=probability)
            measures[f"shift.{name}.{float(probability):g}"] = own.values
        untrained = shares[f"{UNTRAINED}{name}"] - shares[f"{UNTRAINED}control"]
        measures[f"shift.{name}.untrained"] = untrained.mean("risky_probability").values
    return measures


def _chance(control: xr.Dataset) -> Measures:
    """The shift that chance alone makes: between the first and the second half of the control's episodes."""
    half = control.sizes["episode"] // 2
    one, other = (risky_share(control.isel(episode=part)) for part in (slice(half), slice(half, None)))
    return {"shift.chance": (other - one).mean("risky_probability").values}


def _errors(control: xr.DataArray) -> Measures:
    """Prediction error of each outcome, mean over both blocks."""
    both = control.mean("risky_probability")
    return {f"error.{str(event).replace(' ', '-')}": both.sel(event=event).values for event in both["event"].values}

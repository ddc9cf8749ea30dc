"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.analysis.inferred_value import (
    FIXATION,
    decoded_side,
    decoding_accuracy,
    exchanged,
    ideal_errors,
    mean_errors,
    states_at,
    trials,
)
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.inferred_value import InferredValue, InferredValueConfiguration

from .config import DISCOUNT, EVALUATION_EPISODES, SHOWN, SHOWN_EPISODES, SINCE_REVERSAL, TRIALS
from .guided import Guided
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = (
    "phase", "target", "rewarded_side", "reversal_trial", "believed_right", "allowed", "regret", "value", "hidden",
)  # fmt: skip

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record the task, and measure prediction errors and the state at fixation around the reversal.

    Parameters
    ----------
    agents : "inferred-value", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    trained = agents["inferred-value"]
    task = InferredValue(InferredValueConfiguration(trials=TRIALS))
    compared = {"trained": trained, "untrained": Guided(untrained_like(trained.population, seed))}
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    shown = record(trained.select([SHOWN]), task, SHOWN_EPISODES, seed, NEEDED)
    table = trials(recordings["trained"], DISCOUNT)
    errors = {
        "network": mean_errors(table),
        "ideal observer": mean_errors(table.assign(ideal_errors(table, DISCOUNT))),
        "untrained": mean_errors(trials(recordings["untrained"], DISCOUNT)),
    }
    accuracy = {**_accuracy(recordings["trained"], ""), **_accuracy(recordings["untrained"], ".untrained")}
    accuracy[".shuffled"] = _shuffled(recordings["trained"], seed)
    measures = {
        "valid.trained": table["valid"].mean(("episode", "trial")).values,
        "regret.trained": recordings["trained"]["regret"].sum("step").mean("episode").values,
        **_error_measures(errors),
        **_state_measures(accuracy),
        **unchanged,
    }
    return Evaluation(
        measures,
        panels(errors, accuracy, shown),
        {"inferred-value": recordings["trained"], "one-subject": shown},
    )


def _accuracy(recording: xr.Dataset, suffix: str) -> dict[str, xr.DataArray]:
    """How well the state at fixation tells the rewarded side around the reversal, plainly and across targets."""
    table, state = trials(recording, DISCOUNT), states_at(recording, FIXATION)
    return {
        f"{name}{suffix}": decoding_accuracy(table, decoded_side(table, state, across_targets), SINCE_REVERSAL)
        for name, across_targets in (("", False), (".across-targets", True))
    }


def _shuffled(recording: xr.Dataset, seed: int) -> xr.DataArray:
    table, state = exchanged(trials(recording, DISCOUNT), seed), states_at(recording, FIXATION)
    return decoding_accuracy(table, decoded_side(table, state), SINCE_REVERSAL)


def _error_measures(errors: Mapping[str, xr.DataArray]) -> Measures:
    """Mean error at every event, kind of trial and cue; the ideal observer's and the untrained networks' too."""
    suffixes = {"network": "", "ideal observer": ".ideal", "untrained": ".untrained"}
    return {
        f"rpe.{event}.{str(kind).split()[0]}.{str(cue).replace(' ', '-')}{suffixes[source]}": values.sel(
            kind=kind, cue=cue, event=event
        ).values
        for source, values in errors.items()
        for kind in values["kind"].values
        for cue in values["cue"].values
        for event in values["event"].values
    }


def _state_measures(accuracy: Mapping[str, xr.DataArray]) -> Measures:
    """Accuracy on the reversal trial, on the next, and on all later ones that were read."""
    moments = {"reversal-trial": slice(0, 0), "next-trial": slice(1, 1), "later": slice(2, None)}
    return {
        f"state.{moment}{suffix}": values.sel(since_reversal=when).mean("since_reversal").values
        for suffix, values in accuracy.items()
        for moment, when in moments.items()
    }

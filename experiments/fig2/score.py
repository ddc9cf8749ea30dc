"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.analysis.coding import coded, encode
from pfc_metarl.analysis.foraging import (
    STIMULUS,
    lagged_weights,
    matching,
    matching_slope,
    states_at_fixation,
    trials,
)
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.foraging import Foraging, ForagingConfiguration

from .config import EARLY, EVALUATION_EPISODES, LAGS, LATE, MIDDLE, SHUFFLES, TRIALS
from .panels import panels

# What the analysis reads, and the base rates for readers of the recording; choices and rewards are always kept.
NEEDED = ("phase", "base_rate", "held_out", "value", "hidden")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record baited foraging on all base rates and measure behaviour and coding.

    Parameters
    ----------
    agents : "foraging", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    agent = agents["foraging"]
    compared = {"trained": agent, "untrained": untrained_like(agent.population, seed)}
    task = Foraging(ForagingConfiguration(trials=TRIALS))
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    coding = {name: _coding(recording, seed) for name, recording in recordings.items()}
    trained, untrained = (_measures(recordings[name], coding[name]) for name in compared)
    measures = {**trained, **{f"{name}.untrained": values for name, values in untrained.items()}, **unchanged}
    # States are large and drawn as correlations only; `record` makes them again.
    kept = recordings["trained"].drop_vars("hidden")
    return Evaluation(measures, panels(trials(kept), coding["trained"]), {"foraging": kept})


def _coding(recording: xr.Dataset, seed: int) -> xr.Dataset:
    """Correlations of units with variables, and which are beyond what shuffled episodes give.

    Half of the shuffles set each unit's limit; by that limit the other half tells how often
    nothing is taken for coding.

    Returns
    -------
    ``correlation`` and ``coded`` over ``subject unit variable``, and ``coded_shuffled`` with
    the further axis ``shuffle``.
    """
    found = encode(*states_at_fixation(recording), shuffles=SHUFFLES, seed=seed)
    limits, judged = (found["correlation_null"].isel(shuffle=slice(part, None, 2)) for part in (0, 1))
    return xr.Dataset(
        {
            "correlation": found["correlation"],
            "coded": coded(found["correlation"], limits),
            "coded_shuffled": coded(judged, limits),
        }
    )


def _measures(recording: xr.Dataset, coding: xr.Dataset) -> Measures:
    """Everything measured of one population, trained or not."""
    table = trials(recording)
    return {
        "reward": reward_per_trial(recording, STIMULUS).values,
        "valid": table["valid"].mean(("episode", "trial")).values,
        **_slopes(table),
        **_kernels(table),
        **_codes(coding),
    }


def _slopes(table: xr.Dataset) -> Measures:
    """Matching slopes over all episodes, and over those with held-out base rates."""
    ratios = matching(table)
    return {
        "matching.slope.all": matching_slope(ratios).values,
        "matching.slope.held-out": matching_slope(ratios.where(ratios["held_out"])).values,
    }


def _kernels(table: xr.Dataset) -> Measures:
    """How far the reward kernel falls from each stretch of lags to the next, and the choice kernel's first weight."""
    weights = lagged_weights(table, LAGS)
    early, middle, late = (
        weights.sel(event="reward", lag=slice(*stretch)).mean("lag") for stretch in (EARLY, MIDDLE, LATE)
    )
    return {
        "kernel.reward.early-minus-middle": (early - middle).values,
        "kernel.reward.middle-minus-late": (middle - late).values,
        "kernel.choice.lag-1": weights.sel(event="choice", lag=1, drop=True).values,
    }


def _codes(coding: xr.Dataset) -> Measures:
    """Share of units that code each variable, and how strongly units code it, in the mean of |partial correlation|."""
    strength = abs(coding["correlation"]).mean("unit")
    upcoming = strength.sel(variable="upcoming_action", drop=True)
    measures: Measures = {}
    for name in (str(variable) for variable in coding["variable"].values):
        own, label = coding.sel(variable=name), name.replace("_", "-")
        measures[f"coding.share.{label}"] = own["coded"].mean("unit").values
        measures[f"coding.share.{label}.shuffled"] = own["coded_shuffled"].mean(("unit", "shuffle")).values
        measures[f"coding.strength.{label}"] = strength.sel(variable=name).values
        if name != "upcoming_action":
            measures[f"coding.upcoming-action-minus-{label}"] = (upcoming - strength.sel(variable=name)).values
    return measures

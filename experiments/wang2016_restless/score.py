"""Runs the frozen networks and their rivals, fits learning rates, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import SilenceInput
from pfc_metarl.analysis.behaviour import better_arm_share, final_regret
from pfc_metarl.analysis.learners import block_rates, every_step_a_trial
from pfc_metarl.studies.recordings import FrozenProof, record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.restless import RestlessBandit, RestlessBanditConfiguration

from .config import BLOCK, EVALUATION_EPISODES, FITTED_EPISODES, STEPS, TRIALS
from .panels import panels
from .rivals import THOMPSON, best_delta_rule, best_thompson, reference_agents

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("regret", "better_arm", "arm_probability", "volatile", "believed_probability")

# Whose learning rate is looked at: label -> ending of its measures.
FITTED = {"trained": "", "rescorla-wagner": ".rescorla-wagner"}

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record episodes of both volatilities, and fit learning rates to blocks of them.

    Parameters
    ----------
    agents : "restless", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(agents.values())
    recordings = _record(agents["restless"], seed, quiet)
    step, recordings["thompson"] = best_thompson(recordings)
    parameters, recordings["rescorla-wagner"] = best_delta_rule(recordings["trained"], seed)
    fits = {name: _fit(recordings[name]) for name in FITTED}
    measures = {
        **_regrets({name: own for name, own in recordings.items() if not name.startswith(THOMPSON)}),
        "best-step.thompson": np.full(len(parameters), step),
        **{f"best-{name.replace('_', '-')}.rescorla-wagner": parameters[name].to_numpy() for name in parameters},
        **_rates(fits),
        "better-arm.trained": better_arm_share(recordings["trained"]).values,
        "better-arm.reward-silenced": better_arm_share(recordings["reward-silenced"]).values,
        **kept_frozen.measure(),
    }
    kept = {name: recordings[name] for name in ("trained", "reward-silenced")}
    return Evaluation(measures, panels(recordings, fits), kept)


def _record(agent: FrozenAgent, seed: int, quiet: bool) -> dict[str, xr.Dataset]:
    """Put everybody through episodes of low volatility, and then of high."""
    compared = {
        "trained": agent,
        "reward-silenced": agent.perturbed(SilenceInput("reward")),
        "untrained": untrained_like(agent.population, seed),
        **reference_agents(agent.subjects),
    }
    settings = {"trials": TRIALS, **{f"{name}_step": step for name, step in STEPS.items()}}
    parts: list[dict[str, xr.Dataset]] = []
    for volatility in STEPS:
        task = RestlessBandit(RestlessBanditConfiguration(**settings, volatility=volatility))
        parts.append(record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)[0])
    low, high = parts
    return {name: xr.concat([low[name], high[name]], dim="episode") for name in compared}


def _regrets(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Regret of an episode, over both volatilities and of each."""
    measures = {}
    for name, recording in recordings.items():
        half = recording.sizes["episode"] // 2
        measures[f"regret.{name}"] = final_regret(recording).values
        measures[f"regret.{name}.low"] = final_regret(recording.isel(episode=slice(half))).values
        measures[f"regret.{name}.high"] = final_regret(recording.isel(episode=slice(half, None))).values
    return measures


def _fit(recording: xr.Dataset) -> xr.Dataset:
    """Fit rates to blocks of the first episodes of either volatility.

    Returns
    -------
    ``learning_rate`` over ``subject block`` and whether the block is ``volatile``; over ``subject`` by how
    much BIC prefers a free rate, ``one_minus_free``: of the models with and without a lapse, the better ones.
    """
    half = recording.sizes["episode"] // 2
    number = np.arange(2 * half)
    recording = recording.isel(episode=number[number % half < FITTED_EPISODES])
    trials = every_step_a_trial(recording)
    plain, lapsing = block_rates(trials, BLOCK), block_rates(trials, BLOCK, lapsing=True)
    one, free = (np.minimum(plain[name], lapsing[name]) for name in ("bic_one", "bic_free"))
    volatile = recording["volatile"].isel(subject=0, step=0, episode=slice(None, None, BLOCK)).rename(episode="block")
    return plain.assign(one_minus_free=one - free, volatile=volatile.drop_vars("subject"))


def _rates(fits: Mapping[str, xr.Dataset]) -> Measures:
    """Mean rate at each volatility, whether it rises, and whether BIC wants a rate for each block."""
    measures: Measures = {}
    for name, ending in FITTED.items():
        rate, volatile = fits[name]["learning_rate"], fits[name]["volatile"]
        low, high = (rate.isel(block=np.flatnonzero(volatile == kind)).mean("block").values for kind in (False, True))
        measures |= {
            f"learning-rate.low{ending}": low,
            f"learning-rate.high{ending}": high,
            f"learning-rate.high-minus-low{ending}": high - low,
            f"learning-rate.higher-when-high{ending}": (high > low).astype(float),
            f"bic.one-minus-free{ending}": fits[name]["one_minus_free"].values,
        }
    return measures

"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.analysis.decoding import decode
from pfc_metarl.analysis.learners import BehrensObserver, RescorlaWagner, every_step_a_trial, fit
from pfc_metarl.analysis.tracking import tracking_units
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.volatility import Volatility, VolatilityConfiguration

from .config import BLOCKS, DECODING_SHUFFLES, EVALUATION_EPISODES, PAPER, TRACKING_SHUFFLES, TRIALS
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("reward_probability", "volatile", "block", "hidden", "policy")

# Volatility as it is and as the Bayesian learner believes it to be: label -> variable.
VOLATILITIES = {"true": "volatile", "learner": "expected_volatility"}

# Fitted to the networks' choices: arms pay with r and 1-r, so one estimate of r is enough.
DELTA_RULE = RescorlaWagner(anticorrelated=True)

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record test sessions, fit learning rates, and look for volatility in the hidden state.

    Parameters
    ----------
    agents : "volatility", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    agent = agents["volatility"]
    compared = {"trained": agent, "untrained": untrained_like(agent.population, seed)}
    task = Volatility(VolatilityConfiguration(trials=TRIALS, schedule="test"))
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    recordings = {name: recording.merge(BehrensObserver().run(recording)) for name, recording in recordings.items()}
    trained, untrained = recordings["trained"], recordings["untrained"]
    fits = fit_blocks(trained)
    decoded, decoding = _decoding(trained, untrained, seed)
    measures = {
        **{f"reward.{name}": each["reward"].mean(("episode", "step")).values for name, each in recordings.items()},
        **_learning_rates(fits),
        **_one_rate(trained, fits, seed),
        **decoding,
        **_tracking(trained, untrained, seed),
        **unchanged,
    }
    return Evaluation(measures, panels(trained, decoded, fits, measures), {"volatility": trained})


def fit_blocks(recording: xr.Dataset) -> xr.Dataset:
    """Fit learning rate and inverse temperature in each of the four blocks, over ``block subject``."""
    trials, block = every_step_a_trial(recording), recording[["volatile", "block"]].rename(step="trial")
    fits = [
        fit(DELTA_RULE, trials, counted=(block["volatile"] == volatile) & (block["block"] == before))
        for volatile, before in BLOCKS.values()
    ]
    return xr.concat([xr.Dataset.from_dataframe(each) for each in fits], dim=xr.IndexVariable("block", list(BLOCKS)))


def _learning_rates(fits: xr.Dataset) -> Measures:
    """Fitted rates by block, and what the claims ask of them."""
    rates = fits["learning_rate"]
    difference = _volatile_minus_stable(fits)
    return {
        **{f"learning-rate.{block.replace(' ', '-')}": rates.sel(block=block).values for block in BLOCKS},
        "learning-rate.volatile-minus-stable": difference,
        "learning-rate.higher-when-volatile": (difference > 0).astype(float),
        "learning-rate.lowest-over-outer": rates.min("block").values / PAPER.learning_rate,
    }


def _volatile_minus_stable(fits: xr.Dataset) -> Float[np.ndarray, " subject"]:
    """Mean rate of both volatile blocks minus that of both stable ones."""
    kinds = {kind: [name for name, (volatile, _) in BLOCKS.items() if volatile == kind] for kind in (True, False)}
    volatile, stable = (fits["learning_rate"].sel(block=kinds[kind]).mean("block") for kind in (True, False))
    return (volatile - stable).values


def _one_rate(recording: xr.Dataset, fits: xr.Dataset, seed: int) -> Measures:
    """The null of the fit: a learner in the same sessions that has each subject's mean rate throughout."""
    typical = fits[["learning_rate", "inverse_temperature"]].mean("block")
    payoff = recording["reward_probability"].rename(step="trial", arm="option")
    fixed = DELTA_RULE.simulate(typical.to_dataframe(), payoff, seed).rename(trial="step")
    fits = fit_blocks(fixed.assign(recording[["volatile", "block"]]))
    return {"learning-rate.volatile-minus-stable.one-rate": _volatile_minus_stable(fits)}


def _decoding(trained: xr.Dataset, untrained: xr.Dataset, seed: int) -> tuple[xr.DataArray, Measures]:
    """Read volatility from the hidden state.

    Returns
    -------
    The learner's volatility as decoded, and the explained share of each kind of volatility with its nulls.
    """
    names = list(VOLATILITIES.values())
    own = decode(trained["hidden"], trained[names], shuffles=DECODING_SHUFFLES, seed=seed)
    other = decode(untrained["hidden"], untrained[names], shuffles=0)
    measures: Measures = {}
    for label, name in VOLATILITIES.items():
        scores = (found.sel(variable=name) for found in (own["score"], own["null"], other["score"]))
        measures |= _with_nulls(f"decoding.{label}", *scores)
    return own["decoded"].sel(variable=VOLATILITIES["learner"], drop=True), measures


def _tracking(trained: xr.Dataset, untrained: xr.Dataset, seed: int) -> Measures:
    """Share of units that track each kind of volatility, with its nulls; the claim is about the true kind of block."""
    measures: Measures = {}
    for label, name in VOLATILITIES.items():
        own, other = _track(trained, name, TRACKING_SHUFFLES, seed), _track(untrained, name, 0, seed)
        measures |= _with_nulls(f"tracking.{label}", own["share"], own["null"], other["share"])
    return {"tracking.share-minus-null": measures["tracking.true"] - measures["tracking.true.exchanged"], **measures}


def _track(recording: xr.Dataset, name: str, shuffles: int, seed: int) -> xr.Dataset:
    """Regress units on volatility beside the last reward, the next choice and the true probability of arm 0."""
    covariates = recording[["previous_reward", "choice"]].assign(
        probability=recording["reward_probability"].isel(arm=0)
    )
    return tracking_units(recording["hidden"], recording[name], covariates, shuffles, seed)


def _with_nulls(name: str, trained: xr.DataArray, exchanged: xr.DataArray, untrained: xr.DataArray) -> Measures:
    """A score of every subject, what 95% of exchanges of sessions stay below, and that of untrained networks."""
    return {
        name: trained.values,
        f"{name}.exchanged": exchanged.quantile(0.95, "shuffle").values,
        f"{name}.untrained": untrained.values,
    }

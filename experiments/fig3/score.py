"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.analysis.behrens import BehrensLearner
from pfc_metarl.analysis.decoding import Decoding, Tracking, decode, tracking_units
from pfc_metarl.analysis.rescorla_wagner import fit, simulate
from pfc_metarl.network.population import Population
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.volatility import Volatility, VolatilityConfiguration

from .config import BLOCKS, DECODING_SHUFFLES, EVALUATION_EPISODES, PAPER, TRACKING_SHUFFLES, TRIALS
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("reward_probability", "volatile", "block", "hidden", "policy")

# Volatility as it is and as the Bayesian learner believes it to be: label -> variable.
VOLATILITIES = {"true": "volatile", "learner": "expected_volatility"}

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(networks: Mapping[str, Population], seed: int, quiet: bool) -> Evaluation:
    """Record test sessions, fit learning rates, and look for volatility in the hidden state.

    Parameters
    ----------
    networks : "volatility", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    network = networks["volatility"]
    agents = {"trained": freeze(network), "untrained": untrained_like(network, seed)}
    task = Volatility(VolatilityConfiguration(trials=TRIALS, schedule="test"))
    recordings, unchanged = record_agents(agents, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    recordings = {name: recording.merge(BehrensLearner().run(recording)) for name, recording in recordings.items()}
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
    fits = [
        fit(recording, (recording["volatile"] == volatile) & (recording["block"] == before))
        for volatile, before in BLOCKS.values()
    ]
    return xr.concat(fits, dim=xr.IndexVariable("block", list(BLOCKS)))


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
    payoff = recording["reward_probability"].isel(arm=0)
    fixed = simulate(payoff, typical["learning_rate"].values, typical["inverse_temperature"].values, seed)
    fits = fit_blocks(fixed.assign(recording[["volatile", "block"]]))
    return {"learning-rate.volatile-minus-stable.one-rate": _volatile_minus_stable(fits)}


def _decoding(trained: xr.Dataset, untrained: xr.Dataset, seed: int) -> tuple[xr.DataArray, Measures]:
    """Read volatility from the hidden state.

    Returns
    -------
    The learner's volatility as decoded, and the explained share of each kind of volatility with its nulls.
    """
    measures: Measures = {}
    curves: dict[str, list[np.ndarray]] = {}
    for label, name in VOLATILITIES.items():
        own = [_decode(subject, name, DECODING_SHUFFLES, seed) for _, subject in trained.groupby("subject")]
        other = [_decode(subject, name, 0, seed) for _, subject in untrained.groupby("subject")]
        curves[label] = [each.decoded for each in own]
        measures |= _with_nulls(
            f"decoding.{label}",
            [each.explained for each in own],
            [each.shuffled for each in own],
            [each.explained for each in other],
        )
    return trained["expected_volatility"].copy(data=np.stack(curves["learner"])), measures


def _decode(subject: xr.Dataset, name: str, shuffles: int, seed: int) -> Decoding:
    own = subject.squeeze("subject")
    return decode(own["hidden"].values, own[name].values.astype(float), shuffles, seed)


def _tracking(trained: xr.Dataset, untrained: xr.Dataset, seed: int) -> Measures:
    """Share of units that track each kind of volatility, with its nulls; the claim is about the true kind of block."""
    measures: Measures = {}
    for label, name in VOLATILITIES.items():
        own = [_track(subject, name, TRACKING_SHUFFLES, seed) for _, subject in trained.groupby("subject")]
        other = [_track(subject, name, 0, seed) for _, subject in untrained.groupby("subject")]
        measures |= _with_nulls(
            f"tracking.{label}",
            [each.share for each in own],
            [each.shuffled for each in own],
            [each.share for each in other],
        )
    return {"tracking.share-minus-null": measures["tracking.true"] - measures["tracking.true.exchanged"], **measures}


def _track(subject: xr.Dataset, name: str, shuffles: int, seed: int) -> Tracking:
    """Regress units on volatility beside the last reward, the next choice and the true probability of arm 0."""
    own = subject.squeeze("subject")
    covariates = [own["previous_reward"], own["choice"], own["reward_probability"].isel(arm=0)]
    return tracking_units(
        own["hidden"].values,
        own[name].values.astype(float),
        np.stack([each.values.astype(float) for each in covariates], axis=-1),
        shuffles,
        seed,
    )


def _with_nulls(
    name: str, trained: Sequence[float], exchanged: Sequence[Float[np.ndarray, " shuffle"]], untrained: Sequence[float]
) -> Measures:
    """A score of every subject, what 95% of exchanges of sessions stay below, and that of untrained networks."""
    return {
        name: np.array(trained),
        f"{name}.exchanged": np.array([np.quantile(each, 0.95) for each in exchanged]),
        f"{name}.untrained": np.array(untrained),
    }

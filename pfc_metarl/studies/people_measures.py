"""What people's behaviour is measured by, each with a null."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float

from pfc_metarl.analysis import foraging, two_step
from pfc_metarl.analysis.learners import RescorlaWagner, fit, tell_magnitudes
from pfc_metarl.base.exchange import episode_orders
from pfc_metarl.figures.two_step import OUTCOMES, TRANSITIONS

# Exchanges of whole sessions for a null, and of two conditions, which cost nothing.
SHUFFLES, FLIPS = 50, 1000

# One value per person, NaN where it cannot be told.
Measures = dict[str, Float[np.ndarray, " subject"]]

# Where the mean over people lies in 95% of a null, by measure.
Nulls = dict[str, tuple[float, float]]


def exchanged_outcomes(
    trials: xr.Dataset, measures: Callable[[xr.Dataset], Measures], outcomes: tuple[str, ...], seed: int
) -> Nulls:
    """Where means lie if each session has the outcomes of another one, anybody's.

    Parameters
    ----------
    measures : to be asked for.
    outcomes : variables that go from session to session.
    """
    generator = np.random.default_rng(seed)
    subject, episode = np.nonzero(trials["valid"].any("trial").values)
    means: dict[str, list[float]] = {}
    for _ in range(SHUFFLES if len(subject) > 1 else 0):
        order = generator.permutation(len(subject))
        exchanged = trials[["choice", *outcomes]].copy(deep=True)
        for name in outcomes:
            exchanged[name].values[subject, episode] = trials[name].values[subject[order], episode[order]]
        both = np.zeros_like(trials["valid"].values)
        both[subject, episode] = trials["valid"].values[subject[order], episode[order]]
        exchanged["valid"] = trials["valid"] & both
        for name, values in measures(exchanged).items():
            means.setdefault(name, []).append(_mean(values))
    return {name: _within(np.array(values)) for name, values in means.items()}


def two_step_staying(trials: xr.Dataset) -> Measures:
    """Staying after each kind of trial, and what of it reward does alone and together with the transition."""
    stay = two_step.stay_probability(two_step.stay_counts(trials).sum("episode"))
    cells = {
        f"stay, {outcome} {transition}": stay.sel(outcome=outcome, transition=transition).values
        for outcome in OUTCOMES
        for transition in TRANSITIONS
    }
    indices = {
        "model-based index": two_step.model_based_index(stay).values,
        "model-free index": two_step.model_free_index(stay).values,
    }
    return {**cells, **indices}


def staying(trials: xr.Dataset) -> Measures:
    """Staying after a reward and after none, and rewards earned."""
    # Transitions are all of one kind where there are none.
    counts = two_step.stay_counts(trials.assign(common=xr.ones_like(trials["valid"]))).sum("episode")
    stay = two_step.stay_probability(counts.sel(transition="common", drop=True))
    earned = trials["reward"].where(trials["valid"]).mean(("episode", "trial"))
    staying = {f"stay, {outcome}": stay.sel(outcome=outcome).values for outcome in OUTCOMES}
    return {"reward per choice": earned.values, **staying}


def nothing_more(trials: xr.Dataset, seed: int) -> tuple[Measures, Nulls]:
    """No measures with a null of their own."""
    del trials, seed
    return {}, {}


def matching(trials: xr.Dataset, seed: int) -> tuple[Measures, Nulls]:
    """How choices follow rewards from session to session; in the null a session has another one's rewards.

    Only ratios are exchanged, among a person's own sessions: rewards exchanged trial by trial would
    still be counted on the side that was chosen, and their ratio would follow the choices.
    """
    ratios = foraging.matching(trials)
    orders = episode_orders(ratios.sizes["episode"], SHUFFLES, seed)[1:]
    slopes = [
        _slope(ratios.assign(log_reward_ratio=ratios["log_reward_ratio"].isel(episode=order))) for order in orders
    ]
    null = np.array([_mean(slope) for slope in slopes])
    return {"matching slope": _slope(ratios)}, {"matching slope": _within(null)}


def _slope(ratios: xr.Dataset) -> Float[np.ndarray, " subject"]:
    """Slope over sessions in which both ratios exist; NaN with fewer than two."""
    both = ratios["log_reward_ratio"].notnull() & ratios["log_choice_ratio"].notnull()
    enough = both.sum("episode") > 1
    return foraging.matching_slope(ratios.where(both)).where(enough).values


def learning_rates(trials: xr.Dataset, seed: int) -> tuple[Measures, Nulls]:
    """Fitted apart to stable and volatile blocks, each entered with what was learned before.

    Where magnitudes were shown, their weight on the choice is fitted too. NaN for a person without
    a choice in one of the two. In the null the two conditions are exchanged by chance.
    """
    if "volatile" not in trials:
        return {}, {}
    learner = RescorlaWagner(anticorrelated=True, magnitudes=tell_magnitudes(trials))
    kinds = {"stable": ~trials["volatile"], "volatile": trials["volatile"]}
    both = np.all([(trials["valid"] & own).any(("episode", "trial")).values for own in kinds.values()], axis=0)
    rates = {name: np.full(len(both), np.nan) for name in kinds}
    for name, own in kinds.items() if both.any() else ():
        fitted = fit(learner, trials.isel(subject=both), counted=own.isel(subject=both))
        rates[name][both] = fitted["learning_rate"].to_numpy()
    difference = rates["volatile"] - rates["stable"]
    higher = np.where(both, (np.sign(difference) + 1) / 2, np.nan)
    measures = {
        "learning rate, stable": rates["stable"],
        "learning rate, volatile": rates["volatile"],
        "learning rate, volatile - stable": difference,
        "learning rate, higher when volatile": higher,
    }
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (FLIPS, len(both)))
    flipped = {
        "learning rate, volatile - stable": signs * difference,
        "learning rate, higher when volatile": 0.5 + signs * (higher - 0.5),
    }
    return measures, {name: _within(np.array([_mean(own) for own in values])) for name, values in flipped.items()}


def told_of(table: pd.DataFrame, column: str) -> Bool[np.ndarray, " row"]:
    """Which rows of a table hold a number, for trials do not tell all of everybody."""
    return np.isfinite(table[column].to_numpy(dtype=float))


def _mean(values: Float[np.ndarray, " subject"]) -> float:
    """Over the people in whom it can be told."""
    present = values[np.isfinite(values)]
    return float(present.mean()) if len(present) else np.nan


def _within(means: Float[np.ndarray, " shuffle"]) -> tuple[float, float]:
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)

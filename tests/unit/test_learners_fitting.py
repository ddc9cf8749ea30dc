"""Fits of learners, against another optimiser, an independent likelihood, formulas and counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.optimize import minimize

from pfc_metarl.analysis.learners import (
    LEARNERS,
    Learner,
    RescorlaWagner,
    WinStayLoseShift,
    cross_validate,
    draw,
    fit,
)
from pfc_metarl.analysis.learners.parameter import INVERSE_TEMPERATURE
from pfc_metarl.analysis.learners.worlds import drifting, reversing
from pfc_metarl.base.errors import ConfigurationError, TableError

AXES = ("subject", "episode", "trial")
ANTICORRELATED = RescorlaWagner(anticorrelated=True)


def choices(learner: Learner, subjects: int = 3, episodes: int = 3, trials: int = 60, seed: int = 0) -> xr.Dataset:
    world = drifting if learner.two_stages else reversing
    return learner.simulate(draw(learner.parameters, subjects, seed), world(subjects, episodes, trials), seed)


def from_trial(trials: xr.Dataset, first: int) -> xr.DataArray:
    """Count late trials only."""
    return xr.ones_like(trials["valid"]) & xr.DataArray(np.arange(trials.sizes["trial"]) >= first, dims="trial")


@pytest.mark.parametrize("name", ["rescorla-wagner-lapse", "pearce-hall", "hybrid"])
def test_another_optimiser_finds_nothing_better(name: str) -> None:
    learner = LEARNERS[name]
    trials = choices(learner, subjects=1, episodes=5, trials=40)
    fitted = fit(learner, trials).iloc[0]
    count = len(learner.parameters)

    def loss_and_slope(values: np.ndarray) -> tuple[float, np.ndarray]:
        shifted = values + 1e-6 * np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])
        loss = -learner.log_likelihood(shifted[:, None], trials).sum((1, 2, 3))
        return loss[0], (loss[1 : count + 1] - loss[count + 1 :]) / 2e-6

    bounds = [(parameter.lower + 1e-6, parameter.upper - 1e-6) for parameter in learner.parameters]
    start = fitted[learner.names].to_numpy(float)
    assert fitted["log_likelihood"] == pytest.approx(-loss_and_slope(start)[0])
    for begin in (start, draw(learner.parameters, 1, seed=9).to_numpy()[0]):
        found = minimize(loss_and_slope, begin, jac=True, method="L-BFGS-B", bounds=bounds)
        assert fitted["log_likelihood"] >= -found.fun - 1e-4


def loss_by_hand(trials: xr.Dataset, rate: float, temperature: float, steps: slice) -> float:
    """Minus the log likelihood of one subject, trial by trial, with one estimate of arm 0."""
    losses = []
    for episode in range(trials.sizes["episode"]):
        estimate = 0.5
        own = trials.isel(subject=0, episode=episode)
        for choice, reward in zip(own["choice"].values, own["reward"].values, strict=True):
            first = 1 / (1 + np.exp(-temperature * (2 * estimate - 1)))
            losses.append(-np.log(first if choice == 0 else 1 - first))
            estimate += rate * ((reward if choice == 0 else 1 - reward) - estimate)
    return float(np.reshape(losses, (trials.sizes["episode"], -1))[:, steps].sum())


def test_the_fit_of_late_trials_is_that_of_an_independent_likelihood() -> None:
    trials = choices(ANTICORRELATED, subjects=1)
    fitted = fit(ANTICORRELATED, trials, counted=from_trial(trials, 30)).iloc[0]
    late = slice(30, None)
    best = minimize(lambda both: loss_by_hand(trials, both[0], both[1], late), [0.2, 3.0], method="Nelder-Mead")
    np.testing.assert_allclose(fitted[["learning_rate", "inverse_temperature"]].to_numpy(float), best.x, rtol=2e-3)
    assert fitted["log_likelihood"] == pytest.approx(-best.fun, abs=1e-4)
    assert fitted["choices"] == 90


def test_choices_that_do_not_count_only_teach() -> None:
    trials = choices(ANTICORRELATED)
    mirrored = trials.copy(deep=True)
    # The other arm with the other outcome teaches the same.
    mirrored["choice"][..., :30] = 1 - trials["choice"][..., :30]
    mirrored["reward"][..., :30] = 1 - trials["reward"][..., :30]
    late = from_trial(trials, 30)
    pd.testing.assert_frame_equal(
        fit(ANTICORRELATED, trials, counted=late), fit(ANTICORRELATED, mirrored, counted=late)
    )
    blind = trials.copy(deep=True)
    blind["valid"][..., :30] = False
    assert not fit(ANTICORRELATED, blind, counted=late).equals(fit(ANTICORRELATED, trials, counted=late))


def test_one_rate_throughout_is_found_in_every_block() -> None:
    same = pd.DataFrame({"learning_rate": [0.2] * 6, "inverse_temperature": [5.0] * 6})
    trials = ANTICORRELATED.simulate(same, reversing(6, 120, 50, every=25), seed=3)
    for counted in (~from_trial(trials, 25), from_trial(trials, 25)):
        rates = fit(ANTICORRELATED, trials, starts=1, counted=counted)["learning_rate"]
        np.testing.assert_allclose(rates.mean(), 0.2, atol=0.02)


def test_the_criteria_are_their_formulas() -> None:
    trials = choices(LEARNERS["hybrid"], episodes=6, trials=30)
    fitted = fit(LEARNERS["hybrid"], trials, starts=1)
    np.testing.assert_array_equal(fitted["choices"], 180)
    np.testing.assert_allclose(fitted["aic"], 2 * 5 - 2 * fitted["log_likelihood"])
    np.testing.assert_allclose(fitted["bic"], 5 * np.log(180) - 2 * fitted["log_likelihood"])
    own = LEARNERS["hybrid"].log_likelihood(fitted[LEARNERS["hybrid"].names].to_numpy()[None], trials)
    np.testing.assert_allclose(fitted["log_likelihood"], own[0].sum((1, 2)))


def test_winning_stays_and_losing_shifts_are_counted() -> None:
    trials = choices(LEARNERS["rescorla-wagner"])
    fitted = fit(WinStayLoseShift(), trials)
    choice, won = trials["choice"].values, trials["reward"].values[..., :-1] > 0
    stayed = choice[..., 1:] == choice[..., :-1]
    for subject in range(3):
        own, after_win = stayed[subject], won[subject]
        counted = {"win_stay": own[after_win].mean(), "lose_shift": 1 - own[~after_win].mean()}
        for parameter in WinStayLoseShift().parameters:
            expected = np.clip(counted[parameter.name], parameter.lower, parameter.upper)
            assert fitted.loc[subject, parameter.name] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", list(LEARNERS))
def test_someone_who_always_takes_one_side_has_finite_parameters(name: str) -> None:
    shape = (1, 2, 20)
    columns = {"choice": np.ones(shape, int), "reward": np.ones(shape), "valid": np.ones(shape, bool)}
    trials = xr.Dataset({each: (AXES, values) for each, values in columns.items()}, coords={"subject": ["always"]})
    trials["common"] = trials["valid"]
    fitted = fit(LEARNERS[name], trials, counted=from_trial(trials, 1)).loc["always"]
    assert np.isfinite(fitted.to_numpy(float)).all()
    assert fitted["log_likelihood"] > -0.1
    if name.startswith("rescorla-wagner") and name != "rescorla-wagner-perseverative":
        assert fitted["inverse_temperature"] == INVERSE_TEMPERATURE.upper


def test_choices_at_random_are_explained_by_nothing() -> None:
    trials = choices(ANTICORRELATED, subjects=1, episodes=40, trials=100)
    trials["choice"].values[:] = np.random.default_rng(4).random(trials["choice"].shape) < 0.5
    fitted = fit(ANTICORRELATED, trials).iloc[0]
    assert fitted["inverse_temperature"] < 0.3
    assert fitted["log_likelihood"] / fitted["choices"] == pytest.approx(-np.log(2), abs=2e-3)


def test_company_missed_trials_and_padding_change_no_fit() -> None:
    learner = RescorlaWagner()
    trials = choices(learner)
    fitted = fit(learner, trials)
    alone = fit(learner, trials.isel(subject=[1]))
    np.testing.assert_allclose(alone.iloc[0], fitted.loc[1], rtol=1e-6)
    padded = trials.pad(trial=(0, 7), constant_values={"choice": -1, "reward": 0.0, "valid": False})
    np.testing.assert_allclose(fit(learner, padded.astype(trials.dtypes)), fitted, rtol=1e-6)


def test_numbers_that_make_no_sense_are_refused() -> None:
    trials = choices(RescorlaWagner())
    with pytest.raises(ConfigurationError, match="starts is 0: a fit needs at least one point"):
        fit(RescorlaWagner(), trials, starts=0)
    with pytest.raises(ConfigurationError, match="folds is 1: at least 2 are needed"):
        cross_validate(RescorlaWagner(), trials, folds=1)


def test_a_subject_without_choices_is_named() -> None:
    trials = choices(RescorlaWagner())
    trials["valid"][1] = False
    with pytest.raises(TableError, match="subject 1 has no valid choice that counts"):
        fit(RescorlaWagner(), trials)


def test_trials_of_nobody_are_refused() -> None:
    nobody = choices(LEARNERS["rescorla-wagner"]).isel(subject=[])
    with pytest.raises(TableError, match="no subject at all"):
        fit(LEARNERS["rescorla-wagner"], nobody)

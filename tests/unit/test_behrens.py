"""The Bayesian learner of volatility, against an enumeration of all hidden paths and against known sequences."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from pfc_metarl.analysis.learners.behrens import LOG_DRIFT, LOG_PRECISION, PROBABILITY, BehrensObserver

AXES = ("subject", "episode", "step")


def normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def beliefs_by_enumeration(outcomes: list[bool], points: tuple[int, int, int]) -> tuple[float, float, float]:
    """Expected probability, expected volatility and the pull of one more outcome, from every hidden path."""
    probability = np.linspace(*PROBABILITY, points[0])
    log_precision = np.linspace(*LOG_PRECISION, points[1])
    drift_deviation = np.exp(np.linspace(*LOG_DRIFT, points[2]) / 2)

    def beta_step(before: float, precision: float) -> np.ndarray:
        shape = 1 + np.exp(precision) * before, 1 + np.exp(precision) * (1 - before)
        return normalised(stats.beta.pdf(probability, *shape))

    def drift_step(before: float, deviation: float) -> np.ndarray:
        return normalised(stats.norm.pdf(log_precision, before, deviation))

    weights, lasts = [], []
    times = len(outcomes) + 1
    for deviation in drift_deviation:
        for r in product(range(points[0]), repeat=times):
            for v in product(range(points[1]), repeat=times):
                weight = 1.0
                for time in range(times - 1):
                    weight *= probability[r[time]] if outcomes[time] else 1 - probability[r[time]]
                    weight *= drift_step(log_precision[v[time]], deviation)[v[time + 1]]
                    weight *= beta_step(probability[r[time]], log_precision[v[time + 1]])[r[time + 1]]
                weights.append(weight)
                lasts.append((probability[r[-1]], -log_precision[v[-1]]))
    share, last = normalised(np.array(weights)), np.array(lasts)
    mean, volatility = share @ last
    after_win, after_loss = (normalised(share * each) @ last[:, 0] for each in (last[:, 0], 1 - last[:, 0]))
    return mean, volatility, after_win - after_loss


@pytest.mark.parametrize("outcomes", [[], [True], [True, False], [False, False]])
def test_beliefs_are_those_of_all_hidden_paths(outcomes: list[bool]) -> None:
    points = (3, 2, 2)
    beliefs = BehrensObserver(*points).filter(np.array([[*outcomes, True]]))
    found = [float(belief[0, -1]) for belief in beliefs]
    np.testing.assert_allclose(found, beliefs_by_enumeration(outcomes, points), rtol=1e-4)


def test_the_learner_follows_a_probability_and_its_volatility() -> None:
    generator = np.random.default_rng(1)
    steady = np.full((40, 200), 0.75)
    swapping = np.where(np.arange(200) // 20 % 2 == 0, 0.9, 0.1) * np.ones((40, 1))
    outcomes = generator.random((80, 200)) < np.concatenate([steady, swapping])
    probability, volatility, rate = BehrensObserver().filter(outcomes)
    assert probability[:40, 100:].mean() == pytest.approx(0.75, abs=0.05)
    assert np.corrcoef(probability[40:].mean(0)[1:], swapping[0][:-1])[0, 1] > 0.7
    # Every steady sequence against every swapping one.
    assert volatility[:40, 100:].mean(1).max() < volatility[40:, 100:].mean(1).min()
    assert rate[40:, 100:].mean() > 3 * rate[:40, 100:].mean()


def test_a_belief_does_not_know_what_is_yet_to_come() -> None:
    outcomes = np.random.default_rng(2).random((2, 20)) < 0.5
    outcomes[1, :12] = outcomes[0, :12]
    for belief in BehrensObserver(8, 6, 3).filter(outcomes):
        np.testing.assert_allclose(belief[0, :13], belief[1, :13], rtol=1e-6)


def test_the_coarse_grid_agrees_with_a_fine_one() -> None:
    generator = np.random.default_rng(3)
    payoff = np.where(np.arange(150) < 75, 0.75, np.where(np.arange(150) // 25 % 2 == 0, 0.8, 0.2))
    outcomes = generator.random((4, 150)) < payoff
    for coarse, fine in zip(
        BehrensObserver().filter(outcomes), BehrensObserver(48, 30, 16).filter(outcomes), strict=True
    ):
        assert np.corrcoef(coarse.ravel(), fine.ravel())[0, 1] > 0.98


def test_a_win_of_one_arm_says_what_a_loss_of_the_other_says() -> None:
    wins = np.random.default_rng(4).random((1, 2, 30)) < 0.7
    first = {"choice": (AXES, np.zeros(wins.shape, int)), "reward": (AXES, wins.astype(float))}
    second = {"choice": (AXES, np.ones(wins.shape, int)), "reward": (AXES, (~wins).astype(float))}
    learner = BehrensObserver(8, 6, 3)
    one, other = (learner.run(xr.Dataset(data, coords={"subject": [7]})) for data in (first, second))
    xr.testing.assert_equal(one, other)
    assert one["expected_probability"].dims == AXES
    assert one["subject"].values == [7]

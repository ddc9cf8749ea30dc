"""The delta rule and its fit: steps by hand, another optimiser, and parameters that come back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize

from pfc_metarl.analysis.rescorla_wagner import LARGEST_INVERSE_TEMPERATURE, RANGE, fit, simulate

AXES = ("subject", "episode", "step")
ALL = slice(None)


def sessions(subjects: int, episodes: int = 40, steps: int = 100, every: int = 25) -> xr.DataArray:
    """Payoff of arm 0 that swaps between .8 and .2."""
    payoff = np.where(np.arange(steps) // every % 2 == 0, 0.8, 0.2)
    return xr.DataArray(
        np.broadcast_to(payoff, (subjects, episodes, steps)), dims=AXES, coords={"subject": range(subjects)}
    )


def counted(recording: xr.Dataset, steps: slice = ALL) -> xr.DataArray:
    mask = xr.zeros_like(recording["choice"], dtype=bool)
    mask[..., steps] = True
    return mask


def loss_by_hand(recording: xr.Dataset, rate: float, temperature: float, steps: slice = ALL) -> float:
    """Minus the log likelihood of a choice, trial by trial, for one subject."""
    losses = []
    for episode in range(recording.sizes["episode"]):
        estimate = 0.5
        own = recording.isel(subject=0, episode=episode)
        for choice, reward in zip(own["choice"].values, own["reward"].values, strict=True):
            first = 1 / (1 + np.exp(-temperature * (2 * estimate - 1)))
            losses.append(-np.log(first if choice == 0 else 1 - first))
            outcome = reward if choice == 0 else 1 - reward
            estimate += rate * (outcome - estimate)
    return float(np.mean(np.reshape(losses, (recording.sizes["episode"], -1))[:, steps]))


@pytest.mark.parametrize("steps", [slice(None), slice(50, None)])
def test_the_fit_is_that_of_another_optimiser(steps: slice) -> None:
    recording = simulate(sessions(1, episodes=6), np.array([0.3]), np.array([4.0]), seed=1)
    found = fit(recording, counted(recording, steps))
    rate, temperature = float(found["learning_rate"][0]), float(found["inverse_temperature"][0])
    best = minimize(lambda both: loss_by_hand(recording, both[0], both[1], steps), [0.2, 3.0], method="Nelder-Mead")
    assert rate == pytest.approx(best.x[0], rel=0.03)
    assert temperature == pytest.approx(best.x[1], rel=0.03)
    assert float(found["log_likelihood"][0]) == pytest.approx(-best.fun, abs=1e-4)
    assert float(found["log_likelihood"][0]) == pytest.approx(-loss_by_hand(recording, rate, temperature, steps))


def test_parameters_come_back() -> None:
    generator = np.random.default_rng(0)
    rates, temperatures = generator.uniform(0.05, 0.8, 24), generator.uniform(2, 10, 24)
    recording = simulate(sessions(24, episodes=10), rates, temperatures, seed=2)
    found = fit(recording, counted(recording))
    assert np.corrcoef(found["learning_rate"].values, rates)[0, 1] > 0.9
    assert np.corrcoef(found["inverse_temperature"].values, temperatures)[0, 1] > 0.9
    assert np.abs(found["learning_rate"].values - rates).mean() < 0.05


def test_one_rate_throughout_is_found_in_every_block() -> None:
    recording = simulate(sessions(6, episodes=60, every=50), np.full(6, 0.2), np.full(6, 5.0), seed=3)
    for steps in (slice(0, 50), slice(50, None)):
        rates = fit(recording, counted(recording, steps))["learning_rate"].values
        assert rates.mean() == pytest.approx(0.2, abs=0.02)


def test_choices_at_random_are_explained_by_nothing() -> None:
    recording = simulate(sessions(1), np.array([0.3]), np.array([0.0]), seed=4)
    found = fit(recording, counted(recording))
    assert float(found["inverse_temperature"][0]) < 0.3
    assert float(found["log_likelihood"][0]) == pytest.approx(-np.log(2), abs=2e-3)


def test_choices_without_error_take_the_largest_temperature() -> None:
    choice, reward = np.zeros((1, 3, 20), int), np.ones((1, 3, 20))
    recording = xr.Dataset({"choice": (AXES, choice), "reward": (AXES, reward)}, coords={"subject": [0]})
    found = fit(recording, counted(recording, slice(1, None)))
    assert float(found["inverse_temperature"][0]) == LARGEST_INVERSE_TEMPERATURE
    assert RANGE[0] <= float(found["learning_rate"][0]) <= RANGE[1]


def test_choices_that_do_not_count_only_teach() -> None:
    recording = simulate(sessions(2, episodes=10), np.array([0.1, 0.4]), np.array([5.0, 5.0]), seed=5)
    late = counted(recording, slice(50, None))
    mirrored = recording.copy(deep=True)
    # The other arm with the other outcome teaches the same.
    mirrored["choice"][..., :50] = 1 - recording["choice"][..., :50]
    mirrored["reward"][..., :50] = 1 - recording["reward"][..., :50]
    xr.testing.assert_equal(fit(recording, late), fit(mirrored, late))

"""The memory function of states whose memory is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.memory import memory_capacity, memory_function, memory_span
from pfc_metarl.base.errors import ConfigurationError

SUBJECTS, EPISODES, STEPS, LAGS = 2, 150, 60, 20


@pytest.fixture(scope="module")
def signal() -> xr.DataArray:
    """Coin flips."""
    flips = np.random.default_rng(7).choice([-1.0, 1.0], (SUBJECTS, EPISODES, STEPS))
    return xr.DataArray(flips, dims=("subject", "episode", "step"), coords={"subject": [3, 5]})


def as_activity(states: np.ndarray, signal: xr.DataArray) -> xr.DataArray:
    return xr.DataArray(states, dims=("subject", "episode", "step", "unit"), coords={"subject": signal["subject"]})


def delay_line(signal: xr.DataArray, length: int) -> np.ndarray:
    """Unit k holds the signal of k steps ago; before the first step there was none."""
    states = np.zeros((*signal.shape, length))
    for lag in range(1, length + 1):
        states[:, :, lag:, lag - 1] = signal.values[:, :, :-lag]
    return states


def leaky(signal: xr.DataArray, leak: float) -> np.ndarray:
    """h[t] = leak * h[t - 1] + s[t - 1]."""
    states = np.zeros((*signal.shape, 1))
    for step in range(1, STEPS):
        states[:, :, step, 0] = leak * states[:, :, step - 1, 0] + signal.values[:, :, step - 1]
    return states


def test_a_delay_line_remembers_as_many_steps_as_it_has_units(signal: xr.DataArray) -> None:
    found = memory_function(as_activity(delay_line(signal, 7), signal), signal, LAGS)
    assert found["share"].dims == ("subject", "lag")
    assert found["lag"].values.tolist() == list(range(1, LAGS + 1))
    assert found["subject"].values.tolist() == [3, 5]
    np.testing.assert_allclose(found["share"].sel(lag=slice(1, 7)), 1, atol=1e-4)
    np.testing.assert_allclose(found["share"].sel(lag=slice(8, None)), 0, atol=0.02)
    np.testing.assert_allclose(memory_capacity(found), 7, atol=0.1)
    np.testing.assert_allclose(memory_capacity(found, beyond=5), 2, atol=0.1)
    assert memory_span(found).values.tolist() == [7, 7]


def test_how_a_memory_is_spread_over_units_does_not_matter(signal: xr.DataArray) -> None:
    states = delay_line(signal, 7)
    mixed = states @ np.random.default_rng(1).normal(size=(7, 7)) + 3.0
    straight, turned = (memory_function(as_activity(each, signal), signal, LAGS) for each in (states, mixed))
    # The penalty takes a little where the mixture is hard to undo.
    np.testing.assert_allclose(turned["share"], straight["share"], atol=5e-3)


@pytest.mark.parametrize("units", [2, 60])
def test_noise_holds_nothing_whatever_the_number_of_its_units(units: int) -> None:
    # Every lag's share is about -units / rows: on few rows far below zero in the sum, and the more so the more units.
    generator = np.random.default_rng(8)
    flips = generator.choice([-1.0, 1.0], (4, 60, 50))
    coin = xr.DataArray(flips, dims=("subject", "episode", "step"), coords={"subject": range(4)})
    noise = as_activity(generator.normal(size=(*coin.shape, units)), coin)
    found = memory_function(noise, coin, LAGS, shuffles=20)
    if units == 60:
        assert (found["share"].sum("lag") < -0.5).all()
    for beyond in (0, 10):
        np.testing.assert_allclose(memory_capacity(found, beyond).mean(), 0, atol=0.03)


def test_a_capacity_without_shuffles_is_refused(signal: xr.DataArray) -> None:
    found = memory_function(as_activity(delay_line(signal, 3), signal), signal, LAGS, shuffles=0)
    with pytest.raises(ConfigurationError, match="shuffles is 0: the zero of a capacity is that of its shuffles"):
        memory_capacity(found)


@pytest.mark.parametrize("leak", [0.5, 0.8])
def test_a_leaky_integrator_forgets_geometrically_and_holds_one_signal(signal: xr.DataArray, leak: float) -> None:
    # Variance 1 / (1 - a^2), of which the signal k steps ago makes a^(2 (k - 1)).
    found = memory_function(as_activity(leaky(signal, leak), signal), signal, LAGS)
    expected = (1 - leak**2) * leak ** (2 * np.arange(LAGS))
    np.testing.assert_allclose(found["share"].mean("subject"), expected, atol=0.015)
    np.testing.assert_allclose(memory_capacity(found), 1, atol=0.06)


def test_counting_without_a_leak_spreads_one_signal_evenly_over_the_past(signal: xr.DataArray) -> None:
    # At step t the sum holds 1/t of each signal. One readout for all steps from L on, of which each has the
    # same slope c: its share is (2 c - c^2 mean t), largest for c = 1 / mean t.
    states = np.cumsum(signal.values, axis=2)[..., None] - signal.values[..., None]
    found = memory_function(as_activity(states, signal), signal, LAGS)
    share = 1 / np.arange(LAGS, STEPS).mean()
    np.testing.assert_allclose(found["share"].mean(("subject", "lag")), share, atol=0.002)


def test_a_linear_network_holds_as_many_signals_as_it_has_units(signal: xr.DataArray) -> None:
    # Jaeger (2001): its capacity is the number of its units, whatever its generic weights.
    generator = np.random.default_rng(2)
    recurrent, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    states = np.zeros((*signal.shape, 6))
    for step in range(1, STEPS):
        states[:, :, step] = 0.9 * states[:, :, step - 1] @ recurrent + signal.values[:, :, step - 1, None]
    capacity = memory_capacity(memory_function(as_activity(states, signal), signal, LAGS))
    np.testing.assert_allclose(capacity, 6, atol=0.1)


def test_of_other_episodes_signals_nothing_is_read(signal: xr.DataArray) -> None:
    found = memory_function(as_activity(delay_line(signal, 7), signal), signal, LAGS, shuffles=8, seed=1)
    assert found["null"].sizes == {"subject": SUBJECTS, "lag": LAGS, "shuffle": 8}
    # An episode may meet itself in a shuffle, one in 150.
    np.testing.assert_allclose(found["null"], 0, atol=0.05)
    assert found["null"].mean() < 0


def test_noise_holds_nothing_and_reaches_back_nowhere(signal: xr.DataArray) -> None:
    noise = np.random.default_rng(4).normal(size=(*signal.shape, 10))
    found = memory_function(as_activity(noise, signal), signal, LAGS)
    assert (memory_capacity(found) < 0.05).all()
    assert (memory_span(found) <= 1).all()


def test_a_state_remembers_nothing_of_what_it_has_yet_to_receive(signal: xr.DataArray) -> None:
    # Row t that held the signal of t itself would know the future: no lag finds it.
    ahead = signal.values[..., None]
    found = memory_function(as_activity(ahead, signal), signal, LAGS)
    np.testing.assert_allclose(found["share"], 0, atol=0.02)


@pytest.mark.parametrize("lags", [0, STEPS])
def test_lags_that_an_episode_does_not_have_are_refused(signal: xr.DataArray, lags: int) -> None:
    with pytest.raises(ConfigurationError, match=f"lags is {lags} and an episode has {STEPS} steps"):
        memory_function(as_activity(delay_line(signal, 3), signal), signal, lags)

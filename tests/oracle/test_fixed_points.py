"""Fixed points, slow points, modes and attractors of networks for which they are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.optimize import brentq
from scipy.special import expit

from pfc_metarl.analysis.dynamics import (
    ConstantInput,
    Criteria,
    find_fixed_points,
    line_attractor,
    ring_attractor,
)
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population

STILL = ConstantInput(observation=(0.0,))
ZERO, ONE = -60.0, 60.0  # a gate's bias that closes or opens it for good


def network(core: str, units: int, **weights: np.ndarray) -> Population:
    """One subject that sees one channel and nothing else; weights not given are zero."""
    configuration = NetworkConfiguration(
        core=core, units=units, initial_state="zero", action_input=False, reward_input=False, time_input=False
    )
    shapes = Population(configuration, 1, 2, [0], {"head_weight": torch.zeros(1)}).shapes()
    assert weights.keys() <= shapes.keys()
    filled = {
        name: torch.from_numpy(np.array(weights.get(name, np.zeros(shape[1:])), float)).reshape(shape)
        for name, shape in shapes.items()
    }
    return Population(configuration, 1, 2, [0], filled)


def vanilla(recurrent: np.ndarray, bias: float = 0.0) -> Population:
    units = len(recurrent)
    weight = np.concatenate([np.zeros((1, units)), recurrent.T])
    return network("vanilla", units, weight=weight, bias=np.full(units, bias))


def visited(*parts: np.ndarray) -> xr.Dataset:
    """States, one per row, as a recording."""
    axes = ("subject", "episode", "step", "unit")
    return xr.Dataset(
        {name: (axes, part[None, :, None]) for name, part in zip(("hidden", "cell"), parts, strict=False)},
        coords={"subject": [0]},
    )


def cloud(units: int, rows: int = 64, size: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(-size, size, (rows, units))


def only(points: xr.Dataset) -> xr.Dataset:
    one = points.isel(subject=0)
    return one.isel(point=np.flatnonzero(one["kind"].values != ""))


def test_a_contracting_network_rests_at_zero() -> None:
    found = only(find_fixed_points(vanilla(0.5 * np.eye(3)), STILL, visited(cloud(3))))
    assert found.sizes["point"] == 1
    np.testing.assert_allclose(found["hidden"], 0, atol=1e-10)
    np.testing.assert_allclose(found["eigenvalue"], 0.5, atol=1e-9)
    np.testing.assert_allclose(found["time_constant"], 1 / math.log(2), rtol=1e-8)
    assert found["kind"].item() == "fixed"
    assert bool(found["stable"].item())
    assert int(found["searches"].item()) == 64


def test_two_bistable_units_have_nine_points() -> None:
    gain = 1.5
    high = brentq(lambda x: math.tanh(gain * x) - x, 0.1, 1)
    found = only(find_fixed_points(vanilla(gain * np.eye(2)), STILL, visited(cloud(2, 300)), starts=300))
    assert float(found["residual"].max()) < 1e-10
    expected = {(round(x, 6), round(y, 6)) for x in (-high, 0, high) for y in (-high, 0, high)}
    assert {(round(x, 6) + 0.0, round(y, 6) + 0.0) for x, y in found["hidden"].values} == expected
    at_zero = np.isclose(found["hidden"].values, 0, atol=1e-6)
    np.testing.assert_array_equal(found["unstable"], at_zero.sum(1))
    np.testing.assert_array_equal(found["stable"], ~at_zero.any(1))
    slope = gain * (1 - found["hidden"].values ** 2)
    np.testing.assert_allclose(found["eigenvalue"].values.real, np.sort(slope)[:, ::-1], atol=1e-8)
    # What grows has a negative time constant.
    np.testing.assert_array_equal(found["time_constant"] < 0, np.sort(slope)[:, ::-1] > 1)


def test_a_rotation_has_a_pair_of_complex_modes() -> None:
    size, angle = 0.9, 0.7
    turn = size * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    found = only(find_fixed_points(vanilla(turn), STILL, visited(cloud(2))))
    np.testing.assert_allclose(
        np.sort_complex(found["eigenvalue"].values[0]), np.sort_complex(size * np.exp([-1j * angle, 1j * angle]))
    )
    np.testing.assert_allclose(found["time_constant"], -1 / math.log(size))


def test_a_gated_unit_without_recurrence_rests_where_its_equation_says() -> None:
    bias = np.random.default_rng(1).normal(size=(3, 4))  # reset, update, candidate
    recurrent = np.array([0.3, -0.2, 0.5, 0.1])
    population = network(
        "gru",
        4,
        input_bias=bias.ravel(),
        input_weight=np.arange(12) / 10,
        recurrent_bias=np.concatenate([np.zeros(8), recurrent]),
    )
    found = only(find_fixed_points(population, ConstantInput(observation=(0.5,)), visited(cloud(4))))
    reset, update, candidate = bias + 0.5 * np.arange(12).reshape(3, 4) / 10
    np.testing.assert_allclose(found["hidden"].values[0], np.tanh(candidate + expit(reset) * recurrent), atol=1e-9)
    np.testing.assert_allclose(found["eigenvalue"].values[0].real, np.sort(expit(update))[::-1], atol=1e-9)


def test_an_lstm_without_recurrence_rests_where_its_equation_says() -> None:
    bias = np.random.default_rng(2).normal(size=(4, 3))  # input, forget, output, candidate
    population = network("lstm", 3, bias=bias.ravel())
    found = only(find_fixed_points(population, STILL, visited(cloud(3), cloud(3, size=2))))
    gates = expit(bias)
    cell = gates[0] * np.tanh(bias[3]) / (1 - gates[1])
    np.testing.assert_allclose(found["cell"].values[0], cell, atol=1e-9)
    np.testing.assert_allclose(found["hidden"].values[0], gates[2] * np.tanh(cell), atol=1e-9)
    # The hidden state is made anew at every step: half of the modes end at once.
    np.testing.assert_allclose(found["eigenvalue"].values[0].real, [*np.sort(gates[1])[::-1], 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(found["time_constant"].values[0, 3:], 0, atol=0.06)


@pytest.mark.parametrize("core", ["lstm", "gru"])
def test_an_integrator_is_a_line_attractor(core: str) -> None:
    """One unit keeps what it holds and two forget; every value of the one is a fixed point."""
    keep = np.array([ONE, ZERO, ZERO])
    if core == "lstm":
        population = network("lstm", 3, bias=np.concatenate([np.full(3, ZERO), keep, np.full(3, ONE), np.zeros(3)]))
        held = cloud(3)
        recording = visited(np.tanh(held), held)
    else:
        population = network("gru", 3, input_bias=np.concatenate([np.zeros(3), keep, np.zeros(3)]))
        recording = visited(cloud(3))
    points = find_fixed_points(population, STILL, recording)
    found = only(points)
    assert found.sizes["point"] > 20
    assert set(found["kind"].values) == {"fixed"}
    np.testing.assert_allclose(found["hidden"].values[:, 1:], 0, atol=1e-6)
    np.testing.assert_allclose(np.abs(found["eigenvalue"].values[:, 0]), 1, atol=1e-9)
    assert bool(np.isinf(found["time_constant"].isel(mode=0)).all())
    assert bool(found["stable"].all())
    axis = xr.DataArray([[1.0, 0.0, 0.0]], dims=("subject", "unit"), coords={"subject": [0]})
    line = line_attractor(points, recording, axis).isel(subject=0)
    assert float(line["coverage"]) > 0.7
    for measure in ("straightness", "points_alignment", "mode_alignment"):
        assert float(line[measure]) == pytest.approx(1, abs=1e-6)
    assert np.isinf(float(line["slowest"]))
    assert float(line["second"]) < 1
    # Axes at random in three dimensions have an absolute cosine of one half on average.
    assert float(line["mode_alignment_random"].mean()) == pytest.approx(0.5, abs=0.07)
    assert float(line["mode_alignment_random"].quantile(0.95)) < 1


def test_a_bump_at_any_angle_is_a_ring_attractor() -> None:
    units, gain = 24, 1.6
    preferred = 2 * np.pi * np.arange(units) / units
    population = vanilla(2 * gain / units * np.cos(preferred[:, None] - preferred))
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 60)
    recording = visited(np.tanh(np.cos(preferred - angle[:, None])))
    points = find_fixed_points(population, STILL, recording, starts=60)
    ring = ring_attractor(points).isel(subject=0)
    assert int(ring["points"]) > 30
    assert float(ring["plane"]) > 0.97
    assert float(ring["gap"]) < 0.5
    assert float(ring["thickness"]) < 0.01
    found = only(points)
    assert set(found["kind"].values) == {"fixed"}
    np.testing.assert_allclose(np.abs(found["eigenvalue"].values[:, 0]), 1, atol=1e-6)
    # The slow mode turns the bump: it runs along the ring, at right angles to the bump itself.
    across = (found["hidden"] * found["slow_direction"]).sum("unit") / np.sqrt((found["hidden"] ** 2).sum("unit"))
    np.testing.assert_allclose(across, 0, atol=1e-3)


def test_a_line_of_points_is_no_ring() -> None:
    population = network("gru", 3, input_bias=np.array([0, 0, 0, ONE, ZERO, ZERO, 0, 0, 0]))
    ring = ring_attractor(find_fixed_points(population, STILL, visited(cloud(3)))).isel(subject=0)
    assert float(ring["gap"]) > 2


@pytest.mark.parametrize(("past", "kind"), [(1e-4, "slow"), (0.02, "restless")])
def test_where_two_points_have_just_vanished_activity_lingers(past: float, kind: str) -> None:
    gain = 1.5
    # The speed is least where the slope of tanh(a x - b) is 1; at the fold it is zero there.
    still = math.sqrt(1 - 1 / gain)
    bias = gain * still - math.atanh(still) + past
    population = vanilla(np.array([[gain]]), -bias)
    there = (math.atanh(still) + bias) / gain
    rows = np.linspace(still - 0.4, still + 0.4, 30)[:, None]
    points = find_fixed_points(population, STILL, visited(rows), starts=30)
    ends = points["ends"].isel(subject=0)
    assert int(ends.sel(end=kind)) > 0
    found = only(points)
    slow = found.isel(point=np.flatnonzero(found["kind"].values == "slow"))
    if kind == "slow":
        assert float(slow["hidden"].item()) == pytest.approx(there, abs=1e-3)
        assert float(slow["residual"].item()) == pytest.approx(abs(still - there), rel=1e-3)
        assert float(slow["speed"].item()) == pytest.approx((still - there) ** 2 / 2, rel=2e-3)
    else:
        assert slow.sizes["point"] == 0


def test_points_far_from_all_that_was_visited_are_left_out() -> None:
    population = vanilla(np.array([[1.5]]))
    near_zero = visited(np.linspace(0.02, 0.03, 20)[:, None])
    points = find_fixed_points(population, STILL, near_zero, starts=20)
    assert set(points["ends"].isel(subject=0).values.tolist()) == {0, 20}
    assert int(points["ends"].sel(end="far").item()) == 20
    anywhere = find_fixed_points(population, STILL, near_zero, starts=20, criteria=Criteria(reach=1e6))
    assert int(anywhere["ends"].sel(end="fixed").item()) == 20

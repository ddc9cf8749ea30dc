"""The step as a map, its Jacobian, and the bookkeeping of the search for fixed points."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.decomposition import PCA

from pfc_metarl.analysis.dynamics import (
    ClosedLoop,
    ConstantInput,
    StepMap,
    attractor_table,
    critic_axis,
    encoding_axis,
    find_fixed_points,
    line_attractor,
    policy_axis,
)
from pfc_metarl.analysis.dynamics.minimise import minimise
from pfc_metarl.analysis.dynamics.modes import modes, time_constant
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.figures.dynamics import draw_eigenvalues, draw_fixed_points, state_plane
from pfc_metarl.network.population import Population

CORES = ("lstm", "gru", "vanilla")
TWO_ARMS = {"inputs": 4, "actions": 2}  # two actions, reward and time
REWARDED = ConstantInput(action=1, reward=1.0, step=30, horizon=100)
LOOP = ClosedLoop(payoff=(0.7, 0.2), step=30, horizon=100)


def recording_of(population: Population, episodes: int = 6, steps: int = 5) -> xr.Dataset:
    """States that were never visited, near zero."""
    generator = np.random.default_rng(0)
    axes = ("subject", "episode", "step")
    shape = (len(population.subjects), episodes, steps)
    states = {
        name: ((*axes, "unit"), 0.5 * generator.normal(size=(*shape, population.configuration.units)))
        for name in population.core.state_names
    }
    return xr.Dataset({**states, "value": (axes, generator.normal(size=shape))}, coords={"subject": [0, 1]})


def random_states(population: Population, points: int = 3) -> torch.Tensor:
    size = population.configuration.units * len(population.core.state_names)
    return torch.randn(2, points, size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("core", CORES)
def test_the_map_is_the_cores_own_step(draw_population: Any, core: str) -> None:
    population = draw_population(core=core, dtype=torch.float64, **TWO_ARMS)
    state = random_states(population)
    received = torch.tensor([0.0, 1.0, 1.0, 0.3], dtype=torch.float64).expand(2, 3, 4)
    parts = state.chunk(len(population.core.state_names), dim=-1)
    expected = torch.cat(population.core.step(population.weights, received, parts), dim=-1)
    torch.testing.assert_close(StepMap(population, REWARDED)(state), expected)


@pytest.mark.parametrize("drive", [REWARDED, LOOP], ids=["constant", "closed loop"])
@pytest.mark.parametrize("core", CORES)
def test_the_jacobian_is_that_of_finite_differences(draw_population: Any, core: str, drive: Any) -> None:
    step = StepMap(draw_population(core=core, **TWO_ARMS), drive)
    state = random_states(step.population)
    size, tiny = state.shape[-1], 1e-6
    differences = [
        (step(state + tiny * way) - step(state - tiny * way)) / (2 * tiny) for way in torch.eye(size).double()
    ]
    expected = torch.stack(differences, dim=-1)
    jacobian = step.jacobian(state)
    torch.testing.assert_close(jacobian, expected, rtol=1e-6, atol=1e-8)
    found = modes(jacobian[0].numpy(), step.population.configuration.units).eigenvalue
    for own, matrix in zip(found, expected[0].numpy(), strict=True):
        values = np.linalg.eigvals(matrix)
        np.testing.assert_allclose(np.sort(np.abs(own)), np.sort(np.abs(values)), atol=1e-6)
        assert np.all(np.diff(np.abs(own)) <= 1e-12)


@pytest.mark.parametrize("drive", [REWARDED, LOOP], ids=["constant", "closed loop"])
@pytest.mark.parametrize("core", CORES)
def test_what_is_called_fixed_does_not_move(draw_population: Any, core: str, drive: Any) -> None:
    population = draw_population(core=core, **TWO_ARMS)
    points = find_fixed_points(population, drive, recording_of(population), starts=8)
    names = population.core.state_names
    state = torch.from_numpy(np.concatenate([points[name].values for name in names], axis=-1))
    moved = (StepMap(population, drive)(state) - state).norm(dim=-1).numpy()
    fixed = points["kind"].values == "fixed"
    assert fixed.any(axis=1).all()
    assert moved[fixed].max() < 1e-6
    np.testing.assert_allclose(moved[fixed], points["residual"].values[fixed], atol=1e-12)
    assert points["ends"].sum("end").values.tolist() == [8, 8]
    kept = points["searches"].sum("point")
    np.testing.assert_array_equal(kept, points["ends"].sel(end=["fixed", "slow"]).sum("end"))


def test_a_subject_has_the_same_points_alone_and_in_company(draw_population: Any) -> None:
    population = draw_population(core="vanilla", **TWO_ARMS)
    recording = recording_of(population)
    both = find_fixed_points(population, REWARDED, recording).isel(subject=0)
    alone = find_fixed_points(population.select([0]), REWARDED, recording.isel(subject=[0])).isel(subject=0)
    np.testing.assert_allclose(both["hidden"][: alone.sizes["point"]], alone["hidden"], atol=1e-8)


def test_steps_after_an_episodes_end_are_no_starts(draw_population: Any) -> None:
    population = draw_population(core="vanilla", **TWO_ARMS)
    recording = recording_of(population)
    recording["valid"] = recording["value"].copy(data=np.zeros(recording["value"].shape, bool))
    recording["valid"][:, :, 0] = True
    recording["hidden"][:, :, 1:] = np.nan
    points = find_fixed_points(population, REWARDED, recording, starts=8)
    assert bool(np.isfinite(points["radius"]).all())
    assert int(points["ends"].sel(end="fixed").min()) > 0


def test_uniform_choices_fed_back_are_half_of_each_action(draw_population: Any) -> None:
    population = draw_population(core="gru", **TWO_ARMS)
    for name in ("head_weight", "head_bias"):
        population.weights[name] = torch.zeros_like(population.weights[name])
    state = random_states(population)
    received = torch.tensor([0.5, 0.5, 0.45, 0.3], dtype=torch.float64)
    torch.testing.assert_close(LOOP(StepMap(population, LOOP).population, (state,))[1, 2], received)


def test_time_constants() -> None:
    values = np.array([0.5, -0.5, 0.9j, 1.0, np.exp(0.1), 0.0], complex)
    np.testing.assert_allclose(time_constant(values), [1 / np.log(2)] * 2 + [-1 / np.log(0.9), np.inf, -10, 0])


def test_a_mode_that_no_unit_shows_is_passed_over() -> None:
    """The second half of the state is not seen; what stays there is not the slow direction."""
    found = modes(np.diag([0.3, 0.8, 1.0, 0.1])[None], units=2)
    np.testing.assert_allclose(found.eigenvalue[0], [1, 0.8, 0.3, 0.1])
    np.testing.assert_allclose(found.shown[0], [0, 1, 1, 0])
    np.testing.assert_allclose(np.abs(found.slow_direction[0]), [0, 1])
    nothing = modes(np.diag([0.0, 1.0])[None], units=1)
    assert nothing.slow_direction.shape == (1, 1)


def test_the_search_finds_the_minimum_of_a_straight_line_of_equations() -> None:
    """Two equations that contradict each other: least squares, not a root."""
    slope = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    target = torch.tensor([1.0, 3.0], dtype=torch.float64)
    found = minimise(
        lambda rows: rows @ slope.T - target,
        lambda rows: slope.repeat(len(rows), 1, 1),
        torch.zeros(3, 2, dtype=torch.float64),
        100,
    )
    torch.testing.assert_close(found.position[:, 0], torch.full((3,), 2.0).double())
    torch.testing.assert_close(found.residual, torch.full((3,), 2**0.5).double())
    assert bool(found.flat.all())


def test_axes_of_heads_and_of_a_variable(draw_population: Any) -> None:
    population = draw_population(core="gru", **TWO_ARMS)
    weight = population.weights["head_weight"].numpy()
    np.testing.assert_allclose(
        critic_axis(population), weight[..., 2] / np.linalg.norm(weight[..., 2], axis=1)[:, None]
    )
    contrast = weight[..., 0] - weight[..., 1]
    expected = contrast / np.linalg.norm(contrast, axis=1)[:, None]
    np.testing.assert_allclose(policy_axis(population, 0), expected, rtol=1e-5)
    recording = recording_of(population, 40, 20)
    along = np.array([0.6, 0.0, -0.8, 0.0, 0.0])
    recording["hidden"] = recording["hidden"] + 5 * recording["value"] * xr.DataArray(along, dims="unit")
    np.testing.assert_allclose(encoding_axis(recording, "value"), np.tile(along, (2, 1)), atol=0.02)


def test_a_subject_without_points_has_no_attractor(draw_population: Any) -> None:
    population = draw_population(core="vanilla", **TWO_ARMS)
    recording = recording_of(population)
    points = find_fixed_points(population, REWARDED, recording)
    points["kind"][1] = ""
    line = line_attractor(points, recording, critic_axis(population), random_axes=10)
    assert int(line["points"][1]) == 0
    assert bool(np.isnan(line["mode_alignment"][1]))
    assert bool(np.isfinite(line["mode_alignment"][0]))
    table = attractor_table({"trained": line, "untrained": line})
    assert table[["network", "subject"]].to_numpy().tolist() == [
        ["trained", 0], ["trained", 1], ["untrained", 0], ["untrained", 1]
    ]  # fmt: skip


def test_what_does_not_fit_is_refused(draw_population: Any) -> None:
    population = draw_population(core="lstm", **TWO_ARMS)
    recording = recording_of(population)
    with pytest.raises(ConfigurationError, match="no 'cell'"):
        find_fixed_points(population, REWARDED, recording.drop_vars("cell"))
    with pytest.raises(ConfigurationError, match=r"subjects \[0\]"):
        find_fixed_points(population, REWARDED, recording.isel(subject=[0]))
    with pytest.raises(ConfigurationError, match="starts is 0"):
        find_fixed_points(population, REWARDED, recording, starts=0)
    with pytest.raises(ConfigurationError, match="actions 0 to 1"):
        find_fixed_points(population, ConstantInput(action=2), recording)
    with pytest.raises(ConfigurationError, match="3 values for 2 actions"):
        find_fixed_points(population, ClosedLoop((0.5, 0.5, 0.5)), recording)
    with pytest.raises(ConfigurationError, match="has 5 channels"):
        find_fixed_points(population, ConstantInput(observation=(1.0,)), recording)
    separate = draw_population(core="lstm", critic="separate", reward_signal="error", **TWO_ARMS)
    with pytest.raises(ConfigurationError, match="closed loop"):
        find_fixed_points(separate, LOOP, recording)


def test_the_plane_is_that_of_the_states_that_took_place(draw_population: Any) -> None:
    population = draw_population(core="vanilla", **TWO_ARMS)
    recording = recording_of(population)
    points = find_fixed_points(population, REWARDED, recording).isel(subject=0)
    axis = critic_axis(population).isel(subject=0)
    own = recording.isel(subject=0).transpose("episode", "step", ...)
    lasted = xr.DataArray(np.arange(5) <= np.arange(6)[:, None], dims=("episode", "step"))
    ended = own.assign(valid=lasted, hidden=own["hidden"].where(lasted, 9.0))
    plane = state_plane(ended, "value", points, axis)
    states = own["hidden"].values[lasted.values]
    expected = PCA(2).fit(states)
    assert len(plane["states"]) == len(states) < lasted.size
    spread = plane["states"][["pc1", "pc2"]].var(ddof=1)
    np.testing.assert_allclose(spread, expected.explained_variance_, rtol=1e-4)
    np.testing.assert_allclose(plane["axis"][["pc1", "pc2"]], 0, atol=1e-6)


def test_the_figures_show_each_kind_of_point(draw_population: Any) -> None:
    mpl.use("agg")
    from matplotlib import pyplot as plt

    population = draw_population(core="vanilla", **TWO_ARMS)
    recording = recording_of(population)
    points = find_fixed_points(population, REWARDED, recording)
    points["kind"][0, 0] = "fixed"
    plane = state_plane(
        recording.isel(subject=0), "value", points.isel(subject=0), critic_axis(population).isel(subject=0)
    )
    assert len(plane["states"]) == 30
    assert len(plane["points"]) == int((points["kind"][0] != "").sum())
    # An axis of length 1 is no longer than 1 in any plane.
    assert np.hypot(plane["axis"]["dx"], plane["axis"]["dy"]).item() <= 1 + 1e-9
    figure, (left, right) = plt.subplots(1, 2)
    draw_fixed_points(left, plane, "value", "value")
    draw_eigenvalues(right, points.isel(subject=0))
    labels = {text.get_text() for text in left.get_legend().get_texts()}
    assert {"value axis", "slowest mode"} <= labels
    assert {f"{look} point" for look in plane["points"]["look"]} <= labels
    plt.close(figure)

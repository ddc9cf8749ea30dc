"""Analyses of inferred value, against trials and states made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.inferred_value import (
    OUTCOME,
    cues,
    decoded_side,
    decoding_accuracy,
    exchanged,
    ideal_errors,
    kinds,
    mean_errors,
    states_at,
    trials,
)

AXES = ("subject", "episode", "trial")
LEFT, RIGHT, CENTRE = 0, 1, 2
EPISODES, COUNT, UNITS = 120, 12, 6


@pytest.fixture
def recording() -> xr.Dataset:
    """Two trials of three steps, a reversal between them; the second target is the other one."""
    axes = ("subject", "episode", "step")
    fixation, left, right, anything = [0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 1, 1]
    per_step: dict[str, list[Any]] = {
        "phase": [0, 1, 2, 0, 1, 2],
        "choice": [CENTRE, LEFT, RIGHT, CENTRE, RIGHT, LEFT],
        "target": [LEFT] * 3 + [RIGHT] * 3,
        "rewarded_side": [LEFT] * 3 + [RIGHT] * 3,
        "reversal_trial": [1] * 6,
        "believed_right": [0.5, 0.5, 0.0, 0.25, 0.25, 1.0],
        "reward": [0.0, 1.0, 0.0, 0.0, 1.0, 0.0],
        "value": [0.1, 0.2, 0.4, 0.8, 1.6, 3.2],
        "valid": [True] * 6,
    }
    data: dict[str, Any] = {name: (axes, np.array([[values]])) for name, values in per_step.items()}
    wanted = np.array([fixation, left, anything, fixation, right, anything], dtype=bool)
    data["allowed"] = ((*axes, "action"), wanted[None, None])
    data["hidden"] = ((*axes, "unit"), np.arange(12.0).reshape(1, 1, 6, 2))
    return xr.Dataset(data, coords={"subject": [7]})


def test_trials_are_read_from_their_steps(recording: xr.Dataset) -> None:
    table = trials(recording, discount=0.5).to_dataframe().reset_index()
    assert table["subject"].tolist() == [7, 7]
    assert table["target"].tolist() == table["rewarded_side"].tolist() == [LEFT, RIGHT]
    assert table["reward"].tolist() == [1, 1]
    assert table["believed_pay"].tolist() == [0.5, 0.25]
    assert table["since_reversal"].tolist() == [-1, 0]
    assert table["valid"].tolist() == [True, True]
    assert table["kind"].tolist() == ["before reversal", "reversal"]
    assert table["cue"].tolist() == ["rewarded before", "rewarded after"]


def test_each_error_is_about_what_arrives(recording: xr.Dataset) -> None:
    table = trials(recording, discount=0.5).isel(subject=0, episode=0)
    np.testing.assert_allclose(table["rpe_fixation"], [np.nan, 0.5 * 0.8 - 0.4])
    np.testing.assert_allclose(table["rpe_stimulus"], [0.5 * 0.2 - 0.1, 0.5 * 1.6 - 0.8])
    np.testing.assert_allclose(table["rpe_saccade"], [1 + 0.5 * 0.4 - 0.2, 1 + 0.5 * 3.2 - 1.6])


@pytest.mark.parametrize(
    ("step", "valid"), [(0, [False, False]), (1, [False, False]), (2, [True, True]), (4, [True, False])]
)
def test_a_wrong_response_spoils_its_trial_and_the_next(recording: xr.Dataset, step: int, valid: list[bool]) -> None:
    recording["choice"][0, 0, step] = CENTRE if step else LEFT
    assert trials(recording)["valid"].values.ravel().tolist() == valid


def test_states_are_those_of_their_phase(recording: xr.Dataset) -> None:
    state = states_at(recording, OUTCOME)
    assert state.dims == (*AXES, "unit")
    assert state.values.ravel().tolist() == [4, 5, 10, 11]


def test_without_outcome_step_the_fixation_brings_the_last_outcome(recording: xr.Dataset) -> None:
    table = trials(recording.isel(step=[0, 1, 3, 4]), discount=0.5).isel(subject=0, episode=0)
    assert float(table["rpe_fixation"][1]) == pytest.approx(float(table["rpe_saccade"][0])) == 1 + 0.5 * 0.8 - 0.2


def by_hand(target: list[list[int]], reversal: list[int], error: list[list[float]], valid: bool = True) -> xr.Dataset:
    """Trials of one subject, left paying first; the error is that of every event."""
    since = np.arange(len(target[0])) - np.array(reversal)[:, None]
    side = (since >= 0).astype(int)
    columns = {"target": target, "since_reversal": since, "rewarded_side": side, "valid": np.full(side.shape, valid)}
    columns |= {f"rpe_{event}": error for event in ("fixation", "stimulus", "saccade")}
    table = xr.Dataset({name: (AXES, np.array([values])) for name, values in columns.items()}, coords={"subject": [0]})
    return table.assign(kind=kinds(table), cue=cues(table))


def test_the_kinds_of_trial_around_a_reversal() -> None:
    table = by_hand([[0, 1, 1, 0, 1], [0, 0, 1, 1, 0]], [2, 2], [[0.0] * 5] * 2)
    assert table["kind"].values[0].tolist() == [
        ["", "before reversal", "reversal", "inferred change", ""],
        ["", "before reversal", "reversal", "experienced change", ""],
    ]
    rewarded = ["before", "after", "after", "before", "after"]
    assert table["cue"].values[0, 0].tolist() == [f"rewarded {when}" for when in rewarded]


def test_mean_errors_are_those_by_hand() -> None:
    table = by_hand([[0, 0, 0, 1], [0, 0, 1, 0], [1, 1, 1, 0]], [2, 2, 2], [[0, 1, 2, 3], [0, 5, 6, 7], [0, 9, 10, 12]])
    errors = mean_errors(table).isel(subject=0).sel(event="stimulus")
    assert errors.sel(cue="rewarded before").values.tolist() == pytest.approx([3, 2, np.nan, 9.5], nan_ok=True)
    assert errors.sel(cue="rewarded after").values.tolist() == pytest.approx([9, 8, np.nan, 3], nan_ok=True)
    assert bool(mean_errors(table.assign(valid=~table["valid"])).isnull().all())


def test_the_ideal_errors_by_hand() -> None:
    table = xr.Dataset({"reward": (AXES, [[[1.0, 0.0]]]), "believed_pay": (AXES, [[[0.75, 0.25]]])})
    errors = ideal_errors(table, discount=0.8)
    assert errors["rpe_fixation"].values.ravel().tolist() == [0, 0]
    np.testing.assert_allclose(errors["rpe_stimulus"].values.ravel(), [0.2, -0.2])
    np.testing.assert_allclose(errors["rpe_saccade"].values.ravel(), [0.25, -0.25])


@pytest.fixture(scope="module")
def world() -> xr.Dataset:
    """Random targets, and a side that changes once an episode."""
    generator = np.random.default_rng(0)
    shape = (2, EPISODES, COUNT)
    since = np.arange(COUNT) - generator.integers(3, 9, shape[:2])[..., None]
    side = np.where(since >= 0, 1, 0) ^ generator.integers(2, size=shape[:2])[..., None]
    columns = {"since_reversal": since, "rewarded_side": side, "target": generator.integers(2, size=shape)}
    columns["valid"] = np.ones(shape, dtype=bool)
    return xr.Dataset({name: (AXES, values) for name, values in columns.items()}, coords={"subject": [0, 1]})


def states(code: np.ndarray) -> xr.DataArray:
    """Noisy units whose means are the code of each trial, turned in a random direction."""
    generator = np.random.default_rng(1)
    turn = np.linalg.qr(generator.normal(size=(UNITS, UNITS)))[0]
    padded = np.concatenate([code, np.zeros((*code.shape[:-1], UNITS - code.shape[-1]))], axis=-1)
    return xr.DataArray((padded + 0.1 * generator.normal(size=padded.shape)) @ turn, dims=(*AXES, "unit"))


def last_known(world: xr.Dataset) -> np.ndarray:
    """The side that paid on the trial before: all that can be known at fixation."""
    return world["rewarded_side"].shift(trial=1, fill_value=0).values


def accuracy(world: xr.Dataset, code: np.ndarray, across: bool = False) -> np.ndarray:
    decoded = decoded_side(world, states(code), across_targets=across)
    return decoding_accuracy(world, decoded, range(-2, 3)).transpose("subject", "since_reversal").values


@pytest.mark.parametrize("across", [False, True])
def test_a_state_that_follows_the_last_outcome_is_wrong_on_the_reversal_trial_only(
    world: xr.Dataset, across: bool
) -> None:
    found = accuracy(world, last_known(world)[..., None].astype(float), across)
    np.testing.assert_allclose(found, [[1, 1, 0, 1, 1]] * 2, atol=0.02)


def test_states_without_the_side_are_read_at_chance(world: xr.Dataset) -> None:
    found = accuracy(world, np.zeros((2, EPISODES, COUNT, 1)))
    assert np.all(abs(found - 0.5) < 0.2)
    assert abs(found.mean() - 0.5) < 0.06


def test_an_echo_of_target_and_reward_is_not_read_across_targets(world: xr.Dataset) -> None:
    """Which of four things happened last tells the side, but not along one axis for both targets."""
    last_target = world["target"].shift(trial=1, fill_value=0).values
    happened = np.eye(4)[2 * last_target + (last_target == last_known(world))]
    assert accuracy(world, happened)[:, [0, 1, 3, 4]].min() > 0.95
    assert accuracy(world, happened, across=True)[:, [0, 1, 3, 4]].max() < 0.8


def test_each_episode_is_read_along_an_axis_of_others(world: xr.Dataset) -> None:
    """States with a mark of their own in each episode would be read perfectly by an axis fitted on themselves."""
    few = world.isel(episode=slice(None, 30))
    marks = np.tile(np.eye(30)[None, :, None], (2, 1, COUNT, 1))
    own = marks * np.where(few["rewarded_side"].values == 1, 1.0, -1.0)[..., None]
    decoded = decoded_side(few, xr.DataArray(own, dims=(*AXES, "unit")), folds=30)
    assert abs(float((decoded == few["rewarded_side"]).mean()) - 0.5) < 0.1


def test_the_null_keeps_the_course_of_each_episode_and_is_read_at_chance(world: xr.Dataset) -> None:
    null = exchanged(world, seed=0)
    difference = (null["rewarded_side"] != world["rewarded_side"]).values
    assert np.all(difference == difference[..., :1])
    assert 0.4 < difference[..., 0].mean() < 0.6
    found = accuracy(null, last_known(world)[..., None].astype(float))
    assert abs(found.mean() - 0.5) < 0.1


def test_what_cannot_be_fitted_is_not_read(world: xr.Dataset) -> None:
    none = world.assign(valid=~world["valid"])
    state = states(np.zeros((2, EPISODES, COUNT, 1)))
    assert bool((decoded_side(none, state) == -1).all())
    assert bool(decoding_accuracy(none, decoded_side(none, state), range(2)).isnull().all())
    # Nothing came before the first trial.
    first = decoded_side(world, state, across_targets=True).isel(trial=0)
    assert bool((first == -1).all())

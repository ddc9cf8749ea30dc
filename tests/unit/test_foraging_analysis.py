"""Analyses of baited foraging, against counts and sequences made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.foraging import (
    STIMULUS,
    lagged_weights,
    matching,
    matching_slope,
    states_at_fixation,
    trials,
)
from pfc_metarl.recording.trials import reward_per_trial

AXES = ("subject", "episode", "trial")
LEFT, RIGHT, CENTRE = 0, 1, 2


def by_hand(choice: list[list[int]], reward: list[list[float]], held_out: list[bool] | None = None) -> xr.Dataset:
    """One subject; a list per episode."""
    choices = np.array([choice])
    data: dict[str, Any] = {
        "choice": (AXES, choices),
        "reward": (AXES, np.array([reward])),
        "valid": (AXES, choices != CENTRE),
        "held_out": (AXES[:2], np.array([held_out or [False] * len(choice)])),
    }
    return xr.Dataset(data, coords={"subject": [0]})


@pytest.fixture
def recording() -> xr.Dataset:
    """Four trials; in the third the response to the stimulus is neither left nor right."""
    axes = ("subject", "episode", "step")
    per_step: dict[str, list[Any]] = {
        "phase": [0, 1] * 4,
        "choice": [CENTRE, LEFT, CENTRE, RIGHT, LEFT, CENTRE, CENTRE, RIGHT],
        "reward": [0.0, 1.0, 0.0, 0.0, -1.0, -1.0, 0.0, 1.0],
        "value": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        "held_out": [True] * 8,
        "valid": [True] * 8,
    }
    data: dict[str, Any] = {name: (axes, np.array([[values]])) for name, values in per_step.items()}
    data["observation"] = ((*axes, "feature"), np.ones((1, 1, 8, 2)))
    data["hidden"] = ((*axes, "unit"), np.arange(16.0).reshape(1, 1, 8, 2))
    return xr.Dataset(data, coords={"subject": [7]})


def test_a_response_where_nothing_is_shown_is_no_choice(recording: xr.Dataset) -> None:
    recording["observation"][0, 0, 3] = 0
    assert trials(recording)["valid"].values.ravel().tolist() == [True, False, False, True]


def test_trials_are_read_from_their_steps(recording: xr.Dataset) -> None:
    table = trials(recording).isel(subject=0, episode=0)
    assert table["choice"].values.tolist() == [LEFT, RIGHT, CENTRE, RIGHT]
    assert table["reward"].values.tolist() == [1, 0, -1, 1]
    assert table["valid"].values.tolist() == [True, True, False, True]
    assert bool(table["held_out"])
    assert set(trials(recording).to_dataframe().columns) == {"choice", "reward", "valid", "held_out"}


def test_a_response_after_an_episodes_end_is_no_choice(recording: xr.Dataset) -> None:
    """The episode has two of the four trials; a choice of the third would have been paid."""
    recording["choice"][0, 0, 5] = RIGHT
    recording["valid"][0, 0, 4:] = False
    assert trials(recording)["valid"].values.ravel().tolist() == [True, True, False, False]
    _, variables = states_at_fixation(recording)
    expected = {"last_action": -1, "last_reward": 1, "interaction": -1, "value": 0.3, "upcoming_action": 1}
    for name, value in expected.items():
        np.testing.assert_array_equal(variables[name].values.ravel(), [value, np.nan, np.nan], err_msg=name)


def test_reward_per_trial_counts_the_trials_that_took_place(recording: xr.Dataset) -> None:
    recording["valid"][0, 0, 4:] = False
    assert reward_per_trial(recording, STIMULUS).values.tolist() == [(1 + 0) / 2]


def test_every_reward_and_cost_counts(recording: xr.Dataset) -> None:
    assert reward_per_trial(recording, STIMULUS).values.tolist() == [0.0]


def test_states_are_taken_at_fixation_with_what_came_before_and_comes_next(recording: xr.Dataset) -> None:
    states, variables = states_at_fixation(recording)
    assert states.isel(subject=0, episode=0).values.tolist() == [[4, 5], [8, 9], [12, 13]]
    own = variables.isel(subject=0, episode=0)
    nan = np.nan
    np.testing.assert_array_equal(own["last_action"], [-1, 1, nan])
    np.testing.assert_array_equal(own["last_reward"], [1, -1, -1])
    np.testing.assert_array_equal(own["interaction"], [-1, -1, nan])
    np.testing.assert_array_equal(own["value"], [0.3, 0.5, 0.7])
    np.testing.assert_array_equal(own["upcoming_action"], [1, nan, 1])


def test_ratios_are_those_counted_by_hand() -> None:
    right_heavy = ([1, 1, 1, 1, 0, 1, 1, 1, 1, 0], [1, 1, 0, 1, 0, 0, 1, 0, 0, 1])
    never_paid_left = ([1, 0, 1, 0, 1, 0, 1, 0, 1, 0], [1, 0] * 5)
    with_a_pass = ([0, 0, 2, 1, 0, 0, 2, 0, 0, 0], [1, 1, -1, 1, 0, 0, -1, 0, 0, 0])
    episodes = [right_heavy, never_paid_left, with_a_pass]
    ratios = matching(by_hand([choice for choice, _ in episodes], [reward for _, reward in episodes])).isel(subject=0)
    np.testing.assert_allclose(ratios["log_choice_ratio"], [np.log2(8 / 2), np.nan, np.log2(1 / 7)])
    np.testing.assert_allclose(ratios["log_reward_ratio"], [np.log2(4 / 1), np.nan, np.log2(1 / 2)])


def test_responses_that_are_no_choices_are_not_counted() -> None:
    table = by_hand([[0, 0, 1, 1, 1]], [[1, 0, 1, 1, 1]])
    table["valid"][0, 0, 3:] = False
    ratios = matching(table)
    assert ratios["log_choice_ratio"].values.tolist() == [[np.log2(1 / 2)]]
    assert ratios["log_reward_ratio"].values.tolist() == [[np.log2(1 / 1)]]


def test_the_slope_is_that_of_least_squares() -> None:
    generator = np.random.default_rng(0)
    across = generator.normal(size=(2, 50))
    up = np.array([[0.8], [0.4]]) * across + 0.3 + 0.1 * generator.normal(size=(2, 50))
    across[0, 3] = up[0, 3] = np.nan
    ratios = xr.Dataset({name: (AXES[:2], v) for name, v in (("log_reward_ratio", across), ("log_choice_ratio", up))})
    expected = [np.polyfit(x[np.isfinite(x)], y[np.isfinite(y)], 1)[0] for x, y in zip(across, up, strict=True)]
    np.testing.assert_allclose(matching_slope(ratios), expected)


def test_held_out_episodes_have_a_slope_of_their_own() -> None:
    ratios = xr.Dataset(
        {
            "log_reward_ratio": (AXES[:2], np.array([[-1.0, 1.0, -2.0, 2.0]])),
            "log_choice_ratio": (AXES[:2], np.array([[-1.0, 1.0, -1.0, 1.0]])),
            "held_out": (AXES[:2], np.array([[False, False, True, True]])),
        }
    )
    assert float(matching_slope(ratios.where(ratios["held_out"]))[0]) == pytest.approx(0.5)
    assert float(matching_slope(ratios.where(~ratios["held_out"]))[0]) == pytest.approx(1.0)


def simulated(reward_weight: list[float], choice_weight: list[float], episodes: int = 400) -> xr.Dataset:
    """Choices drawn from known weights; a tenth of the trials has no choice, half of the others pay."""
    generator = np.random.default_rng(1)
    shape, count = (1, episodes), 100
    side, paid = np.zeros((*shape, count)), np.zeros((*shape, count))
    for trial in range(count):
        drive = np.full(shape, 0.2)
        for lag in range(1, min(trial, len(reward_weight)) + 1):
            past = (..., trial - lag)
            drive += side[past] * (reward_weight[lag - 1] * paid[past] + choice_weight[lag - 1])
        drawn = np.where(generator.random(shape) < 1 / (1 + np.exp(-drive)), 1, -1)
        side[..., trial] = np.where(generator.random(shape) < 0.9, drawn, 0)
        paid[..., trial] = generator.random(shape) < 0.5
    choice = np.where(side == 0, CENTRE, np.where(side > 0, RIGHT, LEFT))
    reward = np.where(side == 0, -1.0, paid)
    columns = {"choice": choice, "reward": reward, "valid": side != 0}
    return xr.Dataset({name: (AXES, v) for name, v in columns.items()}, coords={"subject": [0]})


def test_the_regression_finds_planted_weights() -> None:
    rewards, choices = [1.0, 0.6, 0.3], [-1.0, 0.0, 0.4]
    weight = lagged_weights(simulated(rewards, choices), lags=15).isel(subject=0)
    assert weight.sizes == {"event": 2, "lag": 15}
    rest = [0.0] * 12
    np.testing.assert_allclose(weight.sel(event="reward"), rewards + rest, atol=0.1)
    np.testing.assert_allclose(weight.sel(event="choice"), choices + rest, atol=0.08)


def test_choices_that_follow_nothing_have_no_weights() -> None:
    assert float(abs(lagged_weights(simulated([0.0], [0.0]))).max()) < 0.1


def test_a_subject_that_never_varies_has_no_weights() -> None:
    assert bool(lagged_weights(by_hand([[1] * 20], [[0, 1] * 10])).isnull().all())

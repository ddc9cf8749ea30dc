"""Visits counted and compared by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.maze import (
    at_visit_starts,
    goal_from_start,
    steps_to_goal,
    visit_means,
    visit_medians,
)

# One row per episode; the goal is reached at the steps with a 1.
REWARD = np.array(
    [
        [0, 0, 0, 1, 0, 1, 1, 0],
        [0, 1, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 1, 0, 0, 0, 0, 1],
    ]
)


@pytest.fixture
def recording() -> xr.Dataset:
    visit = np.cumsum(REWARD, axis=1) - REWARD
    axes = ("subject", "episode", "step")
    hidden = np.arange(REWARD.size, dtype=float).reshape(1, *REWARD.shape, 1)
    return xr.Dataset(
        {
            "reward": (axes, REWARD[None].astype(float)),
            "trial": (axes, visit[None]),
            "valid": (axes, np.ones_like(REWARD[None], bool)),
            "hidden": ((*axes, "unit"), hidden),
        },
        coords={"subject": [4]},
    )


def test_steps_are_counted_up_to_the_goal(recording: xr.Dataset) -> None:
    steps = steps_to_goal(recording, 4)
    assert steps.dims == ("subject", "episode", "trial")
    assert steps["trial"].values.tolist() == [1, 2, 3, 4]
    nan = np.nan
    expected = [[4, 2, 1, nan], [2, 5, nan, nan], [nan] * 4, [1, 2, 5, nan]]
    np.testing.assert_array_equal(steps.values[0], expected)


def test_means_compare_visits_in_the_same_episodes(recording: xr.Dataset) -> None:
    means = visit_means(steps_to_goal(recording, 3))
    np.testing.assert_allclose(means.values, [[2.5, 2, 3]])
    assert np.isnan(visit_means(steps_to_goal(recording, 4))).all()


def test_medians_count_a_visit_that_was_not_made_as_the_longest(recording: xr.Dataset) -> None:
    medians = visit_medians(steps_to_goal(recording, 3), longest=8)
    np.testing.assert_allclose(medians.values, [[3, 3.5, 6.5]])


def test_a_visit_begins_when_the_last_one_has_ended(recording: xr.Dataset) -> None:
    rows = at_visit_starts(recording, 3)
    assert rows["hidden"].transpose("subject", "episode", "trial", "unit").shape == (1, 4, 3, 1)
    nan = np.nan
    # The first row, and those that follow a goal; the third episode never gets there.
    expected = [[0, 4, 6], [8, 10, 15], [16, nan, nan], [24, 25, 27]]
    np.testing.assert_array_equal(rows["hidden"].transpose("subject", "episode", "trial", "unit")[0, ..., 0], expected)


def test_the_goal_is_seen_from_the_start() -> None:
    places = xr.Dataset({"goal": ("episode", [0.0, 24.0, 7.0, np.nan]), "start": ("episode", [6.0, 20.0, 13.0, 3.0])})
    away = goal_from_start(places, 5)
    np.testing.assert_array_equal(away["down"], [-1, 0, -1, np.nan])
    np.testing.assert_array_equal(away["right"], [-1, 4, -1, np.nan])

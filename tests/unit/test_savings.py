"""Savings and likeness, on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.analysis.savings import likeness, mean_by, savings

TRIAL = ("subject", "episode", "step")

# Of four arms: 0 1 2 3, 0 1 3 2, and 0 3 2 1, the first one backwards.
SUCCESSOR = np.array([[1, 2, 3, 0], [1, 3, 0, 2], [3, 0, 1, 2]])


def recording(regret: list[list[float]]) -> xr.Dataset:
    return xr.Dataset({"regret": (TRIAL, np.array([regret]))}, coords={"subject": [7]})


def task(order: list[int], good_arm: list[int]) -> xr.Dataset:
    axes = ("subject", "episode")
    return xr.Dataset({"order": (axes, np.array([order])), "good_arm": (axes, np.array([good_arm]))})


def test_savings_add_up_what_recall_spares() -> None:
    found = savings(recording([[0.9, 0.9, 0.0], [0.0, 0.9, 0.0]]), recording([[0.0, 0.9, 0.0], [0.9, 0.0, 0.9]]))
    assert found.dims == ("subject", "episode", "trial")
    assert found["trial"].values.tolist() == [1, 2, 3]
    assert found["subject"].values.tolist() == [7]
    np.testing.assert_allclose(found.values[0], [[0.9, 0.9, 0.9], [-0.9, 0.0, -0.9]])


def test_likeness_counts_shared_hand_overs_and_those_that_lead_to_the_other_arm() -> None:
    stored = task([0, 0, 0, 1, 1], [0, 0, 3, 1, 2])
    begun = task([0, 1, 2, 0, 1], [0, 2, 1, 2, 1])
    found = likeness(stored, begun, SUCCESSOR)
    # 0 1 2 3 and 0 1 3 2 both lead from 0 to 1, and nothing else; backwards nothing is the same.
    assert found["shared"].values.tolist() == [[4, 1, 0, 1, 4]]
    # In the stored order: 0 to 0; 0 1 2; 3 0 1; 1 3 2; 2 0 1.
    assert found["ahead"].values.tolist() == [[0, 2, 2, 2, 2]]


def test_fewer_stored_tasks_are_used_again_from_the_first() -> None:
    found = likeness(task([0, 2], [1, 1]), task([0, 0, 0], [1, 1, 2]), SUCCESSOR)
    assert found["shared"].values.tolist() == [[4, 0, 4]]
    assert found["ahead"].values.tolist() == [[0, 0, 1]]


def test_the_mean_of_a_group_is_over_its_own_episodes() -> None:
    axes = ("subject", "episode")
    values = xr.DataArray(np.array([[1.0, 2.0, 6.0], [3.0, 5.0, 8.0]]), dims=axes)
    groups = xr.DataArray(np.array([["how", "what", "how"], ["what", "what", "what"]]), dims=axes)
    found = mean_by(values, groups)
    assert found["group"].values.tolist() == ["how", "what"]
    np.testing.assert_allclose(found.transpose("subject", "group"), [[3.5, 2.0], [np.nan, 16 / 3]])

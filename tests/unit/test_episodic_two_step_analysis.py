"""Trials of the episodic two-step task, and the pairs that cues make, against ones counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.agents.reference.episodic_two_step import EpisodicTwoStepAgent
from pfc_metarl.analysis.episodic_two_step import called_back, part, trials
from pfc_metarl.analysis.two_step import staying
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepConfiguration

AXES = ("subject", "episode", "trial")


@pytest.fixture(scope="module")
def recording() -> xr.Dataset:
    task = EpisodicTwoStep(EpisodicTwoStepConfiguration(trials=12, bits=4))
    return record(EpisodicTwoStepAgent(task, 2), task, 8, seed=3)


def test_a_trial_has_what_was_done_reached_and_earned(recording: xr.Dataset) -> None:
    table = trials(recording)
    first, second = recording.isel(step=slice(0, None, 2)), recording.isel(step=slice(1, None, 2))
    np.testing.assert_array_equal(table["choice"], first["choice"])
    np.testing.assert_array_equal(table["state"], second["second_state"])
    np.testing.assert_array_equal(table["common"], second["second_state"].values == first["choice"].values)
    # The reward is received with all else that stage 2 shows.
    np.testing.assert_array_equal(table["reward"], second["previous_reward"])
    assert float(table["reward"].sum()) > 0
    assert table["cued"].values.tolist() == [False] * 6 + [True] * 6
    assert (part(table, cued=False).sizes["trial"], part(table, cued=True).sizes["trial"]) == (6, 6)


def test_each_cued_trial_stands_behind_the_one_it_calls_back(recording: xr.Dataset) -> None:
    table = trials(recording)
    pairs = called_back(table)
    assert pairs.sizes["trial"] == 18
    trial = recording["remembered_trial"].values[..., 12::2]
    for name in ("choice", "common", "reward"):
        earlier = np.take_along_axis(table[name].values, trial, axis=-1)
        np.testing.assert_array_equal(pairs[name].values[..., 0::3], earlier)
        np.testing.assert_array_equal(pairs[name].values[..., 1::3], table[name].values[..., 6:])
    np.testing.assert_array_equal(pairs["valid"].values[0, 0], [True, True, False] * 6)


def test_staying_with_the_trial_called_back_is_the_one_counted_by_hand() -> None:
    # Two cued trials call back a paid and a failed common left; the first stays with it, the second leaves it; a third
    # calls back a paid uncommon left and a fourth a failed uncommon right: it leaves, it stays.
    called = {"choice": [0, 0, 0, 1], "state": [0, 0, 1, 0], "reward": [1, 0, 1, 0]}
    columns = {
        "choice": np.array([0, 1, 1, 1]),
        "common": np.ones(4, bool),
        "reward": np.zeros(4),
        "valid": np.ones(4, bool),
        **{f"called_{name}": np.array(values) for name, values in called.items()},
    }
    table = xr.Dataset(
        {name: (AXES, values[None, None]) for name, values in columns.items()},
        coords={"subject": [0], "cued": ("trial", np.ones(4, bool))},
    )
    found = staying(called_back(table))
    np.testing.assert_array_equal(found["stay"].values[0], [[1, 0], [0, 1]])
    assert float(found["interaction"][0]) == 2

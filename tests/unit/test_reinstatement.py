"""When the gate opens, what was recalled first, and what each exposure brought, on recordings made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.recurrence import at_exposure, by_exposure
from pfc_metarl.analysis.reinstatement import first_recalled, gate_opening, recalling
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.probe.memory import recalled_content

AXES = ("subject", "episode", "step")


def made(recalled: Any, **variables: Any) -> xr.Dataset:
    """A recording of one unit; what is recalled is given over ``subject episode step``."""
    there = np.array(recalled, dtype=float)
    given = {name: (AXES, np.array(values)) for name, values in variables.items()}
    return xr.Dataset(
        {
            "recalled": ((*AXES, "unit"), np.stack([there, 0 * there], axis=-1)),
            "valid": (AXES, np.ones(there.shape, bool)),
            **given,
        },
        coords={"subject": range(len(there))},
    )


def test_the_gate_is_averaged_apart_where_something_is_recalled_and_where_not() -> None:
    recording = made([[[0, 0, 0], [0, 5, 5], [0, 5, 0]]])
    gate = np.array([[[[0.2, 0.4], [0.1, 0.1], [0.3, 0.3]], [[0.6, 0.6], [0.7, 0.9], [0.2, 0.2]]]])
    gate = np.concatenate([gate, [[[[1.0, 1.0], [0.4, 0.6], [0.5, 0.7]]]]], axis=1)
    opening = gate_opening(recording.assign(reinstatement=((*AXES, "unit"), gate)))
    assert opening.dims == ("subject", "recalled", "step")
    np.testing.assert_allclose(opening.sel(recalled=True)[0], [np.nan, (0.8 + 0.5) / 2, 0.2])
    np.testing.assert_allclose(opening.sel(recalled=False)[0], [(0.3 + 0.6 + 1.0) / 3, 0.1, (0.3 + 0.6) / 2])


def test_steps_after_the_end_recall_nothing() -> None:
    recording = made([[[5, 5]]])
    recording["valid"][0, 0, 1] = False
    assert recalling(recording).values.tolist() == [[[True, False]]]
    opening = gate_opening(recording.assign(reinstatement=((*AXES, "unit"), np.ones((1, 1, 2, 2)))))
    np.testing.assert_array_equal(opening[0], [[1, np.nan], [np.nan, np.nan]])


def test_each_episode_is_taken_at_its_first_recall() -> None:
    recording = made([[[0, 3, 4], [7, 0, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 2], [6, 6, 6]]])
    found = first_recalled(recording.assign(count=(AXES, np.arange(18).reshape(2, 3, 3))))
    assert dict(found.sizes) == {"subject": 2, "episode": 2, "step": 1, "unit": 2}
    assert found["recalled"].isel(unit=0, step=0).values.tolist() == [[3, 7], [1, 2]]
    assert found["count"].isel(step=0).values.tolist() == [[1, 3], [9, 14]]


def test_exposures_are_found_subject_by_subject() -> None:
    exposure = [[[1, 1], [2, 2], [1, 1], [2, 2]], [[1, 1], [1, 1], [2, 2], [2, 2]]]
    reward = [[[1, 3], [5, 7], [9, 11], [13, 15]], [[2, 4], [6, 8], [10, 12], [14, 16]]]
    recording = made(np.zeros((2, 4, 2)), exposure=exposure, reward=reward)
    second = at_exposure(recording, 2)
    assert second["reward"].values.tolist() == [[[5, 7], [13, 15]], [[10, 12], [14, 16]]]
    found = by_exposure(recording, recording["reward"])
    assert found.dims == ("subject", "exposure", "step")
    assert found.values.tolist() == [[[5, 7], [9, 11]], [[4, 6], [12, 14]]]


def test_what_a_recalled_state_holds_is_told_and_what_it_does_not_is_not() -> None:
    generator = np.random.default_rng(1)
    episodes = 300
    arm, other = generator.integers(3, size=(2, 2, episodes, 1))
    centres = np.array([[1.0, 0.2], [-1.0, 0.3], [0.1, 2.0]])
    recording = made(np.zeros((2, episodes, 1)), arm=arm, other=other)
    recording["recalled"] = ((*AXES, "unit"), centres[arm] + generator.normal(0, 0.2, (2, episodes, 1, 2)))
    content = recalled_content(recording, seed=0).set_index(["variable", "subject"])
    assert (content["chance"] == 1 / 3).all()
    assert (content.loc["arm", "score"] > 0.95).all()
    assert (content.loc["arm", "null"] < 0.5).all()
    assert (content.loc["other", "score"] < 0.45).all()


def test_networks_without_memory_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="--core episodic"):
        gate_opening(made([[[0]]]).drop_vars("recalled"))

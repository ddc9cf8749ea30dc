"""Effects on staying and better choices in the two-step task, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.two_step import (
    STAGE_1,
    STAGE_2,
    better_choices,
    by_kind,
    model_based_index,
    stay_counts,
    stay_probability,
    staying,
    transition_index,
)

AXES = ("subject", "episode", "trial")


def trials(*episodes: list[tuple[int, bool, int]]) -> xr.Dataset:
    """One subject; each trial is a choice, whether the transition was common, and the reward."""
    choice, common, reward = np.moveaxis(np.array([episodes]), -1, 0)
    columns = {"choice": choice, "common": common.astype(bool), "reward": reward, "valid": choice >= 0}
    return xr.Dataset({name: (AXES, values) for name, values in columns.items()}, coords={"subject": [0]})


def test_each_effect_is_the_one_counted_by_hand() -> None:
    # Staying after RC 1 of 2, RU 0 of 1, NC 0 of 1, NU 1 of 1; the last trial has none after it.
    table = trials([(0, True, 1), (0, True, 1), (1, False, 1), (0, True, 0), (1, False, 0), (1, True, 1)])
    found = staying(table).isel(subject=0)
    cells = {(o, t): float(found["stay"].sel(outcome=o, transition=t)) for o in ("rewarded", "unrewarded")
             for t in ("common", "uncommon")}  # fmt: skip
    assert list(cells.values()) == [0.5, 0.0, 0.0, 1.0]
    assert float(found["interaction"]) == 0.5 - 0 - 0 + 1
    assert float(found["reward_effect"]) == 0.5 + 0 - 0 - 1
    assert float(found["transition_effect"]) == 0.5 - 0 + 0 - 1
    assert float(transition_index(found["stay"])) == -0.5


@pytest.mark.parametrize(("episodes", "above"), [(1, False), (2, True), (20, True)])
def test_an_interaction_is_above_zero_if_its_episodes_agree(episodes: int, above: bool) -> None:
    perfect = [(0, True, 1), (0, False, 0), (0, True, 0), (1, False, 1), (0, True, 1)]
    assert bool(staying(trials(*[perfect] * episodes))["above_zero"][0]) == above


def test_the_interval_is_the_jackknife_counted_by_hand() -> None:
    # Staying after RC, RU, NC and NU: 1, 0, 0 and 1 of 1 in the first two episodes. In the third there is only RC,
    # 0 of 2, so that it has no interaction of its own.
    perfect = [(0, True, 1), (0, False, 0), (0, True, 0), (1, False, 1), (0, True, 1)]
    switching = [(0, True, 1), (1, True, 1), (0, True, 1), (-1, True, 1), (-1, True, 1)]
    found = staying(trials(perfect, perfect, switching)).isel(subject=0)
    # RC 2 of 4 in all; 1 of 3 without either of the first two, 2 of 2 without the third. The other kinds add 1.
    assert float(found["interaction"]) == 1.5
    left_out = np.array([4 / 3, 4 / 3, 2])
    error = np.sqrt(2 / 3 * ((left_out - left_out.mean()) ** 2).sum())
    np.testing.assert_allclose(error, 4 / 9)
    half = 4.302653 * error  # Student's t, 2 degrees of freedom
    np.testing.assert_allclose(found["interaction_low"], 1.5 - half, rtol=1e-6)
    np.testing.assert_allclose(found["interaction_high"], 1.5 + half, rtol=1e-6)
    assert not found["above_zero"]


def test_the_interval_is_that_of_measuring_anew_without_each_episode() -> None:
    generator = np.random.default_rng(5)
    columns = {
        "choice": generator.choice([-1, 0, 1], (3, 40, 10), p=[0.1, 0.45, 0.45]),
        "common": generator.random((3, 40, 10)) < 0.75,
        "reward": generator.integers(0, 2, (3, 40, 10)),
    }
    columns["valid"] = columns["choice"] >= 0
    table = xr.Dataset({name: (AXES, values) for name, values in columns.items()}, coords={"subject": [2, 4, 7]})
    found, every = staying(table), np.arange(40)
    # Many episodes lack a kind of trial.
    own = model_based_index(stay_probability(stay_counts(table)))
    assert (own.notnull().sum("episode") < 30).all()
    without = np.stack([staying(table.isel(episode=every != left))["interaction"] for left in every])
    error = np.sqrt(39 / 40 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    # Student's t, 39 degrees of freedom.
    np.testing.assert_allclose(found["interaction_low"], found["interaction"] - 2.022691 * error, rtol=1e-6)
    np.testing.assert_allclose(found["interaction_high"], found["interaction"] + 2.022691 * error, rtol=1e-6)
    # Invalid trials alone are no episode more.
    nothing = table.isel(episode=[0]).assign(valid=xr.zeros_like(table["valid"].isel(episode=[0])))
    xr.testing.assert_allclose(staying(xr.concat([table, nothing], "episode")), found)


def test_a_kind_of_trial_that_one_episode_alone_has_leaves_no_interval() -> None:
    perfect = [(0, True, 1), (0, False, 0), (0, True, 0), (1, False, 1), (0, True, 1)]
    common = [(0, True, 1), (0, True, 1), (0, True, 0), (1, True, 0), (0, True, 1)]
    found = staying(trials(perfect, common, common)).isel(subject=0)
    assert float(found["interaction"]) == 2
    assert np.isnan(found["interaction_low"])
    assert not found["above_zero"]


def test_the_table_has_rewarded_and_common_first() -> None:
    stay = staying(trials([(0, True, 1), (0, False, 0), (0, True, 0), (1, False, 1), (0, True, 1)]))["stay"]
    table = by_kind(stay, "stay")
    assert list(table["outcome"]) == ["rewarded", "rewarded", "unrewarded", "unrewarded"]
    assert list(table["transition"]) == ["common", "uncommon"] * 2
    assert table["stay"].tolist() == [1, 0, 0, 1]


def test_a_better_choice_leads_commonly_to_the_good_state_and_an_invalid_one_is_neither() -> None:
    axes = ("subject", "episode", "step")
    columns = {
        "phase": [STAGE_1, STAGE_2] * 4,
        "choice": [0, 2, 1, 0, 2, 2, 0, 1],
        "good_state": [0, 0, 0, 0, 0, 0, 1, 1],
    }
    recording = xr.Dataset(
        {name: (axes, np.array([[values]])) for name, values in columns.items()}, coords={"subject": [0]}
    )
    np.testing.assert_array_equal(better_choices(recording).values, [[[1, 0, np.nan, 0]]])

"""Analyses of the two-step task, against counts and sequences made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.learners.network_errors import (
    explained,
    explained_errors,
    fitted_learning_rate,
    model_based,
    model_free,
)
from pfc_metarl.analysis.two_step import (
    STAGE_2,
    lagged_weights,
    model_based_index,
    model_free_index,
    stay_counts,
    stay_probability,
    trials,
)
from pfc_metarl.recording.trials import reward_per_trial

AXES = ("subject", "episode", "trial")
LEFT, RIGHT, CENTRE = 0, 1, 2
COMMON = 0.8


def by_hand(
    choice: list[int], state: list[int], reward: list[float], valid: list[bool] | None = None, copies: int = 1
) -> xr.Dataset:
    """One subject and episode, or the same episode several times."""
    columns: dict[str, Any] = {
        "choice": choice,
        "state": state,
        "reward": reward,
        "valid": [True] * len(choice) if valid is None else valid,
        "common": [one == other for one, other in zip(choice, state, strict=True)],
    }
    return xr.Dataset(
        {name: (AXES, np.array([[values] * copies])) for name, values in columns.items()}, coords={"subject": [0]}
    )


def simulated(kind: str, subjects: int = 2, episodes: int = 150, count: int = 100, seed: int = 0) -> xr.Dataset:
    """Trials of a soft agent that learns the states' values, or the actions' values, at rate .5."""
    generator = np.random.default_rng(seed)
    shape = (subjects, episodes)
    good = generator.integers(2, size=shape)
    value = np.full((*shape, 2), 0.5)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("choice", "state", "reward", "common")}
    for _ in range(count):
        difference = value[..., 1] - value[..., 0]
        choice = (generator.random(shape) < 1 / (1 + np.exp(-5 * difference))).astype(int)
        common = generator.random(shape) < COMMON
        state = np.where(common, choice, 1 - choice)
        reward = (generator.random(shape) < np.where(state == good, 0.9, 0.1)).astype(float)
        credited = state if kind == "model-based" else choice
        for each in (0, 1):
            value[..., each] += np.where(credited == each, 0.5 * (reward - value[..., each]), 0.0)
            if kind == "model-based":
                value[..., each] += np.where(credited != each, 0.5 * (1 - reward - value[..., each]), 0.0)
        good = np.where(generator.random(shape) < 0.025, 1 - good, good)
        for name, column in (("choice", choice), ("state", state), ("reward", reward), ("common", common)):
            columns[name].append(column)
    data = {name: (AXES, np.stack(column, axis=-1)) for name, column in columns.items()}
    data["valid"] = (AXES, np.ones((*shape, count), dtype=bool))
    return xr.Dataset(data, coords={"subject": range(subjects)})


def stay_of(trials: xr.Dataset) -> xr.DataArray:
    return stay_probability(stay_counts(trials).sum("episode"))


def test_stay_probabilities_are_those_counted_by_hand() -> None:
    # Kinds of trial:       RC     RC     NC     NU     RU     NC     NC
    table = by_hand([LEFT, LEFT, RIGHT, RIGHT, RIGHT, RIGHT, LEFT], [0, 0, 1, 0, 0, 1, 0], [1, 1, 0, 0, 1, 0, 0])
    counts = stay_counts(table).isel(subject=0, episode=0)
    chances = {("rewarded", "common"): 2, ("rewarded", "uncommon"): 1} | {
        ("unrewarded", "common"): 2, ("unrewarded", "uncommon"): 1
    }  # fmt: skip
    stays = {("rewarded", "common"): 1, ("rewarded", "uncommon"): 1} | {
        ("unrewarded", "common"): 1, ("unrewarded", "uncommon"): 1
    }  # fmt: skip
    stay = stay_of(table).isel(subject=0)
    for outcome, transition in chances:
        cell = {"outcome": outcome, "transition": transition}
        assert int(counts["chances"].sel(cell)) == chances[outcome, transition]
        assert int(counts["stays"].sel(cell)) == stays[outcome, transition]
        assert float(stay.sel(cell)) == stays[outcome, transition] / chances[outcome, transition]
    assert float(model_based_index(stay)) == pytest.approx(0.5 - 1 - 0.5 + 1)
    assert float(model_free_index(stay)) == pytest.approx(0.5 + 1 - 0.5 - 1)


def test_a_pair_with_an_invalid_trial_does_not_count() -> None:
    table = by_hand([0, 0, 0, 0], [0, -1, 0, 0], [1, 0, 1, 1], [True, False, True, True])
    assert int(stay_counts(table)["chances"].sum()) == 1


def test_a_kind_that_never_came_has_no_probability() -> None:
    stay = stay_of(by_hand([0, 0, 0], [0, 0, 0], [1, 1, 1])).isel(subject=0)
    assert float(stay.sel(outcome="rewarded", transition="common")) == 1
    assert int(stay.isnull().sum()) == 3
    assert bool(np.isnan(model_free_index(stay)))


def test_the_two_indices_of_a_known_pattern() -> None:
    stay = xr.DataArray(
        [[0.9, 0.5], [0.4, 0.7]],
        dims=("outcome", "transition"),
        coords={"outcome": ["rewarded", "unrewarded"], "transition": ["common", "uncommon"]},
    )
    assert float(model_based_index(stay)) == pytest.approx(0.7)
    assert float(model_free_index(stay)) == pytest.approx(0.3)


def test_the_two_kinds_of_agent_are_told_apart() -> None:
    planner, habit = stay_of(simulated("model-based")), stay_of(simulated("model-free"))
    assert float(model_based_index(planner).min()) > 0.4
    assert float(abs(model_free_index(planner)).max()) < 0.1
    # The habit has an interaction too, since what is good stays good; but reward's own effect is larger.
    assert float((model_free_index(habit) - model_based_index(habit)).min()) > 0.15


def test_the_regression_tells_them_apart_and_fades_with_lag() -> None:
    for kind, sign_of_uncommon in (("model-based", -1), ("model-free", 1)):
        weight = lagged_weights(simulated(kind))
        assert weight.shape == (2, 2, 2, 5)
        rewarded = weight.sel(outcome="rewarded")
        assert float(rewarded.sel(transition="common", lag=1).min()) > 0.5
        assert float((sign_of_uncommon * rewarded.sel(transition="uncommon", lag=1)).min()) > 0.5
        size = abs(weight).mean(("subject", "outcome", "transition")).values
        assert size[0] > size[1] > size[2]


def test_the_regression_finds_planted_weights() -> None:
    generator = np.random.default_rng(1)
    shape, count = (1, 400), 100
    planted = {(True, True): 1.0, (True, False): -0.6, (False, True): -0.8, (False, False): 0.4}
    choice = np.zeros((*shape, count), dtype=int)
    reward, common = generator.random(choice.shape) < 0.5, generator.random(choice.shape) < 0.5
    for trial in range(count):
        drive = np.zeros(shape)
        for lag in (1, 2):
            if trial >= lag:
                past = (..., trial - lag)
                size = sum(weight * ((reward[past] == r) & (common[past] == c)) for (r, c), weight in planted.items())
                drive += size / lag * np.where(choice[past] == 1, 1, -1)
        choice[..., trial] = generator.random(shape) < 1 / (1 + np.exp(-drive))
    table = {"choice": choice, "reward": reward.astype(float), "common": common, "valid": np.ones_like(common)}
    weight = lagged_weights(xr.Dataset({k: (AXES, v) for k, v in table.items()}, coords={"subject": [0]}))
    for (r, c), value in planted.items():
        cell = weight.isel(subject=0).sel(
            outcome="rewarded" if r else "unrewarded", transition="common" if c else "uncommon"
        )
        np.testing.assert_allclose(cell.values, [value, value / 2, 0, 0, 0], atol=0.12)


def test_a_subject_that_never_varies_has_no_weights() -> None:
    assert bool(lagged_weights(by_hand([1] * 8, [1] * 8, [0, 1] * 4)).isnull().all())


@pytest.fixture
def recording() -> xr.Dataset:
    """Two trials of three steps; in the second the stage-1 response is invalid."""
    axes = ("subject", "episode", "step")
    wanted = {0: [False, False, True], 1: [True, True, False], 2: [False, False, True], 3: [True] * 3}
    per_step: dict[str, list[Any]] = {
        "phase": [0, 1, 2, 0, 1, 2],
        "choice": [CENTRE, RIGHT, CENTRE, CENTRE, CENTRE, LEFT],
        "second_state": [-1, -1, 1, -1, -1, -1],
        "common": [False, False, True, False, False, False],
        "reward": [0.0, 0.0, 1.0, 0.0, -1.0, 0.0],
        "value": [0.1, 0.2, 0.4, 0.8, 1.6, 3.2],
        "valid": [True] * 6,
    }
    data: dict[str, Any] = {name: (axes, np.array([[values]])) for name, values in per_step.items()}
    data["allowed"] = ((*axes, "action"), np.array([[[wanted[kind] for kind in (0, 1, 2, 0, 1, 3)]]]))
    return xr.Dataset(data, coords={"subject": [7]})


def test_trials_are_read_from_their_steps(recording: xr.Dataset) -> None:
    table = trials(recording, discount=0.5).to_dataframe().reset_index()
    assert table["subject"].tolist() == [7, 7]
    assert table["choice"].tolist() == [RIGHT, CENTRE]
    assert table["state"].tolist() == [1, -1]
    assert table["reward"].tolist() == [1.0, 0.0]
    assert table["valid"].tolist() == [True, False]
    assert table["value_stage_1"].tolist() == [0.2, 1.6]
    assert table["value_stage_2"].tolist() == [0.4, 3.2]
    np.testing.assert_allclose(table["rpe_stage_2"], [0.5 * 0.4 - 0.2, -1 + 0.5 * 3.2 - 1.6])
    # The outcome leads to the next trial's fixation; after the last trial nothing follows.
    np.testing.assert_allclose(table["rpe_outcome"], [1 + 0.5 * 0.8 - 0.4, -3.2])


def test_every_reward_and_cost_counts(recording: xr.Dataset) -> None:
    assert reward_per_trial(recording, STAGE_2).values.tolist() == [0.0]


def test_without_values_there_are_no_errors(recording: xr.Dataset) -> None:
    assert "rpe_outcome" not in trials(recording.drop_vars("value"))


def test_a_wrong_fixation_makes_a_trial_invalid(recording: xr.Dataset) -> None:
    recording["choice"][0, 0, 0] = LEFT
    assert not trials(recording)["valid"].values.any()


def test_the_model_based_errors_are_those_computed_by_hand() -> None:
    # Right to B, paid; left to B (uncommon), unpaid; an invalid trial; right to B, paid.
    table = by_hand([1, 0, 2, 1], [1, 1, -1, 1], [1, 0, -1, 1], [True, True, False, True])
    errors = model_based(table, learning_rate=0.5, common=0.8, discount=0.9).isel(subject=0, episode=0)
    # V(B) is .5, .75 after +.5 x .5, then .375; left expects .8 x .25 + .2 x .75 = .35.
    right = 0.8 * 0.375 + 0.2 * 0.625
    np.testing.assert_allclose(errors["rpe_stage_2"], [0, 0.9 * (0.75 - 0.35), np.nan, 0.9 * (0.375 - right)])
    np.testing.assert_allclose(errors["rpe_outcome"], [0.5, -0.75, np.nan, 0.625])
    np.testing.assert_allclose(errors["preference"], [0, 0.65 - 0.35, 2 * right - 1, 2 * right - 1], atol=1e-12)


def test_the_model_free_errors_are_those_computed_by_hand() -> None:
    table = by_hand([1, 0, 2, 1], [1, 1, -1, 1], [1, 0, -1, 1], [True, True, False, True])
    errors = model_free(table, learning_rate=0.5).isel(subject=0, episode=0)
    np.testing.assert_allclose(errors["rpe_stage_2"], [0, 0, np.nan, 0])
    np.testing.assert_allclose(errors["rpe_outcome"], [0.5, -0.5, np.nan, 0.25])
    np.testing.assert_allclose(errors["preference"], [0, 0.25, 0.5, 0.5])


def test_each_subject_learns_at_its_own_rate() -> None:
    two = xr.concat([by_hand([1, 1], [1, 1], [1, 1])] * 2, dim="subject")
    for learner in (model_based, model_free):
        errors = learner(two, np.array([0.5, 1.0]))
        np.testing.assert_allclose(errors["rpe_outcome"].values[:, 0, 1], [0.25, 0.0])


def test_the_rate_of_a_simulated_learner_is_found_again() -> None:
    for kind, learner in (("model-based", model_based), ("model-free", model_free)):
        np.testing.assert_allclose(fitted_learning_rate(simulated(kind), learner), 0.5, atol=0.1)


def test_a_line_explains_what_it_should() -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=(100, 50))
    exact, null = explained(one, 3 - 2 * one, shuffles=20)
    assert exact == pytest.approx(1)
    assert null.shape == (20,)
    assert null.max() < 0.01
    half, _ = explained(one, one + generator.normal(size=one.shape))
    assert half == pytest.approx(0.5, abs=0.03)
    with_gaps = np.where(generator.random(one.shape) < 0.1, np.nan, 3 - 2 * one)
    assert explained(one, with_gaps)[0] == pytest.approx(1)
    assert explained(one, np.zeros(one.shape))[0] == 0


def test_the_null_of_a_line_exchanges_whole_episodes() -> None:
    """Three episodes, each of one value, fall into six orders: their correlation is 1, -1, or half of either."""
    one = np.array([[0.0] * 4, [1.0] * 4, [2.0] * 4])
    _, null = explained(one, one, shuffles=100)
    assert np.unique(null.round(12)).tolist() == [0.25, 1]


def test_the_stages_of_an_episode_are_exchanged_together() -> None:
    """At the first stage errors are 0, 1 and 2 in three episodes, at the outcome 10 more.

    The stages alone make a variance of 25, the episodes one of 2/3; exchanged, episodes have a covariance of
    2/3, 1/3, -1/3 or -2/3.
    """
    stage_2 = np.tile(np.arange(3.0)[:, None], (2, 1, 1, 1))
    columns = {"rpe_stage_2": stage_2, "rpe_outcome": stage_2 + 10}
    errors = xr.Dataset(
        {name: (("learner", *AXES), values) for name, values in columns.items()},
        coords={"learner": ["network", "model-based"], "subject": [0]},
    )
    found = explained_errors(errors, "model-based", shuffles=100)
    expected = [((25 + part / 3) / (25 + 2 / 3)) ** 2 for part in (-2, -1, 1, 2)]
    assert found["share"].values.tolist() == [pytest.approx(1)]
    np.testing.assert_allclose(np.unique(found["null"].values.round(12)), expected)

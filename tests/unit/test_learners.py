"""What learners expect and how likely they find choices, trial by trial, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pfc_metarl.analysis.learners import (
    LEARNERS,
    BehrensLearner,
    BehrensObserver,
    Learner,
    PearceHall,
    RescorlaWagner,
    TwoStepLearner,
    WinStayLoseShift,
    draw,
    every_step_a_trial,
    find_learner,
    learners_for,
)
from pfc_metarl.analysis.learners.worlds import drifting, reversing
from pfc_metarl.base.errors import TableError, UnknownNameError

AXES = ("subject", "episode", "trial")


def by_hand(choice: list[int], reward: list[float], **columns: list) -> xr.Dataset:
    """One subject and episode; all trials are valid unless told otherwise."""
    columns = {"choice": choice, "reward": reward, "valid": [True] * len(choice), **columns}
    data = {name: (AXES, np.array([[values]])) for name, values in columns.items()}
    return xr.Dataset(data, coords={"subject": [7]})


def log_likelihood(learner: Learner, trials: xr.Dataset, **parameters: float) -> list[float]:
    assert list(parameters) == learner.names
    values = np.array(list(parameters.values()), dtype=float).reshape(1, 1, -1)
    return learner.log_likelihood(values, trials)[0, 0, 0].tolist()


def log_sigmoid(value: float) -> float:
    return -np.log1p(np.exp(-value))


# Two wins of arm 1 and a loss of arm 0: values .5 .5, then .5 .75, then .5 .875.
WINS = by_hand([1, 1, 0], [1, 1, 0])


def test_the_delta_rule_by_hand() -> None:
    found = log_likelihood(RescorlaWagner(), WINS, learning_rate=0.5, inverse_temperature=2)
    np.testing.assert_allclose(found, [np.log(0.5), log_sigmoid(2 * 0.25), log_sigmoid(-2 * 0.375)])


def test_one_outcome_speaks_of_both_arms_where_they_are_anticorrelated() -> None:
    found = log_likelihood(RescorlaWagner(anticorrelated=True), WINS, learning_rate=0.5, inverse_temperature=2)
    np.testing.assert_allclose(found, [np.log(0.5), log_sigmoid(2 * 0.5), log_sigmoid(-2 * 0.75)])
    # The other arm with the other outcome teaches the same.
    mirrored = by_hand([1, 0, 0], [1, 0, 0])
    assert log_likelihood(RescorlaWagner(anticorrelated=True), mirrored, learning_rate=0.5, inverse_temperature=2)[
        2
    ] == pytest.approx(found[2])


def test_wins_and_losses_have_rates_of_their_own() -> None:
    trials = by_hand([1, 1, 1], [1, 0, 0])
    found = log_likelihood(
        RescorlaWagner(asymmetric=True),
        trials,
        learning_rate_positive=0.5,
        learning_rate_negative=0.2,
        inverse_temperature=1,
    )
    # .5, then .75, then .75 - .2 x .75 = .6.
    np.testing.assert_allclose(found, [np.log(0.5), log_sigmoid(0.25), log_sigmoid(0.1)])


def test_perseveration_and_lapse_by_hand() -> None:
    found = log_likelihood(
        RescorlaWagner(perseverative=True), WINS, learning_rate=0.5, inverse_temperature=2, perseveration=0.3
    )
    np.testing.assert_allclose(found, [np.log(0.5), log_sigmoid(0.5 + 0.3), log_sigmoid(-0.75 - 0.3)])
    found = log_likelihood(RescorlaWagner(lapsing=True), WINS, learning_rate=0.5, inverse_temperature=2, lapse=0.1)
    soft = np.exp([np.log(0.5), log_sigmoid(0.5), log_sigmoid(-0.75)])
    np.testing.assert_allclose(found, np.log(0.9 * soft + 0.05))


def test_shown_magnitudes_draw_towards_the_larger() -> None:
    trials = WINS.assign(
        magnitude_0=(AXES, np.array([[[0.2, 0.5, 0.9]]])), magnitude_1=(AXES, np.array([[[0.8, 0.5, 0.1]]]))
    )
    found = log_likelihood(
        RescorlaWagner(magnitudes=True), trials, learning_rate=0.5, inverse_temperature=2, magnitude_weight=3
    )
    np.testing.assert_allclose(found, [log_sigmoid(1.8), log_sigmoid(0.5), log_sigmoid(-0.75 + 2.4)])


def test_surprise_speeds_pearce_and_hall_up() -> None:
    found = log_likelihood(
        PearceHall(),
        by_hand([1, 1, 0], [1, 0, 1]),
        learning_rate=0.4,
        associability_rate=0.5,
        inverse_temperature=1,
    )
    # Arm 1: .5 + .4 x 1 x .5 = .7, associability .75; then .7 - .4 x .75 x .7 = .49.
    np.testing.assert_allclose(found, [np.log(0.5), log_sigmoid(0.2), log_sigmoid(0.01)])


def test_without_surprise_pearce_and_hall_are_rescorla_and_wagner() -> None:
    trials = RescorlaWagner().simulate(draw(RescorlaWagner().parameters, 3), reversing(3, 2, 30))
    one = np.array([0.3, 4.0]) * np.ones((1, 3, 1))
    other = np.array([0.3, 0.0, 4.0]) * np.ones((1, 3, 1))
    expected = RescorlaWagner().log_likelihood(one, trials)
    np.testing.assert_allclose(PearceHall().log_likelihood(other, trials), expected)


def test_the_bayesian_learner_chooses_by_its_observer() -> None:
    trials = by_hand([1, 0, 1, 1], [1, 0, 1, 0])
    belief = BehrensObserver().run(trials.rename(trial="step"))["expected_probability"].values[0, 0]
    side = np.array([-1, 1, -1, -1])
    found = log_likelihood(BehrensLearner(), trials, inverse_temperature=3)
    np.testing.assert_allclose(found, [log_sigmoid(3 * s * (2 * p - 1)) for s, p in zip(side, belief, strict=True)])


def test_win_stay_lose_shift_by_hand() -> None:
    trials = by_hand([1, 1, 0, 0], [1, 0, 0, 1])
    found = log_likelihood(WinStayLoseShift(), trials, win_stay=0.8, lose_shift=0.7)
    np.testing.assert_allclose(np.exp(found), [0.5, 0.8, 0.7, 0.3])


# Right to its common state, paid; left to the same state (rare), unpaid; right.
STEPS = by_hand([1, 0, 1], [1, 0, 1], common=[True, False, True])


def test_the_planner_by_hand() -> None:
    found = log_likelihood(
        TwoStepLearner("model-based"), STEPS, learning_rate=0.5, inverse_temperature=5, perseveration=0.2
    )
    # State 1 is worth .5, .75, .375, and the states differ by .4 of that in the actions.
    expected = [np.log(0.5), log_sigmoid(-5 * 0.4 * 0.25 - 0.2), log_sigmoid(5 * 0.4 * -0.125 - 0.2)]
    np.testing.assert_allclose(found, expected)


def test_the_habit_by_hand() -> None:
    found = log_likelihood(
        TwoStepLearner("model-free"),
        STEPS,
        learning_rate=0.5,
        eligibility=0.6,
        inverse_temperature=5,
        perseveration=0.2,
    )
    # Right: .5 + .5 (0 + .6 x .5) = .65. Left: .5 + .5 (.25 + .6 x -.75) = .4.
    expected = [np.log(0.5), log_sigmoid(-5 * 0.15 - 0.2), log_sigmoid(5 * 0.25 - 0.2)]
    np.testing.assert_allclose(found, expected)


def test_the_hybrid_lies_between_and_its_ends_are_the_two() -> None:
    shared = {"learning_rate": 0.5, "inverse_temperature": 5.0, "perseveration": 0.2}
    for weight, learner in ((0.0, TwoStepLearner("model-free")), (1.0, TwoStepLearner("model-based"))):
        own = {**shared, "eligibility": 0.6}
        expected = log_likelihood(learner, STEPS, **{name: own[name] for name in learner.names})
        found = log_likelihood(
            TwoStepLearner("hybrid"),
            STEPS,
            learning_rate=0.5,
            eligibility=0.6,
            mixing_weight=weight,
            inverse_temperature=5,
            perseveration=0.2,
        )
        np.testing.assert_allclose(found, expected)


def simulated(learner: Learner, subjects: int = 2, episodes: int = 2, trials: int = 20) -> xr.Dataset:
    world = drifting if learner.two_stages else reversing
    return learner.simulate(draw(learner.parameters, subjects), world(subjects, episodes, trials), seed=3)


def with_rubbish(trials: xr.Dataset, every: int = 4) -> xr.Dataset:
    """Put a missed trial after every few, and padding at the end."""
    count = trials.sizes["trial"]
    place = np.arange(count) + np.arange(count) // every
    longer = {}
    for name, values in trials.items():
        rubbish = {"choice": -1, "reward": np.nan, "valid": False, "common": False}[str(name)]
        padded = np.full((*values.shape[:2], place[-1] + 6), rubbish, dtype=np.asarray(rubbish).dtype)
        padded[..., place] = values
        longer[name] = (AXES, padded)
    return xr.Dataset(longer, coords=trials.coords)


@pytest.mark.parametrize("name", list(LEARNERS))
def test_missed_trials_and_padding_teach_nothing_and_count_nothing(name: str) -> None:
    learner = LEARNERS[name]
    trials = simulated(learner)
    gaps = with_rubbish(trials)
    parameters = draw(learner.parameters, 2, seed=1).to_numpy()[None]
    whole, holed = (learner.log_likelihood(parameters, each)[0] for each in (trials, gaps))
    valid = gaps["valid"].values
    np.testing.assert_allclose(holed[valid].reshape(whole.shape), whole)
    assert (holed[~valid] == 0).all()


@pytest.mark.parametrize("name", list(LEARNERS))
def test_regressors_are_aligned_to_trials_and_empty_where_there_was_none(name: str) -> None:
    learner = LEARNERS[name]
    gaps = with_rubbish(simulated(learner))
    fitted = draw(learner.parameters, 2, seed=1)
    # Rows are found by subject, whatever their order.
    found = learner.run(fitted.iloc[::-1], gaps)
    expected = np.exp(learner.log_likelihood(fitted.to_numpy()[None], gaps)[0])
    valid = gaps["valid"].values
    np.testing.assert_allclose(found["choice_probability"].values[valid], expected[valid])
    assert found["choice_probability"].dims == AXES
    told = set(found) - {"advantage"}
    assert all(np.isnan(found[each].values[~valid]).all() and found[each].notnull().any() for each in told)
    if name != "win-stay-lose-shift":
        assert {"value", "prediction_error"} <= told
    if learner.tasks != ("two-step",) and "value" in told:
        error = (gaps["reward"] - found["value"]).values
        np.testing.assert_allclose(found["prediction_error"].values[valid], error[valid])


def test_prediction_errors_of_both_stages_by_hand() -> None:
    fitted = pd.DataFrame({"learning_rate": [0.5], "inverse_temperature": [5.0], "perseveration": [0.0]}, index=[7])
    found = TwoStepLearner("model-based").run(fitted, STEPS).isel(subject=0, episode=0)
    np.testing.assert_allclose(found["prediction_error"], [0.5, -0.75, 0.625])
    np.testing.assert_allclose(found["value"], [0.5, 0.3 * 0.75 + 0.7 * 0.5, 0.7 * 0.375 + 0.3 * 0.5])
    np.testing.assert_allclose(found["prediction_error_stage_2"], np.array([0.5, 0.75, 0.375]) - found["value"])


@pytest.mark.parametrize("name", list(LEARNERS))
def test_a_learner_chooses_as_likely_as_it_says(name: str) -> None:
    learner = LEARNERS[name]
    trials = simulated(learner, subjects=10, episodes=20, trials=25)
    parameters = draw(learner.parameters, 10)
    chosen = np.exp(learner.log_likelihood(parameters.to_numpy()[None], trials)[0])
    of_1 = np.where(trials["choice"] == 1, chosen, 1 - chosen)
    missed, variance = trials["choice"].values - of_1, of_1 * (1 - of_1)
    assert abs(missed.sum()) < 4 * np.sqrt(variance.sum())
    assert (missed**2).sum() == pytest.approx(variance.sum(), rel=0.1)


def test_outcomes_come_with_the_world_s_probabilities() -> None:
    world = reversing(10, 10, 50, every=10, high=0.9)
    trials = RescorlaWagner().simulate(draw(RescorlaWagner().parameters, 10), world, seed=1)
    paid = np.take_along_axis(world.values, trials["choice"].values[..., None], axis=-1)[..., 0]
    assert trials["reward"].values.mean() == pytest.approx(paid.mean(), abs=0.02)
    steps = simulated(TwoStepLearner("hybrid"), 10, 10, 50)
    assert steps["common"].values.mean() == pytest.approx(0.7, abs=0.02)


def test_worlds_are_as_described() -> None:
    turned = reversing(2, 2, 6, every=2, high=0.75).isel(subject=1)
    assert turned.sel(option=0).values.tolist() == [
        [0.75, 0.75, 0.25, 0.25, 0.75, 0.75],
        [0.25, 0.25, 0.75, 0.75, 0.25, 0.25],
    ]
    np.testing.assert_allclose(turned.sum("option"), 1)
    walk = drifting(20, 5, 200, seed=1)
    assert 0.25 <= float(walk.min()) < 0.26
    assert 0.74 < float(walk.max()) <= 0.75
    steps = walk.diff("trial")
    assert float(steps.std()) == pytest.approx(0.025, rel=0.05)
    assert abs(np.corrcoef(steps.isel(option=0).values.ravel(), steps.isel(option=1).values.ravel())[0, 1]) < 0.03


def test_a_recording_of_choices_becomes_trials() -> None:
    recording = by_hand([1, 0], [1, 0]).drop_vars("valid").rename(trial="step")
    xr.testing.assert_equal(every_step_a_trial(recording), by_hand([1, 0], [1, 0]))


def test_every_learner_is_found_by_its_name_and_by_its_tasks() -> None:
    wanted = "rescorla-wagner rescorla-wagner-asymmetric rescorla-wagner-perseverative rescorla-wagner-lapse "
    wanted += "pearce-hall behrens model-free model-based hybrid win-stay-lose-shift"
    assert set(wanted.split()) <= set(LEARNERS)
    assert all(find_learner(name).name == name for name in LEARNERS)
    assert {learner.name for learner in learners_for("two-step")} == set(wanted.split()[-4:])
    for task in ("two-armed-bandit", "foraging", "volatility"):
        assert not {"model-free", "model-based", "hybrid"} & {learner.name for learner in learners_for(task)}
    heeding = [learner.name for learner in learners_for("volatility", magnitudes=True)[-2:]]
    assert heeding == ["rescorla-wagner-anticorrelated-magnitudes", "behrens-magnitudes"]
    with pytest.raises(UnknownNameError, match="unknown learner 'kalman': the learners are rescorla-wagner, "):
        find_learner("kalman")


def test_trials_that_cannot_be_used_are_refused_with_the_place() -> None:
    with pytest.raises(TableError, match="the trials have no 'common', which this learner needs"):
        TwoStepLearner("hybrid").sequences(WINS)
    with pytest.raises(TableError, match="the trials have no 'magnitude_0'"):
        RescorlaWagner(magnitudes=True).sequences(WINS)
    with pytest.raises(
        TableError, match="'choice' is 2 at subject 7, episode 0, trial 1: it must be 0 or 1 where valid"
    ):
        RescorlaWagner().sequences(by_hand([1, 2], [1, 0]))
    with pytest.raises(
        TableError, match="'reward' is nan at subject 7, episode 0, trial 0: it must be a finite number"
    ):
        RescorlaWagner().sequences(by_hand([1, 0], [np.nan, 0]))

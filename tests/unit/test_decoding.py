"""Decoders find what is there, and nothing where nothing is; each number is that of row-by-row cross-validation."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pfc_metarl.analysis.decoding import decode, decode_steps, generalise
from pfc_metarl.base.errors import ConfigurationError

AXES = ("subject", "episode", "step")
EPISODES, STEPS, UNITS = 40, 30, 12


def wandering(generator: np.random.Generator, columns: int, episodes: int = EPISODES, steps: int = STEPS) -> np.ndarray:
    """Variables that resemble themselves from step to step, as activity does."""
    return generator.normal(size=(episodes, steps, columns)).cumsum(1)


def named(activity: np.ndarray, **variables: np.ndarray) -> tuple[xr.DataArray, xr.Dataset]:
    """Arrays of one subject, or of several, with their axes' names."""
    if activity.ndim == 3:
        activity, variables = activity[None], {name: values[None] for name, values in variables.items()}
    coords = {"subject": [10 + place for place in range(len(activity))]}
    table = xr.Dataset({name: (AXES, values) for name, values in variables.items()}, coords=coords)
    return xr.DataArray(activity, dims=(*AXES, "unit"), coords=coords), table


def folds_of(episodes: int, folds: int = 5) -> list[tuple[np.ndarray, np.ndarray]]:
    """Episodes to fit to and to judge by: every fifth is left out in turn."""
    every = np.arange(episodes)
    return [(every[every % folds != fold], every[every % folds == fold]) for fold in range(folds)]


def by_rows(activity: np.ndarray, variable: np.ndarray, train: int, test: int) -> float:
    """R² of a ridge fitted at one step and judged at another, with scikit-learn."""
    predicted = np.empty(len(activity))
    for fitted, judged in folds_of(len(activity)):
        decoder = make_pipeline(StandardScaler(), Ridge(1.0)).fit(activity[fitted, train], variable[fitted, train])
        predicted[judged] = decoder.predict(activity[judged, test])
    return r2_score(variable[:, test], predicted)


def test_a_variable_that_is_there_is_decoded() -> None:
    generator = np.random.default_rng(0)
    activity = wandering(generator, UNITS)
    signal = activity @ generator.normal(size=UNITS)
    noisy = signal + signal.std() * generator.normal(size=signal.shape)
    found = decode(*named(activity, exact=signal + 3, noisy=noisy), shuffles=5)
    assert found["score"].sizes == {"subject": 1, "variable": 2}
    assert found["null"].sizes == {"subject": 1, "variable": 2, "shuffle": 5}
    assert float(found["score"].sel(subject=10, variable="exact")) == pytest.approx(1, abs=1e-3)
    assert float(found["score"].sel(subject=10, variable="noisy")) == pytest.approx(0.5, abs=0.06)
    decoded = found["decoded"].sel(subject=10, variable="exact")
    np.testing.assert_allclose(decoded, signal + 3, rtol=0.05, atol=0.2)


def test_a_variable_that_is_not_there_is_not_decoded_however_smooth_it_is() -> None:
    generator = np.random.default_rng(1)
    activity = np.stack([wandering(generator, UNITS) for _ in range(5)])
    found = decode(*named(activity, a=np.moveaxis(wandering(generator, 5), -1, 0)))
    assert float(found["score"].mean()) < 0.0
    assert float(found["null"].mean()) < 0.0


def test_a_time_course_common_to_all_episodes_is_decoded_from_exchanged_episodes_too() -> None:
    generator = np.random.default_rng(2)
    ramp = np.linspace(0, 1, STEPS) * np.ones((EPISODES, 1))
    activity = ramp[..., None] + 0.01 * generator.normal(size=(EPISODES, STEPS, UNITS))
    found = decode(*named(activity, ramp=ramp), shuffles=5)
    assert min(float(found["score"].min()), float(found["null"].min())) > 0.99
    # At each step alone it is the same everywhere, and there is nothing to decode.
    assert bool(decode_steps(*named(activity, ramp=ramp), shuffles=1)["score"].isnull().all())


def test_without_the_time_course_only_differences_between_episodes_count() -> None:
    generator = np.random.default_rng(11)
    ramp, latent = np.linspace(0, 20, STEPS), generator.normal(size=(EPISODES, 1)) * np.ones(STEPS)
    activity = generator.normal(size=(EPISODES, STEPS, UNITS))
    activity[..., 0] += ramp
    activity[..., 1] += 3 * latent
    variable = ramp + latent
    found = decode(*named(activity, a=variable), time_course=False, shuffles=10)
    assert float(decode(*named(activity, a=variable), shuffles=3)["null"].min()) > 0.8
    assert float(found["null"].mean()) < 0
    # The same by rows: a ridge on what is left after the steps' means in the episodes that it is fitted to.
    predicted, level = np.empty_like(variable), variable.mean(0)
    for fitted, judged in folds_of(EPISODES):
        means, centre = activity[fitted].mean(0), variable[fitted].mean(0)
        rows = (activity[fitted] - means).reshape(-1, UNITS)
        decoder = Ridge(1.0, fit_intercept=False).fit(rows / rows.std(0), (variable[fitted] - centre).ravel())
        own = (activity[judged] - means).reshape(-1, UNITS) / rows.std(0)
        predicted[judged] = decoder.predict(own).reshape(-1, STEPS) + centre
    expected = 1 - ((variable - predicted) ** 2).sum() / ((variable - level) ** 2).sum()
    assert float(found["score"][0, 0]) == pytest.approx(expected)
    np.testing.assert_allclose(found["decoded"][0, ..., 0], predicted, rtol=1e-6, atol=1e-6)


def test_pooled_scores_are_those_of_scikit_learn_row_by_row() -> None:
    generator = np.random.default_rng(3)
    activity = wandering(generator, UNITS)
    variable = activity[..., 0] + 3 * wandering(generator, 1)[..., 0]
    found = decode(*named(activity, a=variable), shuffles=2, seed=7)
    shuffler = np.random.default_rng(7)
    orders = [np.arange(EPISODES), *(shuffler.permutation(EPISODES) for _ in range(2))]
    predicted = np.empty_like(variable)
    scores = []
    for order in orders:
        exchanged = variable[order]
        for fitted, judged in folds_of(EPISODES):
            rows = activity[fitted].reshape(-1, UNITS)
            decoder = make_pipeline(StandardScaler(), Ridge(1.0)).fit(rows, exchanged[fitted].ravel())
            predicted[judged] = decoder.predict(activity[judged].reshape(-1, UNITS)).reshape(-1, STEPS)
        scores.append(r2_score(exchanged.ravel(), predicted.ravel()))
        if order is orders[0]:
            np.testing.assert_allclose(found["decoded"][0, ..., 0], predicted, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found["score"][0, 0], scores[0])
    np.testing.assert_allclose(found["null"][0, 0], scores[1:])


def test_generalisation_is_what_fitting_and_judging_every_pair_of_steps_gives() -> None:
    generator = np.random.default_rng(4)
    activity = wandering(generator, 4, episodes=33, steps=5)
    variable = activity[..., 0] + activity[..., 1] * np.arange(5) / 4 + generator.normal(size=(33, 5))
    found = generalise(*named(activity, a=variable), shuffles=3)
    expected = [[by_rows(activity, variable, train, test) for test in range(5)] for train in range(5)]
    score = found["score"].isel(subject=0, variable=0)
    assert score.dims == ("train_step", "test_step")
    np.testing.assert_allclose(score, expected)
    at_steps = decode_steps(*named(activity, a=variable), shuffles=3)
    np.testing.assert_allclose(np.diag(score), at_steps["score"][0, 0])
    np.testing.assert_allclose(np.einsum("ttk->tk", found["null"][0, 0]), at_steps["null"][0, 0])


def test_a_code_that_stays_generalises_and_one_that_turns_does_not() -> None:
    generator = np.random.default_rng(5)
    latent = generator.normal(size=(60, 1)) * np.ones(8)
    noise = 0.3 * generator.normal(size=(60, 8, UNITS))
    stable, turning = noise.copy(), noise.copy()
    stable[..., 0] += latent
    turning[:, np.arange(8), np.arange(8)] += latent
    apart = ~np.eye(8, dtype=bool)
    for activity, kept in ((stable, True), (turning, False)):
        score = generalise(*named(activity, a=latent), shuffles=0)["score"][0, 0].values
        assert np.diag(score).min() > 0.7
        assert (score[apart].min() > 0.7) == kept
        assert (np.median(score[apart]) < 0.2) != kept


@pytest.mark.parametrize("kinds", [2, 3])
def test_classes_are_told_apart_as_by_a_discriminant_with_equal_chances(kinds: int) -> None:
    generator = np.random.default_rng(6)
    truth = np.minimum(generator.integers(0, 5, size=(EPISODES, STEPS)), kinds - 1)  # the last is common
    centres = generator.normal(size=(kinds, UNITS))
    activity = centres[truth] + 1.5 * generator.normal(size=(EPISODES, STEPS, UNITS))
    found = decode(*named(activity, a=10 * truth), shuffles=4, penalty=1e-6, categorical=True)
    predicted = np.empty_like(truth)
    for fitted, judged in folds_of(EPISODES):
        fit = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True)
        fit.fit(activity[fitted].reshape(-1, UNITS), truth[fitted].ravel())
        # Its own predictions favour the common class; equal chances are the distances to the means alone.
        away = activity[judged][..., None, :] - fit.means_
        distance = np.einsum("etku,uv,etkv->etk", away, np.linalg.inv(fit.covariance_), away)
        predicted[judged] = distance.argmin(-1)
    np.testing.assert_array_equal(found["decoded"][0, ..., 0], 10 * predicted)
    expected = balanced_accuracy_score(truth.ravel(), predicted.ravel())
    assert float(found["score"][0, 0]) == pytest.approx(expected)
    assert float(found["null"].mean()) == pytest.approx(1 / kinds, abs=0.03)


def test_classes_generalise_across_steps() -> None:
    generator = np.random.default_rng(8)
    truth = (generator.random((60, 1)) < 0.3) * np.ones(6, dtype=int)
    activity = generator.normal(size=(60, 6, 5))
    activity[:, :3, 0] += 4 * truth[:, :3]
    activity[:, 3:, 1] += 4 * truth[:, 3:]
    found = generalise(*named(activity, a=truth), shuffles=2, categorical=True)
    score = found["score"].isel(subject=0, variable=0).values
    assert score[:3, :3].min() > 0.85
    assert score[3:, 3:].min() > 0.85
    assert abs(score[:3, 3:] - 0.5).max() < 0.25
    at_steps = decode_steps(*named(activity, a=truth), shuffles=2, categorical=True)
    np.testing.assert_allclose(np.diag(score), at_steps["score"][0, 0])


@pytest.mark.parametrize("categorical", [False, True])
def test_missing_rows_are_left_out_of_the_null_too(categorical: bool) -> None:
    """Rows where the variable is missing may hold anything; the same rows gone from all episodes give the same."""
    generator = np.random.default_rng(9)
    activity = wandering(generator, 4)
    variable = (activity[..., 0] + wandering(generator, 1)[..., 0] > 0).astype(float)
    gone = np.arange(STEPS) % 3 == 0
    without = decode(*named(activity[:, ~gone], a=variable[:, ~gone]), shuffles=3, categorical=categorical)
    gaps, nonsense = np.where(gone, np.nan, variable), np.where(gone[:, None], 1e6, activity)
    with_gaps = decode(*named(nonsense, a=gaps), shuffles=3, categorical=categorical)
    np.testing.assert_allclose(without["score"], with_gaps["score"])
    np.testing.assert_allclose(without["null"], with_gaps["null"])
    silent = decode(*named(np.where(gone[:, None], np.nan, activity), a=variable), shuffles=3, categorical=categorical)
    np.testing.assert_allclose(without["score"], silent["score"])
    np.testing.assert_array_equal(np.isnan(silent["decoded"][0, ..., 0]), np.broadcast_to(gone, variable.shape))


@pytest.mark.parametrize("categorical", [False, True])
def test_episodes_of_unequal_length_have_a_null_without_an_effect(categorical: bool) -> None:
    """What an ended episode still shows is neither decoded nor part of the null."""
    generator = np.random.default_rng(12)
    going_on = np.arange(STEPS) < generator.integers(10, STEPS + 1, size=(60, 1))
    activity = np.where(going_on[..., None], wandering(generator, 6, episodes=60), 50.0)
    variable = generator.normal(size=(60, 1)) + 0.2 * wandering(generator, 1, episodes=60)[..., 0]
    activity[..., 0] += 6 * variable
    truth = np.where(going_on, variable > 0 if categorical else variable, np.nan)
    found = decode(*named(activity, a=truth), shuffles=30, categorical=categorical)
    alone = decode(
        *named(np.where(going_on[..., None], activity, np.nan), a=truth), shuffles=30, categorical=categorical
    )
    np.testing.assert_allclose(found["score"], alone["score"])
    np.testing.assert_allclose(found["null"], alone["null"])
    chance = 0.5 if categorical else 0.0
    assert chance - 0.2 < float(found["null"].mean()) < chance + 0.02
    assert float(found["score"].min()) > float(found["null"].max())


def test_each_subject_is_decoded_by_itself() -> None:
    generator = np.random.default_rng(10)
    activity = np.stack([wandering(generator, 3), wandering(generator, 3)])
    variable = np.stack([activity[0, ..., 0], wandering(generator, 1)[..., 0]])
    both = decode(*named(activity, a=variable), shuffles=2)
    for place in range(2):
        alone = decode(*named(activity[place], a=variable[place]), shuffles=2)
        np.testing.assert_array_equal(both["score"][place], alone["score"][0])
        np.testing.assert_array_equal(both["null"][place], alone["null"][0])


def test_wrong_input_gets_a_sentence() -> None:
    activity, variables = named(np.zeros((6, 4, 2)), a=np.zeros((6, 4)))
    with pytest.raises(ConfigurationError, match="there are 6 episodes"):
        decode(activity, variables, folds=7)
    with pytest.raises(ConfigurationError, match="variable 'a' is over"):
        decode(activity.isel(step=slice(2)), variables)
    with pytest.raises(ConfigurationError, match="give it over subject episode step unit"):
        decode(activity.isel(step=0), variables)
    with pytest.raises(ConfigurationError, match="decode_steps"):
        decode(activity, variables, time_course=False, categorical=True)

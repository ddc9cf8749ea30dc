"""Held-out choices tell learners apart."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.analysis.learners import LEARNERS, Learner, compare, cross_validate, draw
from pfc_metarl.analysis.learners.fitting import _folds
from pfc_metarl.analysis.learners.worlds import drifting, reversing


def choices(learner: Learner, subjects: int, episodes: int, trials: int) -> xr.Dataset:
    world = drifting if learner.two_stages else reversing
    return learner.simulate(draw(learner.parameters, subjects), world(subjects, episodes, trials), seed=1)


def test_folds_are_episodes_where_there_are_enough_and_blocks_of_trials_elsewhere() -> None:
    counts = np.ones((2, 6, 10), bool)
    counts[1, 1:] = False
    counts[1, 0, 4] = False
    found = _folds(counts, 3)
    assert [set(episode) for episode in found[0].tolist()] == [{1}, {2}, {0}, {1}, {2}, {0}]
    own = found[1, 0][counts[1, 0]]
    assert own.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_held_out_choices_prefer_the_learner_that_made_them() -> None:
    bandit = [LEARNERS[name] for name in ("rescorla-wagner", "win-stay-lose-shift")]
    steps = [LEARNERS[name] for name in ("model-based", "model-free")]
    for pair in (bandit, steps):
        for maker, other in (pair, pair[::-1]):
            trials = choices(maker, subjects=8, episodes=9, trials=30)
            own, others = (cross_validate(learner, trials, folds=3, starts=1) for learner in (maker, other))
            assert own.mean() > others.mean()
            assert (own > -np.log(2)).mean() >= 0.75


def test_held_out_choices_are_less_likely_than_fitted_ones() -> None:
    trials = choices(LEARNERS["pearce-hall"], subjects=6, episodes=1, trials=40)
    table = compare([LEARNERS["pearce-hall"]], trials, folds=3, starts=1)
    assert np.less(table["held_out"], table["log_likelihood"] / table["choices"]).all()


def test_the_comparison_is_tidy() -> None:
    trials = choices(LEARNERS["rescorla-wagner"], subjects=3, episodes=4, trials=20)
    table = compare([LEARNERS["rescorla-wagner"], LEARNERS["pearce-hall"]], trials, folds=2, starts=1)
    assert list(table) == ["subject", "learner", "log_likelihood", "choices", "parameters", "aic", "bic", "held_out"]
    assert table["learner"].tolist() == ["rescorla-wagner"] * 3 + ["pearce-hall"] * 3
    assert table["parameters"].tolist() == [2] * 3 + [3] * 3
    assert "held_out" not in compare([LEARNERS["rescorla-wagner"]], trials, folds=0, starts=1)

"""The parameters of every learner of two arms come back from its own choices."""

from __future__ import annotations

import numpy as np
import pytest

from pfc_metarl.analysis.learners import LEARNERS, Learner, draw, fit, learners_for
from pfc_metarl.analysis.learners.worlds import reversing

SUBJECTS, TRIALS = 30, 50


@pytest.mark.parametrize("name", [name for name, learner in LEARNERS.items() if not learner.two_stages])
def test_simulated_parameters_are_recovered(name: str) -> None:
    learner = LEARNERS[name]
    true = draw(learner.parameters, SUBJECTS, seed=3)
    episodes = {1: 6, 2: 30}.get(len(learner.parameters), 60)
    world = reversing(SUBJECTS, episodes, TRIALS)
    if "lapse" in learner.names:
        # Lapses show where the better arm is beyond doubt.
        world = reversing(SUBJECTS, 80, TRIALS, every=TRIALS, high=0.95)
    fitted = fit(learner, learner.simulate(true, world, seed=1), starts=1)
    for parameter in learner.names:
        assert np.corrcoef(true[parameter], fitted[parameter])[0, 1] >= 0.8, parameter


@pytest.mark.parametrize("learner", learners_for("volatility", magnitudes=True)[-2:], ids=lambda learner: learner.name)
def test_parameters_are_recovered_where_magnitudes_are_shown(learner: Learner) -> None:
    true, world = draw(learner.parameters, SUBJECTS, seed=3), reversing(SUBJECTS, 8, TRIALS)
    shown = world.copy(data=np.random.default_rng(2).random(world.shape))
    fitted = fit(learner, learner.simulate(true, world, seed=1, magnitude=shown), starts=1)
    for parameter in learner.names:
        assert np.corrcoef(true[parameter], fitted[parameter])[0, 1] >= 0.8, parameter

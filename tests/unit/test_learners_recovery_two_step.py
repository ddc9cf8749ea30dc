"""The parameters of every learner of the two-step task come back from its own choices."""

from __future__ import annotations

import numpy as np
import pytest

from pfc_metarl.analysis.learners import LEARNERS, draw, fit
from pfc_metarl.analysis.learners.worlds import drifting

SUBJECTS = 30


@pytest.mark.parametrize("name", [name for name, learner in LEARNERS.items() if learner.two_stages])
def test_simulated_parameters_are_recovered(name: str) -> None:
    learner = LEARNERS[name]
    true = draw(learner.parameters, SUBJECTS, seed=3)
    world = drifting(SUBJECTS, 80, 50, step=0.1, low=0.0, high=1.0, seed=1)
    fitted = fit(learner, learner.simulate(true, world, seed=1), starts=1)
    for parameter in learner.names:
        assert np.corrcoef(true[parameter], fitted[parameter])[0, 1] >= 0.8, parameter

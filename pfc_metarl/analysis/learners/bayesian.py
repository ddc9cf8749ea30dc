"""The Bayesian observer of volatility as a learner that chooses."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pfc_metarl.analysis.learners.behrens import NAMES, BehrensObserver
from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.learner import Details, Learner, Shape, State
from pfc_metarl.analysis.learners.sequences import Trial


class BehrensLearner(Learner):
    """Choose softly by the Bayesian observer's expectation of r, the probability that arm 0 pays.

    Arms are taken to pay with r and 1-r, as in the study. Learning has no free parameter: how
    fast it goes follows from what was seen. So the beliefs are computed once per fit.

    Parameters
    ----------
    magnitudes : as in `ChoiceRule`.

    References
    ----------
    Behrens et al. (2007), Methods and Supplement.
    """

    learning = ()

    def __init__(self, *, magnitudes: bool = False) -> None:
        self.name = "behrens-magnitudes" if magnitudes else "behrens"
        self.rule = ChoiceRule(magnitudes=magnitudes)
        self._observer = BehrensObserver()

    def start(self, shape: Shape) -> State:
        return self._state(self._observer.prior(shape[1] * shape[2]), shape)

    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        return 1 - 2 * state["expected_probability"]

    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        favours_0 = (trial.taken[0, 0] > 0) == (trial.reward > 0)
        following = self._observer.following(state["belief"], favours_0.ravel())
        belief = np.where(trial.valid.reshape(-1, 1), following, state["belief"])
        of_0 = state["expected_probability"]
        value = np.where(trial.taken[0] > 0, of_0, 1 - of_0)
        told = {"value": value, "prediction_error": trial.reward - value}
        told |= {name: state[name] for name in NAMES[1:]}
        return self._state(belief, of_0.shape), told

    def _state(self, belief: Float[np.ndarray, "volatility drift sequence probability"], shape: Shape) -> State:
        expected = zip(NAMES, self._observer.expectations(belief), strict=True)
        return {"belief": belief, **{name: values.reshape(shape) for name, values in expected}}

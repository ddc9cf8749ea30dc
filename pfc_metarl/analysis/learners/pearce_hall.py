"""Learning that is fast where outcomes were surprising."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.learner import Details, Learner, Shape, State
from pfc_metarl.analysis.learners.parameter import Parameter, learning_rate
from pfc_metarl.analysis.learners.sequences import Trial


class PearceHall(Learner):
    r"""The delta rule with a rate that follows the size of recent errors, arm by arm.

    .. math:: \delta = r - Q(a), \qquad Q(a) \leftarrow Q(a) + \kappa A(a) \delta, \qquad
              A(a) \leftarrow (1 - \eta) A(a) + \eta |\delta|

    The associability A is 1 and Q is .5 at first. kappa is ``learning_rate``, eta
    ``associability_rate``; with eta of zero it is the delta rule.

    References
    ----------
    Pearce & Hall (1980); Li et al. (2011), "hybrid model", whose equations these are.
    """

    name = "pearce-hall"

    def __init__(self) -> None:
        # The likelihood often has a second maximum where associability hardly changes.
        self.learning = (learning_rate(), Parameter("associability_rate", 0.0, 1.0, (0.1, 0.9), (0.0, 0.5)))
        self.rule = ChoiceRule()

    def start(self, shape: Shape) -> State:
        return {"value": np.full((2, *shape), 0.5), "associability": np.ones((2, *shape))}

    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        return state["value"][1] - state["value"][0]

    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        value, associability = state["value"], state["associability"]
        expected, attention = (value * trial.taken).sum(0), (associability * trial.taken).sum(0)
        error = trial.reward - expected
        surprise = own["associability_rate"] * (np.abs(error) - attention)
        following = {
            "value": value + own["learning_rate"] * attention * error * trial.taken,
            "associability": associability + surprise * trial.taken,
        }
        return following, {"value": expected, "prediction_error": error, "associability": attention}

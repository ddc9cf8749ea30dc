"""Model-free, model-based and hybrid learners of the two-step task, by their choices at the first stage."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float

from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.learner import Details, Learner, Shape, State
from pfc_metarl.analysis.learners.parameter import Parameter, learning_rate
from pfc_metarl.analysis.learners.sequences import Trial

Kind = Literal["model-free", "model-based", "hybrid"]


class TwoStepLearner(Learner):
    r"""Learn what second-stage states are worth, and choose at the first stage by cache, by plan, or by both.

    .. math:: \delta_{\text{outcome}} = r - V(s), \quad V(s) \leftarrow V(s) + \alpha \delta_{\text{outcome}}

    Model-free, SARSA(:math:`\lambda`):

    .. math:: \delta_{\text{stage 2}} = V(s) - Q_{MF}(a), \quad
              Q_{MF}(a) \leftarrow Q_{MF}(a)
              + \alpha (\delta_{\text{stage 2}} + \lambda \delta_{\text{outcome}})

    Model-based, with the true transitions: :math:`Q_{MB}(a) = \sum_s P(s|a) V(s)`. Hybrid:
    :math:`Q = w Q_{MB} + (1 - w) Q_{MF}`. All values are .5 at first. lambda is ``eligibility``,
    w ``mixing_weight``; choices are softmax with perseveration.

    A person's choice at the second stage is not modelled: V(s) is the value of a state, whatever
    was chosen there. So the same learner is fitted to people and to our task, which has no such
    choice.

    Parameters
    ----------
    kind : which values decide.
    common : probability that option 0 leads to state 0 and option 1 to state 1.
    anticorrelated : what one state pays the other does not, so that
        :math:`V(\bar s) = 1 - V(s)`, as in our task. Otherwise each state has a value of its own.

    References
    ----------
    Daw et al. (2011), Experimental Procedures; Gläscher et al. (2010).
    """

    tasks = ("two-step",)
    two_stages = True

    def __init__(self, kind: Kind, common: float = 0.7, *, anticorrelated: bool = False) -> None:
        self.name, self.common, self.anticorrelated = kind, common, anticorrelated
        eligibility = (Parameter("eligibility", 0.0, 1.0, (0.1, 0.9)),) if kind != "model-based" else ()
        weight = (Parameter("mixing_weight", 0.0, 1.0, (0.1, 0.9)),) if kind == "hybrid" else ()
        self.learning = (learning_rate(), *eligibility, *weight)
        self.rule = ChoiceRule(perseverative=True)

    def start(self, shape: Shape) -> State:
        return {"state": np.full((2, *shape), 0.5), "action": np.full((2, *shape), 0.5)}

    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        value = self._decisive(own, state)
        return value[1] - value[0]

    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        values, cached = state["state"], state["action"]
        reached = (values * trial.reached).sum(0)
        outcome = trial.reward - reached
        expected = (self._decisive(own, state) * trial.taken).sum(0)
        told = {"value": expected, "prediction_error": outcome, "prediction_error_stage_2": reached - expected}
        credit = trial.reached - trial.reached[::-1] if self.anticorrelated else trial.reached
        if self.name != "model-based":
            error = reached - (cached * trial.taken).sum(0) + own["eligibility"] * outcome
            cached = cached + own["learning_rate"] * error * trial.taken
        return {"state": values + own["learning_rate"] * outcome * credit, "action": cached}, told

    def _decisive(self, own: Own, state: State) -> Float[np.ndarray, "option candidate subject episode"]:
        """Values of the two options that decide the choice."""
        if self.name == "model-free":
            return state["action"]
        planned = self.common * state["state"] + (1 - self.common) * state["state"][::-1]
        if self.name == "model-based":
            return planned
        return own["mixing_weight"] * planned + (1 - own["mixing_weight"]) * state["action"]

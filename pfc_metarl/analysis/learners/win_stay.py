"""No values at all: the last outcome decides."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import logit

from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.learner import Details, Learner, Shape, State
from pfc_metarl.analysis.learners.parameter import Parameter
from pfc_metarl.analysis.learners.sequences import Trial


class WinStayLoseShift(Learner):
    """Repeat a choice that paid with one probability, and leave one that did not with another.

    The first choice is at random. The likeliest ``win_stay`` and ``lose_shift`` are the shares
    that were counted.

    References
    ----------
    Robbins (1952); Worthy & Maddox (2014), for two free probabilities.
    """

    name = "win-stay-lose-shift"
    tasks = (*Learner.tasks, "two-step")

    def __init__(self) -> None:
        self.learning = tuple(Parameter(name, 0.001, 0.999, (0.1, 0.9)) for name in ("win_stay", "lose_shift"))
        self.rule = ChoiceRule(tempered=False)

    def start(self, shape: Shape) -> State:
        return {"side": np.zeros(shape), "won": np.zeros(shape, bool)}

    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        return state["side"] * np.where(state["won"], logit(own["win_stay"]), -logit(own["lose_shift"]))

    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        following = {
            "side": np.where(trial.valid, trial.taken[1] - trial.taken[0], state["side"]),
            "won": np.where(trial.valid, trial.reward > 0, state["won"]),
        }
        return following, {}

"""The delta rule on the values of two arms, and its relatives."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.learner import Details, Learner, Shape, State
from pfc_metarl.analysis.learners.parameter import learning_rate
from pfc_metarl.analysis.learners.sequences import Trial
from pfc_metarl.base.errors import ConfigurationError


class RescorlaWagner(Learner):
    r"""Move the value of the chosen arm towards the reward.

    .. math:: \delta = r - Q(a), \qquad Q(a) \leftarrow Q(a) + \alpha \delta, \qquad Q = .5 \text{ at first}

    Parameters
    ----------
    anticorrelated : the arms pay with r and 1-r, so that every outcome speaks of both:
        :math:`Q(\bar a) \leftarrow Q(\bar a) - \alpha \delta`, one estimate of r. Otherwise each
        arm has a value of its own, and the other one stays as it is.
    asymmetric : one rate for errors above zero and one for those below.
    rate : alpha, known beforehand and not fitted; None fits it.
    perseverative, lapsing, magnitudes : as in `ChoiceRule`.

    References
    ----------
    Rescorla & Wagner (1972); Behrens et al. (2007), for anticorrelated arms; Niv et al. (2012),
    for asymmetric rates.
    """

    def __init__(
        self,
        *,
        anticorrelated: bool = False,
        asymmetric: bool = False,
        rate: float | None = None,
        perseverative: bool = False,
        lapsing: bool = False,
        magnitudes: bool = False,
    ) -> None:
        kinds = {
            "anticorrelated": anticorrelated,
            "asymmetric": asymmetric,
            f"rate-{rate}": rate is not None,
            "perseverative": perseverative,
            "lapse": lapsing,
            "magnitudes": magnitudes,
        }
        self.name = "-".join(["rescorla-wagner", *(kind for kind, chosen in kinds.items() if chosen)])
        if rate is not None and (asymmetric or not 0 < rate <= 1):
            raise ConfigurationError(
                f"rate is {rate}: a known rate is one number above 0 and at most 1, for all errors"
            )
        self.anticorrelated, self.asymmetric, self.rate = anticorrelated, asymmetric, rate
        names = ("learning_rate_positive", "learning_rate_negative") if asymmetric else ("learning_rate",)
        self.learning = tuple(learning_rate(name) for name in names) if rate is None else ()
        self.rule = ChoiceRule(perseverative=perseverative, lapsing=lapsing, magnitudes=magnitudes)

    def start(self, shape: Shape) -> State:
        return {"value": np.full((2, *shape), 0.5)}

    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        return state["value"][1] - state["value"][0]

    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        value = state["value"]
        expected = (value * trial.taken).sum(0)
        error = trial.reward - expected
        moved = self._rate(own, error) * error
        credit = trial.taken - trial.taken[::-1] if self.anticorrelated else trial.taken
        return {"value": value + moved * credit}, {"value": expected, "prediction_error": error}

    def _rate(self, own: Own, error: Float[np.ndarray, "candidate subject episode"]) -> Float[np.ndarray, "..."]:
        if self.asymmetric:
            return np.where(error > 0, own["learning_rate_positive"], own["learning_rate_negative"])
        return own["learning_rate"] if self.rate is None else np.asarray(self.rate)

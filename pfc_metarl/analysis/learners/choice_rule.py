"""From what an option is worth to the probability of choosing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import expit, log_expit

from pfc_metarl.analysis.learners.parameter import (
    INVERSE_TEMPERATURE,
    LAPSE,
    MAGNITUDE_WEIGHT,
    PERSEVERATION,
    Parameter,
)

# Parameters by name, each of a shape that broadcasts against ``candidate subject episode``.
Own = Mapping[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class ChoiceRule:
    r"""Softmax between two options, with what else may draw towards one.

    .. math:: P(a = 1) = (1 - \epsilon) \frac{1}{1 + e^{-x}} + \frac{\epsilon}{2}, \qquad
              x = \beta A + \kappa L + \mu M

    A is the advantage of option 1 over option 0, L the side of the last choice (1 or -1, 0
    before the first) and M the magnitude shown for option 1 minus that for option 0.

    Attributes
    ----------
    tempered : whether beta, ``inverse_temperature``, is fitted; otherwise it is 1.
    perseverative : whether kappa, ``perseveration``, is fitted; otherwise it is 0.
    lapsing : whether epsilon, ``lapse``, is fitted; otherwise it is 0.
    magnitudes : whether mu, ``magnitude_weight``, is fitted; otherwise it is 0.

    References
    ----------
    Daw et al. (2011), Methods, for L; Gagne et al. (2020), eq. 2, for M.
    """

    tempered: bool = True
    perseverative: bool = False
    lapsing: bool = False
    magnitudes: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those that are fitted, in order."""
        used = {
            INVERSE_TEMPERATURE: self.tempered,
            PERSEVERATION: self.perseverative,
            LAPSE: self.lapsing,
            MAGNITUDE_WEIGHT: self.magnitudes,
        }
        return tuple(parameter for parameter, fitted in used.items() if fitted)

    def logit(
        self,
        own: Own,
        advantage: Float[np.ndarray, "*shape"],
        last: Float[np.ndarray, "*other"],
        magnitude: Float[np.ndarray, "*other"],
    ) -> Float[np.ndarray, "..."]:
        """X of the equation, above zero where option 1 is preferred."""
        logit = own["inverse_temperature"] * advantage if self.tempered else advantage
        if self.perseverative:
            logit = logit + own["perseveration"] * last
        if self.magnitudes:
            logit = logit + own["magnitude_weight"] * magnitude
        return logit

    def probability(self, own: Own, logit: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Probability of the option that a logit speaks for."""
        if not self.lapsing:
            return expit(logit)
        return (1 - own["lapse"]) * expit(logit) + own["lapse"] / 2

    def log_probability(self, own: Own, logit: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Logarithm of the same."""
        return np.log(self.probability(own, logit)) if self.lapsing else log_expit(logit)

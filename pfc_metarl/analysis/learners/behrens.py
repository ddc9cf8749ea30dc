"""A Bayesian observer that estimates a probability together with how fast it changes.

References
----------
Behrens, Woolrich, Walton & Rushworth (2007), Nature Neuroscience 10:1214, and its Supplement.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from scipy.stats import beta as beta_distribution

AXES = ("subject", "episode", "step")

# Range of each hidden variable (Behrens et al.): probability, log precision of its steps,
# and log variance of the steps of the log precision.
PROBABILITY = (0.025, 0.975)
LOG_PRECISION = (np.log(2), np.log(10_000))
LOG_DRIFT = (np.log(5e-4), np.log(20))

# Expected probability, expected volatility and learning rate.
NAMES = ("expected_probability", "expected_volatility", "learning_rate")


class BehrensObserver:
    r"""Exact filter over probability r, volatility v and its drift k, on a grid.

    Between trials r moves by a Beta step around where it was, the wider the larger v; v moves
    by a Gaussian step of variance :math:`e^k`; k never changes. Nothing is known beforehand:
    the prior is flat over the grid.

    .. math:: r' \sim \text{Beta}(1 + e^{-v'} r,\; 1 + e^{-v'} (1 - r)), \quad
              v' \sim \mathcal{N}(v, e^k), \quad y \sim \text{Bernoulli}(r)

    Parameters
    ----------
    probabilities, volatilities, drifts : points of the grid along each variable.
    """

    def __init__(self, probabilities: int = 20, volatilities: int = 12, drifts: int = 6) -> None:
        self.probability = np.linspace(*PROBABILITY, probabilities)
        # From the most volatile, with the least precise steps, to the steadiest.
        self.volatility = -np.linspace(*LOG_PRECISION, volatilities)
        self._drift = _drift_steps(self.volatility, np.exp(np.linspace(*LOG_DRIFT, drifts)))
        self._step = _probability_steps(self.probability, self.volatility)

    def run(self, recording: xr.Dataset) -> xr.Dataset:
        r"""Watch somebody choose between two arms that pay with r and 1-r.

        A win of arm 0 and a loss of arm 1 are both samples of r, the probability of arm 0.

        Parameters
        ----------
        recording : ``choice`` and ``reward`` over ``subject episode step``.

        Returns
        -------
        What the observer believes before each outcome, over the same axes.
        ``expected_probability``: of arm 0. ``expected_volatility``: minus the log precision of
        a step of r. ``learning_rate``: the part of a prediction error by which the outcome
        will move the expectation,

        .. math:: E[r|y=1] - E[r|y=0] = \frac{\text{Var}(r)}{E[r] (1 - E[r])},

        which in the delta rule :math:`q + \alpha (y - q)` is alpha.
        """
        choice, reward = (recording[name].transpose(*AXES).values for name in ("choice", "reward"))
        favours_0 = (choice == 0) == (reward > 0)
        beliefs = self.filter(favours_0.reshape(-1, favours_0.shape[-1]))
        shaped = (belief.reshape(favours_0.shape) for belief in beliefs)
        return xr.Dataset(
            {name: (AXES, values) for name, values in zip(NAMES, shaped, strict=True)},
            coords={"subject": recording["subject"]},
        )

    def filter(
        self, outcome: Bool[np.ndarray, "sequence trial"]
    ) -> tuple[
        Float[np.ndarray, "sequence trial"], Float[np.ndarray, "sequence trial"], Float[np.ndarray, "sequence trial"]
    ]:
        """Filter many sequences at once; return expected probability, expected volatility and learning rate."""
        sequences, trials = outcome.shape
        belief = self.prior(sequences)
        expected = np.empty((3, trials, sequences))
        for trial in range(trials):
            expected[:, trial] = self.expectations(belief)
            belief = self.following(belief, outcome[:, trial])
        probability, volatility, rate = expected.swapaxes(1, 2)
        return probability, volatility, rate

    def prior(self, sequences: int) -> Float[np.ndarray, "volatility drift sequence probability"]:
        """Belief before the first outcome."""
        shape = (len(self.volatility), self._drift.shape[0], sequences, len(self.probability))
        return np.full(shape, 1 / (shape[0] * shape[1] * shape[3]), np.float32)

    def expectations(
        self, belief: Float[np.ndarray, "volatility drift sequence probability"]
    ) -> tuple[Float[np.ndarray, " sequence"], Float[np.ndarray, " sequence"], Float[np.ndarray, " sequence"]]:
        """Expected probability, expected volatility and learning rate."""
        over_probability = belief.sum((0, 1))
        mean = over_probability @ self.probability
        variance = over_probability @ self.probability**2 - mean**2
        return mean, belief.sum((1, 3)).T @ self.volatility, variance / (mean * (1 - mean))

    def following(
        self, belief: Float[np.ndarray, "volatility drift sequence probability"], outcome: Bool[np.ndarray, " sequence"]
    ) -> Float[np.ndarray, "volatility drift sequence probability"]:
        """Belief before the next outcome, given this one."""
        likelihood = np.where(outcome[:, None], self.probability, 1 - self.probability)
        seen = belief * likelihood.astype(np.float32)
        seen /= seen.sum((0, 1, 3))[:, None]
        return self._drifted(seen)

    def _drifted(
        self, belief: Float[np.ndarray, "volatility drift sequence probability"]
    ) -> Float[np.ndarray, "volatility drift sequence probability"]:
        """Let volatility move, given k, and then probability, given the new volatility."""
        volatilities, drifts, _, probabilities = belief.shape
        flat = belief.reshape(volatilities, drifts, -1).swapaxes(0, 1)
        moved = np.empty_like(belief)
        np.matmul(self._drift, flat, out=moved.reshape(volatilities, drifts, -1).swapaxes(0, 1))
        return np.matmul(moved.reshape(volatilities, -1, probabilities), self._step).reshape(belief.shape)


def _drift_steps(
    volatility: Float[np.ndarray, " volatility"], variance: Float[np.ndarray, " drift"]
) -> Float[np.ndarray, "drift to volatility"]:
    """Probability of going from one volatility to another, per variance of the step."""
    distance = volatility[:, None] - volatility
    weight = np.exp(-(distance**2) / (2 * variance[:, None, None]))
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def _probability_steps(
    probability: Float[np.ndarray, " probability"], volatility: Float[np.ndarray, " volatility"]
) -> Float[np.ndarray, "volatility probability to"]:
    """Probability of going from one value of r to another, per volatility."""
    precision = np.exp(-volatility)[:, None, None]
    before, after = probability[:, None], probability
    weight = beta_distribution.pdf(after, 1 + precision * before, 1 + precision * (1 - before))
    return (weight / weight.sum(-1, keepdims=True)).astype(np.float32)

r"""Rescorla-Wagner learning with soft choices between two arms, fitted to anyone's choices.

The arms pay with r and 1-r, so every outcome is a sample of the same r: a win of arm 0 and a
loss of arm 1 both speak for arm 0 (y = 1). The learner keeps one estimate q of r, .5 at first.

.. math:: P(a = 0) = \frac{1}{1 + e^{-\beta (2q - 1)}}, \qquad q \leftarrow q + \alpha (y - q)

References
----------
Rescorla & Wagner (1972); Behrens et al. (2007), who fit it to each phase on its own.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from scipy.special import expit, log_expit

AXES = ("subject", "episode", "step")

# Learning rates are sought on a grid over this range, then on one as fine between the neighbours
# of the best; both are even in the logarithm. In the end neighbours differ by less than 3%.
RANGE = (0.001, 1.0)
POINTS = 24

# Choices that never contradict the learner would want it without end.
LARGEST_INVERSE_TEMPERATURE = 100.0


def fit(recording: xr.Dataset, counted: xr.DataArray) -> xr.Dataset:
    """Find the learning rate and inverse temperature under which each subject's choices are likeliest.

    The learner goes through whole episodes, so that it enters a later block with the estimate
    that it has by then; only the choices that count are explained.

    Parameters
    ----------
    recording : ``choice`` and ``reward`` over ``subject episode step``.
    counted : which choices count, such as those of one block, over the same axes.

    Returns
    -------
    Over ``subject``: ``learning_rate``, ``inverse_temperature``, and ``log_likelihood`` per choice.
    """
    chose_0 = recording["choice"].transpose(*AXES).values == 0
    favours_0 = chose_0 == (recording["reward"].transpose(*AXES).values > 0)
    mask = counted.transpose(*AXES).values
    fits = [_fit(*subject) for subject in zip(chose_0, favours_0, mask, strict=True)]
    names = ("learning_rate", "inverse_temperature", "log_likelihood")
    columns = {name: ("subject", np.array(values)) for name, values in zip(names, zip(*fits, strict=True), strict=True)}
    return xr.Dataset(columns, coords={"subject": recording["subject"]})


def simulate(
    probability: xr.DataArray,
    learning_rate: Float[np.ndarray, " subject"],
    inverse_temperature: Float[np.ndarray, " subject"],
    seed: int = 0,
) -> xr.Dataset:
    """Let the learner itself choose, with one learning rate throughout.

    Parameters
    ----------
    probability : r, the payoff of arm 0, over ``subject episode step``.
    learning_rate, inverse_temperature : alpha and beta of each subject.
    seed : of choices and outcomes.

    Returns
    -------
    ``choice`` and ``reward`` over the same axes.
    """
    generator = np.random.default_rng(seed)
    payoff = probability.transpose(*AXES).values
    estimate = np.full(payoff.shape[:2], 0.5)
    choice, reward = np.empty(payoff.shape, int), np.empty(payoff.shape)
    for step in range(payoff.shape[-1]):
        chose_0 = generator.random(estimate.shape) < expit(inverse_temperature[:, None] * (2 * estimate - 1))
        paid = generator.random(estimate.shape) < np.where(chose_0, payoff[..., step], 1 - payoff[..., step])
        choice[..., step], reward[..., step] = ~chose_0, paid
        estimate = estimate + learning_rate[:, None] * ((chose_0 == paid) - estimate)
    return xr.Dataset({"choice": (AXES, choice), "reward": (AXES, reward)}, coords={"subject": probability["subject"]})


def _fit(
    chose_0: Bool[np.ndarray, "episode step"],
    favours_0: Bool[np.ndarray, "episode step"],
    mask: Bool[np.ndarray, "episode step"],
) -> tuple[float, float, float]:
    """Return one subject's learning rate, inverse temperature and log likelihood."""
    side = np.where(chose_0, 1.0, -1.0)[mask]

    def best_of(rates: Float[np.ndarray, " rate"]) -> tuple[int, float, float]:
        # What the arm that was chosen is worth more than the other, before each choice.
        worth = side * (2 * _estimates(favours_0, rates)[:, mask] - 1)
        beta = _inverse_temperature(worth)
        likelihood = log_expit(beta[:, None] * worth).mean(-1)
        best = int(np.argmax(likelihood))
        return best, float(beta[best]), float(likelihood[best])

    coarse = np.geomspace(*RANGE, POINTS)
    near, _, _ = best_of(coarse)
    fine = np.geomspace(coarse[max(near - 1, 0)], coarse[min(near + 1, POINTS - 1)], POINTS)
    best, beta, likelihood = best_of(fine)
    return float(fine[best]), beta, likelihood


def _estimates(
    favours_0: Bool[np.ndarray, "episode step"], rates: Float[np.ndarray, " rate"]
) -> Float[np.ndarray, "rate episode step"]:
    """Estimates of r before each choice, for many learning rates."""
    estimate = np.full((len(rates), len(favours_0)), 0.5)
    before = np.empty((*estimate.shape, favours_0.shape[-1]))
    for step in range(favours_0.shape[-1]):
        before[..., step] = estimate
        estimate = estimate + rates[:, None] * (favours_0[:, step] - estimate)
    return before


def _inverse_temperature(worth: Float[np.ndarray, "rate choice"]) -> Float[np.ndarray, " rate"]:
    """Maximise the likelihood over beta for each rate; it is concave, so Newton's method finds its only maximum."""
    beta = np.ones(len(worth))
    for _ in range(100):
        wrong = expit(-beta[:, None] * worth)
        slope = (worth * wrong).mean(-1)
        curvature = (worth**2 * wrong * (1 - wrong)).mean(-1)
        # Steps are held short: far from the maximum the parabola is a poor picture.
        step = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0).clip(-5, 5)
        moved = (beta + step).clip(0, LARGEST_INVERSE_TEMPERATURE)
        if np.allclose(moved, beta, rtol=1e-4, atol=1e-4):
            return moved
        beta = moved
    return beta

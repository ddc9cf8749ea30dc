"""Many small maximum-likelihood problems with bounds, solved side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

Points = Float[np.ndarray, "candidate subject parameter"]
Values = Float[np.ndarray, "candidate subject"]
Curvatures = Float[np.ndarray, "candidate subject parameter parameter"]

# A problem is solved when a step that is hardly damped moves no parameter by more than this share
# of itself, or when a step that promised less than this fails.
TOLERANCE = 1e-5
PROMISE = 1e-7

# Likelihoods closer than this share of themselves differ by rounding alone.
ROUNDING = 1e-13

# Damping, relative to the information: where it begins, how it falls and rises, and its least.
DAMPING, EASIER, HARDER, LEAST = 0.01, 0.2, 5.0, 1e-10

# The curvature seen along a step is believed if it is within this factor of the expected one.
BELIEVABLE = 10.0


class Slope(NamedTuple):
    """The likelihood around some points.

    Attributes
    ----------
    value : log likelihood.
    score : its gradient.
    information : its curvature downwards, as expected (Fisher information).
    """

    value: Values
    score: Points
    information: Curvatures

    def or_where(self, better: Bool[np.ndarray, "candidate subject"], other: Slope) -> Slope:
        """Take another one's values where that is better."""
        pairs = zip(self, other, strict=True)
        return Slope(*(np.where(better.reshape(better.shape + (1,) * (a.ndim - 2)), b, a) for a, b in pairs))

    def of(self, subjects: Bool[np.ndarray, " subject"]) -> Slope:
        """Keep some subjects."""
        return Slope(*(each[:, subjects] for each in self))


# The likelihood at points of the subjects with the given numbers.
Objective = Callable[[Points, Int[np.ndarray, " subject"]], Slope]


def maximise(
    objective: Objective,
    start: Points,
    lower: Float[np.ndarray, " parameter"],
    upper: Float[np.ndarray, " parameter"],
    iterations: int = 200,
) -> tuple[Points, Values]:
    """Climb from every point at once by Fisher scoring with Marquardt's damping, inside a box.

    One evaluation is one step for all. A subject leaves when all its candidates are solved. Each
    step corrects the expected curvature by what was seen (BFGS): where a learner is not the one
    that made the choices the two differ, and scoring alone would be slow.

    Parameters
    ----------
    objective : to maximise; each candidate and subject is a problem of its own.
    start : where to begin, inside the box.
    lower, upper : bounds of each parameter; what is best there ends there.
    iterations : steps at most.

    Returns
    -------
    Where each candidate ended, and its log likelihood.

    References
    ----------
    Marquardt (1963); Fahrmeir & Tutz (2001), appendix B, for Fisher scoring; Nocedal & Wright
    (2006), eq. 6.19, for BFGS.
    """
    points, values = start.copy(), np.empty(start.shape[:2])
    subjects, here = np.arange(start.shape[1]), start
    slope = objective(here, subjects)
    damping, solved = np.full(values.shape, DAMPING), np.zeros(values.shape, bool)
    for _ in range(iterations):
        step = _step(here, slope, damping, lower, upper)
        there = np.clip(here + step, lower, upper)
        after = objective(there, subjects)
        better = after.value >= slope.value - ROUNDING * np.abs(slope.value)
        small = (np.abs(there - here) <= TOLERANCE * (np.abs(here) + TOLERANCE)).all(-1)
        solved |= np.where(better, small & (damping <= DAMPING), (step * slope.score).sum(-1) < PROMISE)
        after = after._replace(information=_curvature(slope, after, there - here))
        here, slope = np.where(better[..., None], there, here), slope.or_where(better, after)
        damping = np.where(better, np.maximum(damping * EASIER, LEAST), damping * HARDER)
        points[:, subjects], values[:, subjects] = here, slope.value
        going = ~solved.all(0)
        if not going.any():
            break
        subjects, here, slope = subjects[going], here[:, going], slope.of(going)
        damping, solved = damping[:, going], solved[:, going]
    return points, values


def _step(
    here: Points,
    slope: Slope,
    damping: Values,
    lower: Float[np.ndarray, " parameter"],
    upper: Float[np.ndarray, " parameter"],
) -> Points:
    """Solve for the damped step; a parameter that its bound holds back stays."""
    held = ((here <= lower) & (slope.score <= 0)) | ((here >= upper) & (slope.score >= 0))
    diagonal = np.diagonal(slope.information, axis1=-2, axis2=-1)
    # Each parameter in units of its own uncertainty: tiny and huge ones are solved for alike.
    unit = np.divide(1, np.sqrt(diagonal.clip(min=0)), out=np.zeros_like(diagonal), where=~held & (diagonal > 0))
    scaled = slope.information * unit[..., None] * unit[..., None, :]
    damped = scaled + (damping[..., None] + (unit == 0))[..., None] * np.eye(here.shape[-1])
    return unit * np.linalg.solve(damped, (unit * slope.score)[..., None])[..., 0]


def _curvature(before: Slope, after: Slope, step: Points) -> Curvatures:
    """Curvature after a step: the one before, made to explain how the score changed; else the expected one."""
    change = before.score - after.score
    expected = (before.information @ step[..., None])[..., 0]
    along, along_expected = (change * step).sum(-1), (expected * step).sum(-1)
    usable = (along > along_expected / BELIEVABLE) & (along < along_expected * BELIEVABLE)
    seen = _outer(change, np.where(usable, along, 1)) - _outer(expected, np.where(usable, along_expected, 1))
    return np.where(usable[..., None, None], before.information + seen, after.information)


def _outer(vector: Points, size: Values) -> Curvatures:
    return vector[..., None] * vector[..., None, :] / size[..., None, None]

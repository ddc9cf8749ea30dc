r"""Modes of the dynamics near a point: eigenvalues, how long each lasts, whether it grows.

Near a fixed point, displacement along an eigenvector is multiplied by its eigenvalue :math:`\lambda`
at every step: it fades where :math:`|\lambda| < 1`, grows where it is above, and turns by the angle
of a complex one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int

# Modes whose size differs from 1 by less than this neither fade nor grow.
NEUTRAL = 1e-6

# A mode of which the hidden units show less than this is hidden from policy and value: a saturated cell may drift on.
SHOWN = 0.01


def time_constant(eigenvalue: Complex[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    r"""Steps in which a mode fades to 1/e, :math:`\tau = -1 / \log |\lambda|`.

    Negative where it grows (e-fold in so many steps), infinite where it stays, zero where one step ends it.
    """
    size = np.abs(eigenvalue)
    with np.errstate(divide="ignore"):
        fading = -np.log(size)
        return np.where(np.abs(size - 1) < NEUTRAL, np.inf, 1 / fading)


def unstable_modes(eigenvalue: Complex[np.ndarray, "*axes mode"]) -> Int[np.ndarray, "*axes"]:
    """How many modes grow."""
    return (np.abs(eigenvalue) >= 1 + NEUTRAL).sum(-1)


@dataclass(frozen=True)
class Modes:
    """Modes of some points, the largest eigenvalue first.

    Attributes
    ----------
    eigenvalue : of each mode.
    shown : length of the hidden units' part of its eigenvector, whose whole length is 1.
    slow_direction : unit vector in which the slowest mode that shows moves the hidden units (its sign
        means nothing), zeros where none shows.
    """

    eigenvalue: Complex[np.ndarray, "point state"]
    shown: Float[np.ndarray, "point state"]
    slow_direction: Float[np.ndarray, "point unit"]


def modes(jacobian: Float[np.ndarray, "point state state"], units: int) -> Modes:
    """Find the modes of Jacobians of the state, which begins with so many hidden units.

    The slowest mode is the one that fades or grows least. A complex mode turns in a plane; its
    direction is the longest axis of the ellipse that it traces there.
    """
    values, vectors = (array.astype(complex) for array in np.linalg.eig(jacobian))
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    values = np.take_along_axis(values, order, axis=-1)
    hidden = np.take_along_axis(vectors, order[:, None], axis=-1)[:, :units]
    shown = np.linalg.norm(hidden, axis=1)
    slowest = np.where(shown >= SHOWN, np.abs(np.abs(values) - 1), np.inf).argmin(-1)
    vector = np.take_along_axis(hidden, slowest[:, None, None], axis=-1)[..., 0]
    # The phase at which the squares add up to a positive number is that of the longest real part.
    phase = np.angle((vector**2).sum(-1, keepdims=True)) / 2
    direction = (vector * np.exp(-1j * phase)).real
    length = np.linalg.norm(direction, axis=-1, keepdims=True)
    return Modes(values, shown, np.divide(direction, length, out=np.zeros_like(direction), where=length >= SHOWN))

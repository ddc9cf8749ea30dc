"""Levenberg-Marquardt for many starts at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Residual = Callable[[Float[Tensor, "row state"]], Float[Tensor, "row state"]]
Jacobian = Callable[[Float[Tensor, "row state"]], Float[Tensor, "row state state"]]

# Damping at first, its limits, and its change after a step that helped and one that did not.
FIRST, LEAST, MOST = 1e-2, 1e-12, 1e8
EASE, TIGHTEN = 0.2, 4.0

# A residual this small is zero but for rounding.
ZERO = 1e-13

# A minimum is reached where the gradient is this small a part of the residual.
FLAT = 1e-4

# A search goes on while so many iterations lower its residual to this share or less.
PATIENCE, PROGRESS = 20, 0.95


@dataclass(frozen=True)
class Minima:
    """Where each start ended.

    Attributes
    ----------
    position : the best found.
    residual : length of the residual there.
    flat : whether it is a minimum: the residual is zero, or no direction makes it smaller.
    """

    position: Float[Tensor, "row state"]
    residual: Float[Tensor, " row"]
    flat: Bool[Tensor, " row"]


@torch.no_grad()
def minimise(residual: Residual, jacobian: Jacobian, start: Float[Tensor, "row state"], iterations: int) -> Minima:
    r"""Minimise :math:`\frac{1}{2} |G(x)|^2` from each start, by steps d with

    .. math:: (A^\top A + \mu I) d = -A^\top G,

    where A is the Jacobian of G. The damping :math:`\mu` falls after a step that helped, and rises
    after one that did not, which is not taken.

    Parameters
    ----------
    residual, jacobian : G and A, of many rows at once.
    start : one row per search.
    iterations : at most; a search ends earlier at a minimum, or where it gets no further.

    References
    ----------
    Levenberg (1944), Marquardt (1963). Sussillo & Barak (2013) minimise the same function.
    """  # noqa: D400
    position = start.clone()
    value, slope = residual(position), jacobian(position)
    damping = torch.full_like(position[:, 0], FIRST)
    going = torch.ones_like(damping, dtype=torch.bool)
    mark = value.norm(dim=-1)
    for iteration in range(1, iterations + 1):
        busy = torch.nonzero(going)[:, 0]
        if not len(busy):
            break
        moved = position[busy] + _step(value[busy], slope[busy], damping[busy])
        there = residual(moved)
        helped = there.norm(dim=-1) < value[busy].norm(dim=-1)
        damping[busy] = (damping[busy] * torch.where(helped, EASE, TIGHTEN)).clamp(LEAST, MOST)
        better = busy[helped]
        if len(better):
            position[better], value[better] = moved[helped], there[helped]
            slope[better] = jacobian(position[better])
            going[better] = value[better].norm(dim=-1) > ZERO
        if iteration % PATIENCE == 0:
            length = value.norm(dim=-1)
            going &= length <= PROGRESS * mark
            mark = length
    return Minima(position, value.norm(dim=-1), _flat(value, slope))


def _step(
    value: Float[Tensor, "row state"], slope: Float[Tensor, "row state state"], damping: Float[Tensor, " row"]
) -> Float[Tensor, "row state"]:
    normal = slope.mT @ slope
    normal.diagonal(dim1=-2, dim2=-1).add_(damping[:, None])
    return -torch.cholesky_solve(slope.mT @ value[..., None], torch.linalg.cholesky(normal))[..., 0]


def _flat(value: Float[Tensor, "row state"], slope: Float[Tensor, "row state state"]) -> Bool[Tensor, " row"]:
    length = value.norm(dim=-1)
    gradient = (slope.mT @ value[..., None])[..., 0].norm(dim=-1)
    return (length <= ZERO) | (gradient < FLAT * length)

"""Means and cross-products that can be added up, so that linear analyses need one piece of the data at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True)
class Moments:
    r"""Sums of a table of numbers: all that least squares, ridge, correlation and PCA need of it.

    Moments of two tables add up to those of the two together (Chan, Golub & LeVeque, 1983),
    without the loss of digits that sums of squares about zero bring.

    Attributes
    ----------
    count : rows.
    mean : of each column.
    product : :math:`\sum (x - \bar x)(x - \bar x)^\top`.
    """

    count: int
    mean: Float[np.ndarray, " column"]
    product: Float[np.ndarray, "column column"]

    @classmethod
    def of(cls, rows: Float[np.ndarray, "row column"]) -> Moments:
        """Sum up a table of at least one row."""
        rows = rows.astype(float)
        mean = rows.mean(0)
        centred = rows - mean
        return cls(len(rows), mean, centred.T @ centred)

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        shift = other.mean - self.mean
        mean = self.mean + shift * (other.count / count)
        between = np.outer(shift, shift) * (self.count * other.count / count)
        return Moments(count, mean, self.product + other.product + between)

    @property
    def covariance(self) -> Float[np.ndarray, "column column"]:
        """Covariance of the columns, divided by the number of rows."""
        return self.product / self.count


@dataclass(frozen=True)
class PairedMoments:
    r"""Sums of predictors and of targets beside them, window by window: all that linear decoders need.

    Products among targets are left out, so that hundreds of targets, such as shuffles, cost little.
    Like `Moments` they add up.

    Attributes
    ----------
    count : rows.
    predictor_mean, target_mean : of each column.
    product : :math:`\sum (x - \bar x)(x - \bar x)^\top`.
    cross : :math:`\sum (x - \bar x)(y - \bar y)^\top`.
    power : :math:`\sum (y - \bar y)^2`.
    """

    count: Float[np.ndarray, " window"]
    predictor_mean: Float[np.ndarray, "window predictor"]
    target_mean: Float[np.ndarray, "window target"]
    product: Float[np.ndarray, "window predictor predictor"]
    cross: Float[np.ndarray, "window predictor target"]
    power: Float[np.ndarray, "window target"]

    @classmethod
    def of(
        cls,
        predictors: Float[np.ndarray, "window row predictor"],
        targets: Float[np.ndarray, "window row target"],
        present: Bool[np.ndarray, "window row"],
    ) -> PairedMoments:
        """Sum up the rows that are present; the others may hold anything, NaN too."""
        count = present.sum(1).astype(float)
        x, predictor_mean = _centred(predictors, present, count)
        y, target_mean = _centred(targets, present, count)
        turned = x.swapaxes(1, 2)
        return cls(count, predictor_mean, target_mean, turned @ x, turned @ y, (y**2).sum(1))

    def __add__(self, other: PairedMoments) -> PairedMoments:
        count = self.count + other.count
        part = _share(other.count, count)
        both = (self.count * part)[:, None]
        shift = other.predictor_mean - self.predictor_mean
        moved = other.target_mean - self.target_mean
        return PairedMoments(
            count,
            self.predictor_mean + shift * part[:, None],
            self.target_mean + moved * part[:, None],
            self.product + other.product + (both * shift)[:, :, None] * shift[:, None, :],
            self.cross + other.cross + (both * shift)[:, :, None] * moved[:, None, :],
            self.power + other.power + both * moved**2,
        )

    def within(self) -> PairedMoments:
        """All windows together, about the means of each: what differs between windows is left out."""
        zero = np.zeros_like(self.predictor_mean[:1]), np.zeros_like(self.target_mean[:1])
        sums = (each.sum(0, keepdims=True) for each in (self.product, self.cross, self.power))
        return PairedMoments(self.count.sum(keepdims=True), *zero, *sums)

    def window(self, position: int) -> PairedMoments:
        """One window, as the only one."""
        only = slice(position, position + 1)
        return PairedMoments(
            self.count[only],
            self.predictor_mean[only],
            self.target_mean[only],
            self.product[only],
            self.cross[only],
            self.power[only],
        )


def _centred(
    values: Float[np.ndarray, "window row column"],
    present: Bool[np.ndarray, "window row"],
    count: Float[np.ndarray, " window"],
) -> tuple[Float[np.ndarray, "window row column"], Float[np.ndarray, "window column"]]:
    """Values about their mean, zero where absent, and the mean; of no rows it is zero."""
    if present.all():
        mean = values.mean(1)
        return values - mean[:, None], mean
    kept = np.where(present[..., None], values, 0.0)
    mean = kept.sum(1) / np.maximum(count, 1)[:, None]
    return np.where(present[..., None], kept - mean[:, None], 0.0), mean


def _share(part: Float[np.ndarray, " window"], whole: Float[np.ndarray, " window"]) -> Float[np.ndarray, " window"]:
    return part / np.maximum(whole, 1)


Sums = TypeVar("Sums", Moments, PairedMoments)


def total(parts: Iterable[Sums]) -> Sums:
    """Add up the moments of at least one part."""
    whole, *others = parts
    for other in others:
        whole = whole + other
    return whole

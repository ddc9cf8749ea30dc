"""Readouts of one variable from one subject's activity, each judged on episodes that it was not fitted to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int, Shaped

from pfc_metarl.base.exchange import taken_over
from pfc_metarl.base.moments import PairedMoments, total
from pfc_metarl.base.readout import Readout, discriminant, levelled_ridge, ridge, squared_error
from pfc_metarl.recording.streaming import pieces

# A variable whose spread is below this part of its mean does not vary; the rest is rounding.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Part:
    """Rows of some episodes of one fold, by window: all steps together, or each step a window of its own."""

    fold: int
    episodes: Int[np.ndarray, " episode"]
    activity: Float[np.ndarray, "window row unit"]
    truth: Float[np.ndarray, "window row order"]
    present: Bool[np.ndarray, "window row"]


@dataclass(frozen=True)
class CrossValidation:
    """What is decoded from what, and how.

    Attributes
    ----------
    activity : over ``episode``, one further axis and ``unit``; in memory or still in its file.
    truth : of the same rows; NaN where there is none. Of classes, their positions.
    orders : of the truth's episodes: as they are, and those of the null.
    fold : of each episode.
    penalty : of the ridge, on standardised activity.
    classes : how many; 0 for a variable that has no classes.
    pooled : one decoder for all steps, or one for each.
    levels : one decoder for all steps whose level at each step is free; in place of pooled.
    """

    activity: xr.DataArray
    truth: Float[np.ndarray, "episode step"]
    orders: Int[np.ndarray, "order episode"]
    fold: Int[np.ndarray, " episode"]
    penalty: float
    classes: int
    pooled: bool
    levels: bool = False

    def scores(self, across: bool = False) -> Float[np.ndarray, "order *window"]:
        """Explained share of the variance or, of classes, balanced accuracy; NaN for a variable that never varies.

        Parameters
        ----------
        across : judge the decoder of every window on every window, over ``train test``.
        """
        moments = self._moments()
        readouts = self._readouts(moments)
        if self.classes:
            scores = self._accuracy(readouts, across)
        else:
            scores = _explained(readouts, moments, across, self.levels)
        return np.moveaxis(scores, -1, 0)

    def decoded(self) -> Float[np.ndarray, "episode step"]:
        """What one decoder for all steps, fitted to other episodes, reads from each row."""
        alone = replace(self, orders=self.orders[:1])
        readouts = alone._readouts(alone._moments())
        found = np.empty(self.truth.shape)
        for part in alone._parts():
            read = readouts[part.fold].read(part.activity)
            best = self._best(read) if self.classes else read
            there = np.isfinite(part.activity).all(-1)
            own = np.where(there, best[..., 0], np.nan)
            found[part.episodes] = own.reshape(len(part.episodes), -1) if self.pooled else own.T
        return found

    def _parts(self) -> Iterator[Part]:
        """Go once through the activity, a piece at a time, and through the folds of each piece."""
        first = 0
        for piece in pieces(self.activity):
            values = piece.transpose("episode", ..., "unit").values
            there = np.arange(first, first + len(values))
            first += len(values)
            for fold in np.unique(self.fold[there]):
                own = self.fold[there] == fold
                activity = values[own].astype(float)
                truth = np.moveaxis(taken_over(self.truth, self.orders, there[own]), 0, -1)
                present = np.asarray(np.isfinite(activity).all(-1) & np.isfinite(truth).all(-1))
                arranged = (self._windows(each) for each in (activity, truth, present))
                yield Part(int(fold), there[own], *arranged)

    def _windows(self, values: Shaped[np.ndarray, "episode step *column"]) -> Shaped[np.ndarray, "window row *column"]:
        return values.reshape(1, -1, *values.shape[2:]) if self.pooled else values.swapaxes(0, 1)

    def _moments(self) -> list[PairedMoments]:
        """Moments of each fold."""
        sums: dict[int, PairedMoments] = {}
        for part in self._parts():
            targets = self._indicators(part.truth) if self.classes else part.truth
            own = PairedMoments.of(part.activity, targets, part.present)
            sums[part.fold] = sums[part.fold] + own if part.fold in sums else own
        return [sums[fold] for fold in sorted(sums)]

    def _indicators(self, truth: Float[np.ndarray, "window row order"]) -> Float[np.ndarray, "window row target"]:
        """A column for each class of each order."""
        return (truth[..., None] == np.arange(self.classes)).reshape(*truth.shape[:2], -1).astype(float)

    def _best(self, read: Float[np.ndarray, "window row target"]) -> Int[np.ndarray, "window row order"]:
        """The class whose target is largest, under each order."""
        targets = read.reshape(*read.shape[:2], -1, self.classes)
        # Two are compared much faster than searched.
        return (targets[..., 1] > targets[..., 0]).astype(int) if self.classes == 2 else targets.argmax(-1)

    def _readouts(self, moments: list[PairedMoments]) -> list[Readout]:
        """For each fold, the decoder fitted to all the others."""
        return [
            self._fit(total(other for position, other in enumerate(moments) if position != fold))
            for fold in range(len(moments))
        ]

    def _fit(self, moments: PairedMoments) -> Readout:
        if self.classes:
            return discriminant(moments, self.classes, self.penalty)
        return levelled_ridge(moments, self.penalty) if self.levels else ridge(moments, self.penalty)

    def _accuracy(self, readouts: list[Readout], across: bool) -> Float[np.ndarray, "*window order"]:
        """Share of each class that was told, mean over the classes that came."""
        right, members = np.zeros(()), np.zeros(())
        for part in self._parts():
            readout = readouts[part.fold]
            belongs = (part.truth[..., None] == np.arange(self.classes)) & part.present[..., None, None]
            decoders = [readout.window(train) for train in range(len(part.truth))] if across else [readout]
            told = [self._best(each.read(part.activity)) == part.truth for each in decoders]
            told = [(each[..., None] & belongs).sum(1) for each in told]
            right = right + (np.stack(told) if across else told[0])
            members = members + belongs.sum(1)
        came = (members > 0).sum(-1)
        share = (right / np.maximum(members, 1)).sum(-1) / np.maximum(came, 1)
        return np.where(came > 1, share, np.nan)


def _explained(
    readouts: list[Readout], moments: list[PairedMoments], across: bool, together: bool
) -> Float[np.ndarray, "*window order"]:
    """Share of the variance about each window's mean that readouts of other episodes explain.

    Parameters
    ----------
    across : the readouts of all windows in each window.
    together : add up all windows' variances and errors.
    """
    every = total(moments)
    pairs = list(zip(readouts, moments, strict=True))
    if across:
        windows = range(len(every.count))
        errors = [sum(squared_error(readout, own.window(test)) for readout, own in pairs) for test in windows]
        error = np.stack(errors, axis=1)
    else:
        error = np.asarray(sum(squared_error(readout, own) for readout, own in pairs))
    varies = every.power > every.count[:, None] * (ROUNDING * every.target_mean) ** 2
    error, power = (np.where(varies, each, 0) for each in (error, every.power))
    if together:
        error, power = (each.sum(0, keepdims=True) for each in (error, power))
    return 1 - error / np.where(power > 0, power, np.nan)

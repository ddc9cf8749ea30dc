"""Linear readouts of activity, fitted and judged from moments alone: no row is looked at twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pfc_metarl.base.moments import PairedMoments


@dataclass(frozen=True)
class Readout:
    """What turns activity into targets: ``activity @ weight + intercept``, window by window."""

    weight: Float[np.ndarray, "window unit target"]
    intercept: Float[np.ndarray, "window target"]

    def read(self, activity: Float[np.ndarray, "place row unit"]) -> Float[np.ndarray, "place row target"]:
        """Apply the readout of each window to the rows of its place, or that of a single window everywhere."""
        return activity @ self.weight + self.intercept[:, None]

    def window(self, position: int) -> Readout:
        """One window's readout, as the only one."""
        only = slice(position, position + 1)
        return Readout(self.weight[only], self.intercept[only])


def ridge(moments: PairedMoments, penalty: float) -> Readout:
    r"""Ridge regression on standardised predictors, :math:`w = (Z^\top Z + \lambda I)^{-1} Z^\top y`.

    The penalty counts against sums over rows, as in scikit-learn, and spares the intercept.
    """
    scale, standard = _standardised(moments, penalty)
    weight = np.linalg.solve(standard, moments.cross / scale[..., None]) / scale[..., None]
    return _about_means(weight, moments.target_mean, moments)


def levelled_ridge(moments: PairedMoments, penalty: float) -> Readout:
    """Ridge regression with the same weights in all windows and a level of its own in each."""
    weight = ridge(moments.within(), penalty).weight
    return _about_means(np.repeat(weight, len(moments.count), axis=0), moments.target_mean, moments)


def discriminant(moments: PairedMoments, classes: int, penalty: float) -> Readout:
    r"""Fisher's linear discriminant for classes that are equally likely beforehand: the largest target wins.

    .. math:: s_c(x) = \mu_c^\top S^{-1} x - \tfrac12 \mu_c^\top S^{-1} \mu_c

    with x about the mean of all rows, and S the scatter within classes of standardised
    predictors, plus the penalty. The scatter within is that of all rows less that between the
    class means, :math:`S = T - M D M^\top`; Woodbury's identity turns one solution for T into
    those for all S, one for each labelling of the rows.

    Parameters
    ----------
    moments : the targets are indicators, ``classes`` of them for each labelling.
    classes : how many there are. One that never came never wins.
    penalty : of the ridge.
    """
    scale, standard = _standardised(moments, penalty)
    windows, units, targets = moments.cross.shape
    shape = (windows, units, targets // classes, classes)
    members = (moments.target_mean * moments.count[:, None]).reshape(windows, -1, classes)
    seen = members > 0.5
    centre = (moments.cross / scale[..., None]).reshape(shape) / np.where(seen, members, 1.0)[:, None]
    solved = np.linalg.solve(standard, centre.reshape(windows, units, targets)).reshape(shape)
    means, solved = (np.moveaxis(each, 2, 1) for each in (centre, solved))
    between = members[..., None] * (means.swapaxes(-2, -1) @ solved)
    weight = solved @ np.linalg.inv(np.eye(classes) - between)
    threshold = np.where(seen, -0.5 * (means * weight).sum(2), -np.inf)
    weight = np.moveaxis(weight, 1, 2).reshape(windows, units, targets) / scale[..., None]
    return _about_means(weight, threshold.reshape(windows, targets), moments)


def squared_error(readout: Readout, moments: PairedMoments) -> Float[np.ndarray, "window target"]:
    r"""Sum of squared errors of a readout on the rows of these moments.

    .. math:: \sum (y - x w - b)^2 = \sum \tilde y^2 - 2 w^\top \sum \tilde x \tilde y
              + w^\top \left(\sum \tilde x \tilde x^\top\right) w + n (\bar y - \bar x w - b)^2

    A single window of moments judges the readouts of all windows.
    """
    weight = readout.weight
    missed = moments.target_mean - (moments.predictor_mean[:, None] @ weight)[:, 0] - readout.intercept
    turned = ((moments.product @ weight - 2 * moments.cross) * weight).sum(1)
    return moments.power + turned + moments.count[:, None] * missed**2


def _standardised(
    moments: PairedMoments, penalty: float
) -> tuple[Float[np.ndarray, "window unit"], Float[np.ndarray, "window unit unit"]]:
    """Standard deviation of each unit, 1 where it never varies, and the product of what it standardises."""
    variance = np.diagonal(moments.product, axis1=1, axis2=2) / np.maximum(moments.count, 1)[:, None]
    scale = np.sqrt(np.where(variance > 0, variance, 1.0))
    return scale, moments.product / (scale[:, :, None] * scale[:, None]) + penalty * np.eye(scale.shape[1])


def _about_means(
    weight: Float[np.ndarray, "window unit target"],
    height: Float[np.ndarray, "window target"],
    moments: PairedMoments,
) -> Readout:
    """A readout that gives the height at the predictors' means."""
    return Readout(weight, height - (moments.predictor_mean[:, None] @ weight)[:, 0])

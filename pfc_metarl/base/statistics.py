"""Means over subjects, and other measures, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

# Student's t and ranks are in scipy.stats as well, which takes as long to import as all of pandas.
from scipy.special import stdtrit


@dataclass(frozen=True)
class Interval:
    """Mean over subjects with its 95% confidence interval (Student's t)."""

    mean: float
    low: float
    high: float
    subjects: int

    def __str__(self) -> str:
        if self.subjects < 2:
            return f"{self.mean:.3g} (n = {self.subjects})"
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}] (n = {self.subjects})"


def ranks(values: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """Rank from 1; equal values share the mean of their ranks."""
    return pd.Series(values).rank().to_numpy()


def interval(values: Float[np.ndarray, " subject"]) -> Interval:
    """Summarise one value per subject; with a single subject the interval is undefined (NaN)."""
    band = confidence_band(values[:, None])
    mean, low, high = (float(limit[0]) for limit in band)
    return Interval(mean, low, high, len(values))


def confidence_band(
    values: Float[np.ndarray, "subject point"],
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Mean, lower and upper 95% limit over subjects, at every point."""
    subjects = len(values)
    mean = values.mean(axis=0, dtype=float)
    if subjects < 2:
        undefined = np.full_like(mean, np.nan)
        return mean, undefined, undefined
    spread = values.std(axis=0, ddof=1, dtype=float) / np.sqrt(subjects)
    half = float(stdtrit(subjects - 1, 0.975)) * spread
    return mean, mean - half, mean + half


def jackknife_limits(whole: float, left_out: Float[np.ndarray, " unit"]) -> tuple[float, float]:
    r"""95% confidence limits of something measured over many units at once, such as a ratio of sums.

    .. math:: \theta \pm t_{n - 1} \sqrt{\frac{n - 1}{n} \sum_i (\theta_{(i)} - \bar\theta)^2}

    Parameters
    ----------
    whole : the measure over all units.
    left_out : the same without each of the units in turn.

    Returns
    -------
    Lower and upper limit; undefined (NaN) with a single unit, and where the measure is without any of them.

    References
    ----------
    Efron & Tibshirani (1993), "An introduction to the bootstrap", chapter 11.
    """
    units = len(left_out)
    if units < 2:
        return np.nan, np.nan
    error = np.sqrt((units - 1) * left_out.var())
    half = float(stdtrit(units - 1, 0.975) * error)
    return whole - half, whole + half

"""Means over subjects with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student_t


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
    half = float(student_t.ppf(0.975, subjects - 1)) * spread
    return mean, mean - half, mean + half

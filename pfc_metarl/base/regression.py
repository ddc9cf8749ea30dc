"""Logistic regression without penalty, for choices; its errors allow for choices that depend on each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

# Predictors of which one follows from the others have no weights of their own.
LARGEST_CONDITION = 1e12


def logistic_weights(
    past: Float[np.ndarray, "row *predictor"], chosen: Bool[np.ndarray, " row"]
) -> Float[np.ndarray, "*predictor"]:
    """Maximum-likelihood weights of predictors on a choice, with a constant; NaN for a choice that never varies."""
    return _fit(_table(past), chosen)[:-1].reshape(past.shape[1:])


def _table(past: Float[np.ndarray, "row *predictor"]) -> Float[np.ndarray, "row column"]:
    """All predictors side by side, also of no rows."""
    return past.reshape(len(past), math.prod(past.shape[1:]))


def clustered_weights(
    past: Float[np.ndarray, "row *predictor"],
    chosen: Bool[np.ndarray, " row"],
    cluster: Int[np.ndarray, " row"],
) -> tuple[Float[np.ndarray, "*predictor"], Float[np.ndarray, "*predictor"]]:
    r"""The same weights, with standard errors that are robust to any dependence within clusters.

    .. math:: H^{-1} \left( c \sum_g s_g s_g^\top \right) H^{-1}, \quad
              s_g = \sum_{t \in g} x_t (y_t - p_t), \quad H = \sum_t x_t x_t^\top p_t (1 - p_t)

    with :math:`c = \frac{G}{G - 1} \frac{N - 1}{N - K}` for G clusters, N rows and K weights. The
    errors are trusted from some 40 clusters on; with few they are too small.

    Parameters
    ----------
    past, chosen : as for `logistic_weights`.
    cluster : of each row, such as the episode of a subject's trials, or the subject of everybody's.

    Returns
    -------
    Weights and errors. Errors are NaN for a choice that never varies, for a single cluster, and
    where predictors follow from each other.

    References
    ----------
    Liang & Zeger (1986); Cameron & Miller (2015), section II.B for c.
    """
    rows = np.column_stack([_table(past), np.ones(len(past))])
    weights = _fit(rows[:, :-1], chosen)
    error = _errors(rows, chosen, weights, cluster)
    return weights[:-1].reshape(past.shape[1:]), error[:-1].reshape(past.shape[1:])


@dataclass(frozen=True)
class PopulationWeights:
    """Weights of each subject, and of everybody together, with their clustered errors.

    Attributes
    ----------
    weight, error : of each subject on its own; clusters are its episodes.
    pooled_weight, pooled_error : of all subjects' trials in one regression; clusters are subjects.
    """

    weight: Float[np.ndarray, "subject *predictor"]
    error: Float[np.ndarray, "subject *predictor"]
    pooled_weight: Float[np.ndarray, "*predictor"]
    pooled_error: Float[np.ndarray, "*predictor"]

    def dataset(self, coordinates: Mapping[str, Any]) -> xr.Dataset:
        """All four under their names; ``coordinates`` are of ``subject`` and then of the predictors' axes, in order."""
        axes = tuple(coordinates)
        variables = {
            "weight": (axes, self.weight),
            "error": (axes, self.error),
            "pooled_weight": (axes[1:], self.pooled_weight),
            "pooled_error": (axes[1:], self.pooled_error),
        }
        return xr.Dataset(variables, coords=coordinates)


def lagged(events: Float[np.ndarray, "subject episode trial *event"], lags: int) -> Float[np.ndarray, "..."]:
    """Events before each trial, from the first trial that has ``lags`` before it; the last axis counts back from 1."""
    explained = max(events.shape[2] - lags, 0)
    return np.stack([events[:, :, lags - lag :][:, :, :explained] for lag in range(1, lags + 1)], axis=-1)


def population_weights(
    past: Float[np.ndarray, "subject episode trial *predictor"],
    chosen: Bool[np.ndarray, "subject episode trial"],
    counted: Bool[np.ndarray, "subject episode trial"],
) -> PopulationWeights:
    """Regress each subject's choices on its past, and everybody's; only the trials that count are explained."""
    subject, episode = np.indices(counted.shape)[:2]
    weight, error = np.full((2, len(counted), *past.shape[3:]), np.nan)
    for person, own in enumerate(counted):
        weight[person], error[person] = clustered_weights(past[person][own], chosen[person][own], episode[person][own])
    return PopulationWeights(weight, error, *clustered_weights(past[counted], chosen[counted], subject[counted]))


def _fit(rows: Float[np.ndarray, "row column"], chosen: Bool[np.ndarray, " row"]) -> Float[np.ndarray, " weight"]:
    """Weights, and the constant after them."""
    if len(np.unique(chosen)) < 2:
        return np.full(rows.shape[1] + 1, np.nan)
    # An infinite C is no penalty at all.
    model = LogisticRegression(C=np.inf, max_iter=1000).fit(rows, chosen)
    return np.append(model.coef_[0], model.intercept_)


def _errors(
    rows: Float[np.ndarray, "row weight"],
    chosen: Bool[np.ndarray, " row"],
    weights: Float[np.ndarray, " weight"],
    cluster: Int[np.ndarray, " row"],
) -> Float[np.ndarray, " weight"]:
    """Square roots of the sandwich's diagonal."""
    count, columns = rows.shape
    names, members = np.unique(cluster, return_inverse=True)
    undefined = np.full(columns, np.nan)
    if np.isnan(weights).any() or len(names) < 2 or count <= columns:
        return undefined
    probability = expit(rows @ weights)
    curvature = (rows * (probability * (1 - probability))[:, None]).T @ rows
    if not np.linalg.cond(curvature) < LARGEST_CONDITION:
        return undefined
    score = np.zeros((len(names), columns))
    np.add.at(score, members, rows * (chosen - probability)[:, None])
    correction = len(names) / (len(names) - 1) * (count - 1) / (count - columns)
    spread = score @ np.linalg.inv(curvature)
    return np.sqrt(correction * (spread**2).sum(0))

"""Logistic regression without penalty, for choices."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from sklearn.linear_model import LogisticRegression


def logistic_weights(
    past: Float[np.ndarray, "row *predictor"], chosen: Bool[np.ndarray, " row"]
) -> Float[np.ndarray, "*predictor"]:
    """Maximum-likelihood weights of predictors on a choice, with a constant; NaN for a choice that never varies."""
    if len(np.unique(chosen)) < 2:
        return np.full(past.shape[1:], np.nan)
    # An infinite C is no penalty at all.
    model = LogisticRegression(C=np.inf, max_iter=1000).fit(past.reshape(len(past), -1), chosen)
    return model.coef_.reshape(past.shape[1:])

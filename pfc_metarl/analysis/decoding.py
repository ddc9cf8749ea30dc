"""What a subject's activity tells about a variable: linear decoding, and units that follow it.

Steps of one episode resemble each other, so nothing here treats them as independent: decoders
are tested on episodes that they were not fitted to, errors of regression weights are computed
over episodes, and the nulls exchange whole episodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import t as student_t
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Decoding:
    """How well a variable can be read from activity.

    Attributes
    ----------
    decoded : prediction for each step, by a decoder fitted to other episodes.
    explained : share of the variable's variance that it explains; below zero where a constant does better.
    shuffled : the same share for decoders of variables exchanged between episodes.
    """

    decoded: Float[np.ndarray, "episode step"]
    explained: float
    shuffled: Float[np.ndarray, " shuffle"]


def decode(
    activity: Float[np.ndarray, "episode step unit"],
    variable: Float[np.ndarray, "episode step"],
    shuffles: int = 20,
    seed: int = 0,
    folds: int = 5,
    penalty: float = 1.0,
) -> Decoding:
    """Read a variable from one subject's activity by ridge regression, cross-validated over episodes.

    Parameters
    ----------
    activity, variable : of one subject, step by step.
    shuffles : size of the null, in which each episode has another episode's variable.
    seed : of the shuffles.
    folds : parts into which whole episodes are divided; each is decoded from the others.
    penalty : of the ridge, on standardised activity.
    """
    episodes, steps, units = activity.shape
    order = [np.arange(episodes), *_exchanges(episodes, shuffles, seed)]
    # One fit decodes the variable and all its shuffles.
    targets = np.stack([variable[each] for each in order], axis=-1).reshape(episodes * steps, -1)
    rows = activity.reshape(-1, units).astype(float)
    decoder = make_pipeline(StandardScaler(), Ridge(penalty))
    groups = np.repeat(np.arange(episodes), steps)
    predicted = np.asarray(cross_val_predict(decoder, rows, targets, groups=groups, cv=GroupKFold(folds)))
    predicted = predicted.reshape(targets.shape)
    explained = np.atleast_1d(r2_score(targets, predicted, multioutput="raw_values"))
    return Decoding(predicted[:, 0].reshape(episodes, steps), float(explained[0]), explained[1:])


@dataclass(frozen=True)
class Tracking:
    """How many units follow a variable beyond what other variables explain.

    Attributes
    ----------
    weight : of the variable on each unit, in units' activity per standard deviation of the variable.
    probability : of so large a weight by chance, per unit, not corrected.
    share : of units with a probability below the corrected level.
    shuffled : the same share with the variable exchanged between episodes.
    """

    weight: Float[np.ndarray, " unit"]
    probability: Float[np.ndarray, " unit"]
    share: float
    shuffled: Float[np.ndarray, " shuffle"]


def tracking_units(
    activity: Float[np.ndarray, "episode step unit"],
    variable: Float[np.ndarray, "episode step"],
    covariates: Float[np.ndarray, "episode step covariate"],
    shuffles: int = 20,
    seed: int = 0,
    level: float = 0.05,
) -> Tracking:
    r"""Regress each unit of one subject on a variable and covariates.

    The weight's error is robust to any dependence among the steps of an episode: each episode
    gives one score, and t has one degree of freedom less than there are episodes. The level is
    corrected for the number of units (Bonferroni).

    .. math:: w = \frac{\sum \tilde v h}{\sum \tilde v^2}, \quad
              \text{Var}(w) = \frac{E}{E - 1}
              \frac{\sum_e (\sum_{t \in e} \tilde v_t \epsilon_t)^2}{(\sum \tilde v^2)^2}

    where v~ is what the covariates leave of the variable, and epsilon what is left of the unit.

    Parameters
    ----------
    activity, variable, covariates : of one subject, step by step; a constant is added.
    shuffles : size of the null, in which each episode has another episode's variable.
    seed : of the shuffles.
    level : of significance, before correction.

    References
    ----------
    Liang & Zeger (1986) for the error; Wang et al. (2018), Simulation 2, for the question.
    """
    episodes, steps, units = activity.shape
    constant = np.ones((episodes, steps, 1))
    others = np.concatenate([constant, covariates], axis=-1).reshape(episodes * steps, -1)
    basis, _ = np.linalg.qr(others)

    def left_over(values: Float[np.ndarray, "episode step column"]) -> Float[np.ndarray, "episode step column"]:
        rows = values.reshape(episodes * steps, -1)
        return (rows - basis @ (basis.T @ rows)).reshape(values.shape)

    own = left_over(activity.astype(float))
    tests = [
        _clustered(own, left_over(variable[each][..., None].astype(float))[..., 0])
        for each in [np.arange(episodes), *_exchanges(episodes, shuffles, seed)]
    ]
    shares = np.array([np.mean(probability < level / units) for _, probability in tests])
    weight, probability = tests[0]
    return Tracking(weight * float(variable.std()), probability, float(shares[0]), shares[1:])


def _clustered(
    activity: Float[np.ndarray, "episode step unit"], variable: Float[np.ndarray, "episode step"]
) -> tuple[Float[np.ndarray, " unit"], Float[np.ndarray, " unit"]]:
    """Weight of a variable on each unit and its probability by chance; both are free of the covariates already."""
    product = np.matmul(variable[:, None], activity)[:, 0]
    square = (variable**2).sum(1)
    weight = product.sum(0) / square.sum()
    score = product - weight * square[:, None]
    episodes = len(variable)
    error = np.sqrt(episodes / (episodes - 1) * (score**2).sum(0)) / square.sum()
    return weight, 2 * student_t.sf(np.abs(weight) / error, episodes - 1)


def _exchanges(episodes: int, shuffles: int, seed: int) -> list[Int[np.ndarray, " episode"]]:
    """Orders in which episodes take over each other's variable."""
    generator = np.random.default_rng(seed)
    return [generator.permutation(episodes) for _ in range(shuffles)]

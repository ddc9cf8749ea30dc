"""How many units follow a variable beyond what others explain, with errors that respect episodes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from scipy.stats import t as student_t

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.exchange import episode_orders
from pfc_metarl.recording.streaming import pieces

# Below this part of a unit's sum of squares, what the covariates leave of it is rounding.
ROUNDING = 1e-24


def tracking_units(
    activity: xr.DataArray,
    variable: xr.DataArray,
    covariates: xr.Dataset,
    shuffles: int = 20,
    seed: int = 0,
    level: float = 0.05,
) -> xr.Dataset:
    r"""Regress each unit on a variable and covariates.

    The weight's error is robust to any dependence among the steps of an episode: each episode
    gives one score, and t has one degree of freedom less than there are episodes. The level is
    corrected for the number of units (Bonferroni).

    .. math:: w = \frac{\sum \tilde v h}{\sum \tilde v^2}, \quad
              \text{Var}(w) = \frac{E}{E - 1}
              \frac{\sum_e (\sum_{t \in e} \tilde v_t \epsilon_t)^2}{(\sum \tilde v^2)^2}

    where v~ is what the covariates leave of the variable, and epsilon what is left of the unit.

    Parameters
    ----------
    activity : over ``subject episode step unit``, in memory or opened by ``open_recording``.
    variable, covariates : over ``subject episode step``; a constant is added to the covariates.
    shuffles : size of the null, in which each episode has another episode's variable.
    seed : of the shuffles; the same for every subject.
    level : of significance, before correction.

    Returns
    -------
    Over ``subject unit``: ``weight``, in units' activity per standard deviation of the variable, and
    ``probability`` of so large a weight by chance, not corrected. ``share`` of units with a probability
    below the corrected level, over ``subject``; ``null``, the same with the variable exchanged
    between episodes, over ``subject shuffle``.

    Raises
    ------
    ConfigurationError
        If the variable or a covariate is missing somewhere.

    References
    ----------
    Liang & Zeger (1986) for the error; Wang et al. (2018), Simulation 2, for the question.
    """
    axes = [axis for axis in activity.dims if axis != "unit"]
    others = [covariates[name].transpose(*axes).values for name in covariates.data_vars]
    columns = np.stack([variable.transpose(*axes).values, *others], axis=-1).astype(float)
    if not np.isfinite(columns).all():
        raise ConfigurationError("the variable or a covariate is missing at some steps: select steps that have all")
    orders = episode_orders(activity.sizes["episode"], shuffles, seed)
    found = [_one_subject(activity.isel(subject=place), own, orders) for place, own in enumerate(columns)]
    weight, probability = (np.stack(part) for part in zip(*found, strict=True))
    share = np.mean(probability < level / activity.sizes["unit"], axis=-1)
    spread = columns[..., 0].std((1, 2))[:, None]
    return xr.Dataset(
        {
            "weight": (("subject", "unit"), weight[:, 0] * spread),
            "probability": (("subject", "unit"), probability[:, 0]),
            "share": ("subject", share[:, 0]),
            "null": (("subject", "shuffle"), share[:, 1:]),
        },
        coords={"subject": activity["subject"]},
    )


def _one_subject(
    activity: xr.DataArray, columns: Float[np.ndarray, "episode step column"], orders: Int[np.ndarray, "order episode"]
) -> tuple[Float[np.ndarray, "order unit"], Float[np.ndarray, "order unit"]]:
    """Weight of the variable, the first column, on each unit, and its probability, under each order of episodes."""
    variable, basis = columns[..., 0], _basis(columns[..., 1:])
    explained = np.stack([np.einsum("et,etc->c", variable[order], basis, optimize=True) for order in orders])
    carried = np.zeros((basis.shape[-1], activity.sizes["unit"]))
    for episode, units in _episodes(activity):
        carried += basis[episode].T @ units
    product, square, products, mixed, squares, power, left = (np.zeros(()) for _ in range(7))
    for episode, units in _episodes(activity):
        rest = units - basis[episode] @ carried
        remainder = variable[orders[:, episode]] - explained @ basis[episode].T
        own, size = remainder @ rest, (remainder**2).sum(1, keepdims=True)
        product, square = product + own, square + size
        products, mixed, squares = products + own**2, mixed + own * size, squares + size**2
        power, left = power + (units**2).sum(0), left + (rest**2).sum(0)
    weight = np.where(left > ROUNDING * power, product / square, 0)
    episodes = orders.shape[1]
    # The sum over episodes of (product - weight x square)^2; below zero it can only be rounding.
    spread = np.maximum(products - 2 * weight * mixed + weight**2 * squares, 0)
    error = np.sqrt(episodes / (episodes - 1) * spread) / square
    ratio = np.divide(np.abs(weight), error, out=np.zeros_like(weight), where=error > 0)
    return weight, np.asarray(2 * student_t.sf(ratio, episodes - 1))


def _basis(covariates: Float[np.ndarray, "episode step covariate"]) -> Float[np.ndarray, "episode step column"]:
    """Orthonormal columns that span the covariates and a constant."""
    episodes, steps, count = covariates.shape
    rows = np.column_stack([np.ones(episodes * steps), covariates.reshape(-1, count)])
    return np.linalg.qr(rows)[0].reshape(episodes, steps, count + 1)


def _episodes(activity: xr.DataArray) -> Iterator[tuple[int, Float[np.ndarray, "step unit"]]]:
    """Each episode's position and activity, loaded a piece at a time."""
    episode = 0
    for piece in pieces(activity):
        for units in piece.transpose("episode", ..., "unit").values.astype(float):
            yield episode, units
            episode += 1

"""How long a state remembers: what a straight line reads from it of a signal some steps ago."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.exchange import episode_folds, episode_orders
from pfc_metarl.base.moments import PairedMoments, total
from pfc_metarl.base.readout import ridge, squared_error
from pfc_metarl.base.regression import lagged


def memory_function(
    activity: xr.DataArray,
    signal: xr.DataArray,
    lags: int,
    shuffles: int = 20,
    seed: int = 0,
    folds: int = 5,
    penalty: float = 1.0,
) -> xr.Dataset:
    r"""Share of the variance of a signal k steps ago that is read from the state, on episodes not fitted to.

    .. math:: m_k = 1 - \frac{\sum (s_{t-k} - w_k^\top h_t - b_k)^2}{\sum (s_{t-k} - \bar s)^2}

    This measures memory alone where the signal is independent from step to step, as rewards are whose
    probability is always the same. Then the sum over all k, the memory capacity, is at most the number of
    units. All lags are judged on the same rows, those with ``lags`` steps before them.

    Parameters
    ----------
    activity : over ``subject episode step unit``; row t has received what step t - 1 brought, so that the
        shortest lag is 1.
    signal : what each step brought, over ``subject episode step``, numbers.
    lags : the longest lag, below the number of steps.
    shuffles : size of the null, in which each episode has another episode's signal.
    seed : of the shuffles; the same for every subject.
    folds : parts into which whole episodes are divided, each read by what was fitted to the others.
    penalty : of the ridge, on standardised activity.

    Returns
    -------
    ``share`` over ``subject lag``, and ``null`` with the further axis ``shuffle``. Where the state holds
    nothing both are slightly below zero, since a constant would have done better; `memory_capacity` allows for that.

    Raises
    ------
    ConfigurationError
        If there are not more steps than lags, or fewer episodes than folds.

    References
    ----------
    Jaeger (2001), "Short term memory in echo state networks", GMD report 152. Dambre et al. (2012), Scientific
    Reports 2:514, for the bound.
    """
    states = activity.transpose("subject", "episode", "step", "unit").values[:, :, lags:].astype(float)
    signals = signal.transpose("subject", "episode", "step").values.astype(float)
    subjects, episodes, steps = signals.shape
    if not 1 <= lags < steps:
        raise ConfigurationError(f"lags is {lags} and an episode has {steps} steps: look 1 to {steps - 1} steps back")
    orders, fold = episode_orders(episodes, shuffles, seed), episode_folds(episodes, folds)
    shares = np.stack([_shares(states[own], signals[own], lags, orders, fold, penalty) for own in range(subjects)])
    coordinates = {"subject": activity["subject"], "lag": np.arange(1, lags + 1)}
    every = xr.DataArray(shares, dims=("subject", "lag", "shuffle"), coords=coordinates)
    return xr.Dataset({"share": every.isel(shuffle=0), "null": every.isel(shuffle=slice(1, None))})


def memory_capacity(found: xr.Dataset, beyond: int = 0) -> xr.DataArray:
    """Sum of the memory function over all lags looked at, per subject: how many past signals the state holds.

    From each lag's share the mean of its shuffles is taken. A share of nothing is slightly below zero, the more so
    the more units there are; over many lags that adds up, and states of different size would not share a zero.

    Parameters
    ----------
    found : as `memory_function` gives it, with shuffles.
    beyond : leave out this lag and all shorter ones.

    Raises
    ------
    ConfigurationError
        If there are no shuffles.
    """
    if not found.sizes["shuffle"]:
        raise ConfigurationError("shuffles is 0: the zero of a capacity is that of its shuffles; take at least 1")
    held = found["share"] - found["null"].mean("shuffle")
    return held.where(found["lag"] > beyond).sum("lag").rename("memory_capacity")


def memory_span(found: xr.Dataset, level: float = 0.99) -> xr.DataArray:
    """How many steps back memory reaches without a gap, per subject.

    A lag counts where its share is above what the ``level`` part of the shuffles stays below. Shuffles of
    all subjects and lags are taken together, which are alike: subjects then share one threshold.
    """
    beyond = found["share"] > found["null"].quantile(level)
    return beyond.cumprod("lag").sum("lag").rename("memory_span")


def _shares(
    states: Float[np.ndarray, "episode row unit"],
    signal: Float[np.ndarray, "episode step"],
    lags: int,
    orders: Int[np.ndarray, "order episode"],
    fold: Int[np.ndarray, " episode"],
    penalty: float,
) -> Float[np.ndarray, "lag order"]:
    """One subject's memory function, with the signal as it is and in every other order of the episodes."""
    past = lagged(signal[None], lags)[0]
    moments = []
    for part in np.unique(fold):
        own = fold == part
        # One target per lag and order: they share the states' own products.
        targets = np.moveaxis(past[orders[:, own]], 0, -1).reshape(-1, lags * len(orders))
        rows = states[own].reshape(len(targets), -1)
        moments.append(PairedMoments.of(rows[None], targets[None], np.ones((1, len(rows)), bool)))
    error = np.zeros(lags * len(orders))
    for position, judged in enumerate(moments):
        readout = ridge(total(moments[:position] + moments[position + 1 :]), penalty)
        error += squared_error(readout, judged)[0]
    return (1 - error / total(moments).power[0]).reshape(lags, len(orders))

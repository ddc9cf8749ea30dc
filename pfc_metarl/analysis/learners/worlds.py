"""Simple worlds for learners to choose in: how often each option pays, trial by trial."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float

AXES = ("subject", "episode", "trial", "option")


def reversing(subjects: int, episodes: int, trials: int, every: int = 25, high: float = 0.8) -> xr.DataArray:
    """Options that pay with ``high`` and 1 minus it, and change places again and again.

    Parameters
    ----------
    subjects, episodes, trials : how many; every other episode begins with the other option.
    every : trials between changes.
    high : probability of the better option.
    """
    begins = np.arange(episodes)[:, None] % 2
    better = (begins + np.arange(trials) // every) % 2
    payoff = np.where(better[..., None] == np.arange(2), high, 1 - high)
    return _world(np.broadcast_to(payoff, (subjects, *payoff.shape)))


def drifting(
    subjects: int,
    episodes: int,
    trials: int,
    step: float = 0.025,
    low: float = 0.25,
    high: float = 0.75,
    seed: int = 0,
) -> xr.DataArray:
    """Options whose probabilities walk at random between reflecting bounds, each on its own.

    Parameters
    ----------
    subjects, episodes, trials : how many.
    step : standard deviation of a step.
    low, high : bounds.
    seed : of the walks.

    References
    ----------
    Daw et al. (2011), Experimental Procedures.
    """
    generator = np.random.default_rng(seed)
    walk = generator.uniform(low, high, (subjects, episodes, 1, 2))
    walk = np.concatenate([walk, generator.normal(0, step, (subjects, episodes, trials - 1, 2))], axis=2).cumsum(2)
    # A walk between two mirrors is a free walk folded like a paper strip.
    folded = np.mod(walk - low, 2 * (high - low))
    return _world(low + np.minimum(folded, 2 * (high - low) - folded))


def _world(payoff: Float[np.ndarray, "subject episode trial option"]) -> xr.DataArray:
    return xr.DataArray(payoff, dims=AXES, coords={"subject": np.arange(len(payoff))}, name="payoff")

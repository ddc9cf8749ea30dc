"""From steps to trials: what every task with phases needs of its recordings, whatever it asks then.

All arrays are ordered ``subject episode`` and then ``step`` or ``trial``; ``phase`` is the one that the
task reveals, and its phases come at the same steps in all episodes.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int, Shaped


def steps_of(recording: xr.Dataset, phase: int) -> Int[np.ndarray, " trial"]:
    """Steps of an episode that belong to one phase of the trials, in order."""
    return np.flatnonzero(recording["phase"].isel(subject=0, episode=0).values == phase)


def by_step(recording: xr.Dataset, name: str) -> Shaped[np.ndarray, "subject episode step"]:
    """Values of a variable, its axes in this order."""
    return recording[name].transpose("subject", "episode", "step").values


def prediction_error(recording: xr.Dataset, discount: float) -> Float[np.ndarray, "subject episode step"]:
    r"""The network's own error of every step, :math:`\delta_t = r_t + \gamma V_{t+1} - V_t`.

    It is known when step t+1 arrives. After the last step nothing follows, and the value there is zero.

    References
    ----------
    Wang et al. (2018), Methods.
    """
    value = by_step(recording, "value").astype(float)
    following = np.concatenate([value[..., 1:], np.zeros_like(value[..., :1])], axis=-1)
    return by_step(recording, "reward") + discount * following - value


def all_wanted(recording: xr.Dataset, trials: int) -> Bool[np.ndarray, "subject episode trial"]:
    """Whether each trial's responses were all ones that the task ``allowed``; trials are equally long."""
    allowed = recording["allowed"].transpose("subject", "episode", "step", "action").values
    choice = by_step(recording, "choice").astype(int)
    wanted = np.take_along_axis(allowed, choice[..., None], axis=-1)[..., 0]
    return np.all(wanted.reshape(*wanted.shape[:2], trials, -1), axis=-1)


def reward_per_trial(recording: xr.Dataset, phase: int) -> xr.DataArray:
    """Mean of all that a trial earns, costs of invalid responses included, per subject.

    ``phase`` is one that each trial has once.
    """
    trials = len(steps_of(recording, phase))
    return (recording["reward"].astype(float).sum("step") / trials).mean("episode").rename("reward_per_trial")

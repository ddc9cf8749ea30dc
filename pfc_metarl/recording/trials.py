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


def trial_of_step(recording: xr.Dataset) -> Int[np.ndarray, "subject episode step"]:
    """The trial that each step belongs to, counted from 0.

    Tasks whose trials differ in length reveal ``trial``; those with phases begin a trial when the
    first phase comes again; everywhere else a step is a trial.
    """
    if "trial" in recording:
        return by_step(recording, "trial").astype(int)
    shape = tuple(recording.sizes[axis] for axis in ("subject", "episode", "step"))
    if "phase" not in recording:
        return np.broadcast_to(np.arange(shape[-1]), shape)
    phase = recording["phase"].isel(subject=0, episode=0).values
    begins = phase == phase[0]
    if not begins.all():
        begins[1:] &= ~begins[:-1]
    return np.broadcast_to(np.cumsum(begins) - 1, shape)


def by_trial(recording: xr.Dataset, name: str = "reward") -> xr.DataArray:
    """What each trial brings, a sum over its steps.

    Parameters
    ----------
    recording : with ``valid``, and what tells where trials begin (`trial_of_step`).
    name : of a variable over ``subject episode step``, such as "reward" or "regret".

    Returns
    -------
    Over ``subject episode trial``, NaN where the episode ended before; trial 1 is the first.
    """
    lasted, values = by_step(recording, "valid").astype(bool), by_step(recording, name).astype(float)
    trial = trial_of_step(recording)
    count = int(trial[lasted].max()) + 1
    subject, episode, step = np.nonzero(lasted)
    place = np.ravel_multi_index((subject, episode, trial[subject, episode, step]), (*trial.shape[:2], count))
    size = trial.shape[0] * trial.shape[1] * count
    steps, sums = np.bincount(place, minlength=size), np.bincount(place, values[lasted], minlength=size)
    brought = np.where(steps > 0, sums, np.nan).reshape(*trial.shape[:2], count)
    coordinates = {"subject": recording["subject"].values, "trial": np.arange(1, count + 1)}
    return xr.DataArray(brought, dims=("subject", "episode", "trial"), coords=coordinates, name=name)


def by_step(recording: xr.Dataset, name: str) -> Shaped[np.ndarray, "subject episode step"]:
    """Values of a variable, its axes in this order."""
    return recording[name].transpose("subject", "episode", "step").values


def prediction_error(recording: xr.Dataset, discount: float) -> Float[np.ndarray, "subject episode step"]:
    r"""The network's own error of every step, :math:`\delta_t = r_t + \gamma V_{t+1} - V_t`.

    It is known when step t+1 arrives. After an episode's last step nothing follows, and the value there is zero.

    Parameters
    ----------
    recording : with ``reward``, ``value`` and ``valid``.
    discount : gamma per step.

    References
    ----------
    Wang et al. (2018), Methods.
    """
    value = by_step(recording, "value").astype(float)
    following = np.zeros_like(value)
    following[..., :-1] = np.where(by_step(recording, "valid")[..., 1:], value[..., 1:], 0)
    return by_step(recording, "reward") + discount * following - value


def all_wanted(recording: xr.Dataset, trials: int) -> Bool[np.ndarray, "subject episode trial"]:
    """Whether each trial's responses were all ones that the task ``allowed``; trials are equally long."""
    allowed = recording["allowed"].transpose("subject", "episode", "step", "action").values
    choice = by_step(recording, "choice").astype(int)
    wanted = np.take_along_axis(allowed, choice[..., None], axis=-1)[..., 0]
    return np.all(wanted.reshape(*wanted.shape[:2], trials, -1), axis=-1)


def reward_per_trial(recording: xr.Dataset, phase: int) -> xr.DataArray:
    """Mean of all that a trial earns, costs of invalid responses included, per subject.

    ``phase`` is one that each trial has once. Trials after an episode's end do not count.
    """
    lasted = recording["valid"]
    trials = lasted.isel(step=steps_of(recording, phase)).sum("step")
    earned = recording["reward"].astype(float).where(lasted, 0).sum("step")
    return (earned / trials).mean("episode").rename("reward_per_trial")

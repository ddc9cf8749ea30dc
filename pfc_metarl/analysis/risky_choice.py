"""Risky choice: how often the risky lever is taken, and the prediction errors that outcomes bring."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.recording.trials import steps_of

# As the task reveals it in its `phase`.
CHOICE = 1

LEVERS = (0, 1)

SAMPLES = ("episode", "step")


def risky_share(recording: xr.Dataset) -> xr.DataArray:
    """Share of free choices that went to the risky lever, by the probability that it pays.

    Parameters
    ----------
    recording : of the task ``risky-choice``, with ``phase``, ``forced``, ``risky_side`` and
        ``risky_probability``.

    Returns
    -------
    Over ``subject risky_probability``, the highest probability first. All free choices of all
    episodes count alike; a response that presses no lever is no choice. NaN where there was none.

    References
    ----------
    Stopper et al. (2014); Wang et al. (2018), Fig. 7.
    """
    free = recording.isel(step=steps_of(recording, CHOICE))
    free = free.isel(step=~free["forced"].isel(subject=0, episode=0).values)
    chosen = _pressed(free)
    risky = free["choice"] == free["risky_side"]
    return _by_probability(risky.where(chosen), free["risky_probability"]).rename("risky_share")


def outcome_errors(recording: xr.Dataset) -> xr.DataArray:
    """Mean prediction error that the policy network received after each kind of outcome.

    Parameters
    ----------
    recording : as for `risky_share`, with ``error``.

    Returns
    -------
    Over ``subject event risky_probability``; the events are "risky win", "risky loss" and
    "certain win", in free and forced trials alike. NaN where an event never came.
    """
    # The error of an outcome arrives one step later; that of the last step never does.
    arrived = recording["error"].astype(float).shift(step=-1)
    choices = recording.assign(arrived=arrived).isel(step=steps_of(recording, CHOICE)[:-1])
    pressed = _pressed(choices) & (choices["reward"] >= 0)
    risky = choices["choice"] == choices["risky_side"]
    won = choices["reward"] > 0
    events = {"risky win": risky & won, "risky loss": risky & ~won, "certain win": ~risky}
    means = [
        _by_probability(choices["arrived"].where(event & pressed), choices["risky_probability"])
        for event in events.values()
    ]
    joined = xr.concat(means, dim=xr.IndexVariable("event", list(events)))
    return joined.transpose("subject", "event", "risky_probability").rename("outcome_error")


def _pressed(choices: xr.Dataset) -> xr.DataArray:
    """Whether a lever was pressed; in an abandoned trial none is shown, and no response presses it."""
    return choices["choice"].isin(LEVERS) & choices["observation"].any("feature")


def _by_probability(values: xr.DataArray, probability: xr.DataArray) -> xr.DataArray:
    """Mean over episodes and steps at each probability of the large reward, the highest first; NaN is left out."""
    levels = np.unique(probability)[::-1]
    means = [values.where(probability == level).mean(SAMPLES) for level in levels]
    return xr.concat(means, dim=xr.IndexVariable("risky_probability", levels)).transpose("subject", "risky_probability")

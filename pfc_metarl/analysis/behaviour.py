"""Choices: regret, learning curves, exploration, and how often the better option is taken."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.base.statistics import confidence_band


def cumulative_regret(recording: xr.Dataset) -> xr.DataArray:
    r"""Expected reward given up so far, :math:`R_T = \sum_{t \le T} (\mu^* - \mu_{a_t})`.

    Returns
    -------
    Over ``subject episode step``, in task units; row t counts the choice at t.

    References
    ----------
    Wang et al. (2016), section 3.1.
    """
    # Float64: hundreds of float32 additions would lose the third decimal.
    return recording["regret"].astype(float).cumsum("step").rename("cumulative_regret")


def final_regret(recording: xr.Dataset) -> xr.DataArray:
    """Regret of a whole episode, mean over episodes, per subject."""
    return recording["regret"].astype(float).sum("step").mean("episode").rename("final_regret")


def learning_curve(measured: xr.DataArray, counted: xr.DataArray | None = None, window: int = 1) -> xr.Dataset:
    """How a measure changes within episodes: its mean over episodes at every step, and the spread over subjects.

    Give it the same of an untrained network for a null: what changes there is not learning.

    Parameters
    ----------
    measured : over ``subject episode step``, or ``trial``: such as reward, regret, or whether the
        better arm was chosen.
    counted : where it counts, such as valid trials; everywhere if not given.
    window : steps over which the curve is smoothed, centred; fewer at both ends.

    Returns
    -------
    ``curve`` over ``subject step``; ``mean``, ``low`` and ``high``, the 95% interval over subjects, over
    ``step``. NaN where nothing counts, and for the interval of a single subject.
    """
    axis = next(str(name) for name in measured.dims if name not in ("subject", "episode"))
    values = measured.astype(float) if counted is None else measured.astype(float).where(counted)
    curve = values.mean("episode").rolling({axis: window}, center=True, min_periods=1).mean().transpose("subject", axis)
    band = confidence_band(curve.values)
    named = {name: (axis, values) for name, values in zip(("mean", "low", "high"), band, strict=True)}
    return xr.Dataset({"curve": curve, **named})


def switch_rate(recording: xr.Dataset) -> xr.DataArray:
    """How often a choice differs from the one before: exploration, trial by trial.

    Returns
    -------
    Share of the episodes that lasted so long, over ``subject step``; the first step, with nothing
    before it, is left out.
    """
    before = recording["choice"].isel(step=slice(None, -1)).values
    now = recording[["choice", "valid"]].isel(step=slice(1, None))
    switched = (now["choice"] != before).astype(float)
    return switched.where(now["valid"]).mean("episode").rename("switch_rate")


def better_arm_share(recording: xr.Dataset) -> xr.DataArray:
    """Share of choices of the better arm, per subject; 0.5 is chance for two arms."""
    return (recording["choice"] == recording["better_arm"]).mean(("episode", "step")).rename("better_arm_share")


def mirror_average(one: xr.DataArray, mirrored: xr.DataArray) -> xr.DataArray:
    """Mean of a measure on a problem and on its mirror image, so that a side bias cancels."""
    if one.shape != mirrored.shape:
        raise ValueError(f"a problem and its mirror image must be recorded alike, not {one.shape} and {mirrored.shape}")
    return one.copy(data=np.mean([one.values, mirrored.values], axis=0))

"""Learning something new after something else: how soon it is learned, and what the earlier learning spared."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float


def performance(measure: xr.DataArray, chance: float, level: float) -> xr.DataArray:
    """Share of the way from chance to a level, whether more of the measure is better or less."""
    return (measure - chance) / (level - chance)


def steps_to_criterion(performance: xr.DataArray, criterion: float) -> xr.DataArray:
    """Steps after which each curve is first at the criterion; NaN where it never is.

    Parameters
    ----------
    performance : dimension ``step``, with its coordinate.
    criterion : what is to be reached.
    """
    reached = performance >= criterion
    first = performance["step"][reached.argmax("step")].drop_vars("step")
    return first.where(reached.any("step"))


def doublings(steps: xr.DataArray, without: xr.DataArray, longest: xr.DataArray) -> xr.DataArray:
    """How often earlier learning doubled the speed: 1 where half the steps are enough, -1 where it takes twice as many.

    A criterion that is never reached counts as reached at the end of the training. So where learning without is cut
    off too little is credited, and where learning with is cut off too little is charged.

    Parameters
    ----------
    steps : to criterion after the earlier learning.
    without : the same without it.
    longest : steps of the whole training.
    """
    return xr.ufuncs.log2(without.fillna(longest) / steps.fillna(longest))


def fall_with_distance(speed: xr.DataArray, distance: Float[np.ndarray, " task"]) -> xr.DataArray:
    """How much speed is lost per unit of distance: the slope of the least-squares line over ``task``, negated."""
    from_mean = xr.DataArray(distance - distance.mean(), dims="task", coords={"task": speed["task"]})
    return -(from_mean * speed).sum("task") / (from_mean**2).sum("task")

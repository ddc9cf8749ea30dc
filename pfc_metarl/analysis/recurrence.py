"""Contexts that come back: what is earned at each exposure."""

from __future__ import annotations

import numpy as np
import xarray as xr


def by_exposure(recording: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Mean over all episodes that were a context's first, second, ... exposure.

    Parameters
    ----------
    recording : of a task whose contexts come back, with ``exposure``.
    values : of the same recording, over ``subject episode step``.

    Returns
    -------
    Over ``subject exposure step``; exposure 1 is the first.
    """
    exposure = recording["exposure"].isel(step=0)
    number = xr.DataArray(np.unique(exposure), dims="exposure")
    own = [values.astype(float).where(exposure == each).mean("episode") for each in number]
    return xr.concat(own, dim=number.assign_coords(exposure=number)).transpose("subject", "exposure", "step")


def at_exposure(recording: xr.Dataset, exposure: int) -> xr.Dataset:
    """Return the episodes in which a context was met for the given time, counted from 1, subject by subject.

    Parameters
    ----------
    recording : with ``exposure``, of whole epochs, in each of which it comes as often.
    exposure : such as 2; no two episodes of a second exposure recall the same stored state.
    """
    met = recording["exposure"].isel(step=0).transpose("subject", "episode").values == exposure
    place = np.nonzero(met)[1].reshape(len(met), -1)
    return recording.isel(episode=xr.DataArray(place, dims=("subject", "episode"))).transpose("subject", "episode", ...)

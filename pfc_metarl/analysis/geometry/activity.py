"""Activity with named axes as tables of rows, one subject and a few episodes at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.moments import Moments, total
from pfc_metarl.recording.streaming import pieces


def by_subject(analysis: Callable[..., xr.Dataset], *activity: xr.DataArray) -> xr.Dataset:
    """Apply an analysis to each subject, and join the results along ``subject``.

    Parameters
    ----------
    analysis : takes one subject's part of each array.
    activity : arrays of the same subjects; without an axis ``subject`` they are one subject's.

    Raises
    ------
    ConfigurationError
        If the arrays do not have the same subjects.
    """
    first = activity[0]
    if any(not same_subjects(first, other) for other in activity[1:]):
        raise ConfigurationError(
            "the activities compared are not of the same subjects: select them by `.sel(subject=…)`"
        )
    if "subject" in first.dims:
        subjects = range(first.sizes["subject"])
        found = xr.concat([analysis(*(each.isel(subject=one) for each in activity)) for one in subjects], dim="subject")
    else:
        found = analysis(*activity)
    return found.assign_coords(subject=first["subject"].variable) if "subject" in first.coords else found


def same_subjects(one: xr.DataArray, other: xr.DataArray) -> bool:
    """Whether two arrays are of the same subjects; without names, as many of them are enough."""
    named = "subject" in one.coords and "subject" in other.coords
    alike = one.sizes.get("subject") == other.sizes.get("subject")
    return alike and (not named or np.array_equal(one["subject"], other["subject"]))


def parts(activity: xr.DataArray) -> Iterator[xr.DataArray]:
    """Activity in pieces that fit into memory; whole, where it has no episodes."""
    return pieces(activity) if "episode" in activity.dims else iter([activity])


def rows(activity: xr.DataArray) -> Float[np.ndarray, "row unit"]:
    """One row per state, whatever the axes beside ``unit``; states that are missing (NaN) are left out."""
    every = activity.transpose(..., "unit").values.reshape(-1, activity.sizes["unit"])
    return every[~np.isnan(every).any(axis=1)]


def moments(activity: xr.DataArray) -> Moments:
    """Mean and covariance of one subject's units over all its states."""
    tables = (rows(part) for part in parts(activity))
    return total(Moments.of(table) for table in tables if len(table))

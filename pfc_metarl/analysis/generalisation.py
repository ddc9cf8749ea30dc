"""How well learners predict what they have not seen: bias, variance, and examples needed."""

from __future__ import annotations

import numpy as np
import xarray as xr


def bias_and_variance(prediction: xr.DataArray, truth: xr.DataArray) -> xr.Dataset:
    r"""Split the error of a learner that saw many training sets of the same function.

    .. math:: E (\hat y - f)^2 = (E \hat y - f)^2 + E (\hat y - E \hat y)^2

    Parameters
    ----------
    prediction : with dimensions ``draw``, the training sets, and ``point``, where it predicts; any others.
    truth : the function itself, without noise, over ``point`` and any of the others.

    Returns
    -------
    ``bias`` (squared), ``variance`` and their sum ``error``, means over points. From finitely many draws the squared
    distance of the mean prediction is too large by a share of the variance; that is taken off, so that the estimated
    bias is right on average and may be slightly below zero.

    References
    ----------
    Geman, Bienenstock & Doursat (1992), "Neural networks and the bias/variance dilemma".
    """
    draws = prediction.sizes["draw"]
    variance = prediction.var("draw", ddof=1).mean("point")
    distance = ((prediction.mean("draw") - truth) ** 2).mean("point")
    error = ((prediction - truth) ** 2).mean(("draw", "point"))
    return xr.Dataset({"bias": distance - variance / draws, "variance": variance, "error": error})


def examples_needed(error: xr.DataArray, criterion: float) -> xr.Dataset:
    """Find from how many examples on an error stays at or below a criterion.

    Parameters
    ----------
    error : above zero, over ``examples`` (increasing numbers) and any other dimensions.
    criterion : the error to be reached.

    Returns
    -------
    ``examples``, between two tested numbers by a straight line in the logarithms of both, and ``reached``. Where the
    largest number tested is not enough, that number is given, from which more are needed.
    """
    tested = error["examples"].values
    high = np.moveaxis(error.values, error.get_axis_num("examples"), -1)
    # Number of the last point above the criterion; -1 where there is none.
    above = high > criterion
    last = np.where(above.any(-1), high.shape[-1] - 1 - above[..., ::-1].argmax(-1), -1)
    reached = last < high.shape[-1] - 1
    before, after = (np.clip(each, 0, high.shape[-1] - 1) for each in (last, last + 1))
    ends = [np.log(np.take_along_axis(high, each[..., None], -1)[..., 0]) for each in (before, after)]
    # At either end both points are the same one, and there is no line to go along.
    inside = before < after
    share = np.where(inside, (ends[0] - np.log(criterion)) / np.where(inside, ends[0] - ends[1], 1), 0)
    needed = np.exp(np.log(tested[before]) + share * (np.log(tested[after]) - np.log(tested[before])))
    like = error.isel(examples=0, drop=True)
    return xr.Dataset({"examples": like.copy(data=needed), "reached": like.copy(data=reached)})

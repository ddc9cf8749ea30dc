"""How much of the ideal learner the state holds: decoding what a Bayesian would believe, and how surely."""

from __future__ import annotations

from typing import Unpack

import xarray as xr

from pfc_metarl.analysis.decoding.decoders import Settings, decode
from pfc_metarl.base.errors import ConfigurationError

# How the names of all variables begin that an ideal observer believes.
BELIEVED = "believed_"

AXES = ("subject", "episode", "step")


def beliefs(recording: xr.Dataset) -> xr.Dataset:
    """Take the Bayes-optimal beliefs out of a recording: posterior means, and their standard deviations.

    Every variable whose name begins with ``believed_`` counts, those that you assign yourself too.
    One with a further axis, such as ``arm``, becomes one variable for each position of it, named
    ``believed_probability.0`` and so on. Where an episode has ended there is none (NaN).

    Raises
    ------
    ConfigurationError
        If the recording holds no belief.
    """
    found: dict[str, xr.DataArray] = {}
    for name, variable in recording.data_vars.items():
        if str(name).startswith(BELIEVED):
            further = [str(axis) for axis in variable.dims if axis not in AXES]
            for place in _places(variable, further):
                label = ".".join([str(name), *(str(position) for position in place.values())])
                found[label] = variable.isel(place).transpose(*AXES).astype(float)
    if not found:
        raise ConfigurationError(
            f"the recording holds no variable named {BELIEVED}…: record a task that reveals a belief, or assign one"
        )
    every = xr.Dataset(found)
    return every.where(recording["valid"]) if "valid" in recording else every


def belief_share(
    recording: xr.Dataset, untrained: xr.Dataset | None = None, state: str = "hidden", **settings: Unpack[Settings]
) -> xr.Dataset:
    """Tell how much of an ideal learner's beliefs can be read from the state, cross-validated over episodes.

    Beliefs become surer with time in all episodes alike, and a clock would follow that. So one linear
    decoder reads all steps, but what counts is the variance about each step's mean over episodes.

    Parameters
    ----------
    recording : with beliefs and the state.
    untrained : the same of untrained networks, which saw other outcomes and so believe other things.
    state : name of the activity, over ``subject episode step unit``.
    settings : as for `decode`.

    Returns
    -------
    ``share`` of the variance of each belief that is explained, over ``subject belief``; ``shuffled`` with the
    further axis ``shuffle``, of beliefs exchanged between episodes; and ``untrained``, if it is given.
    """
    found = decode(recording[state], beliefs(recording), time_course=False, **settings)
    measures = {"share": found["score"], "shuffled": found["null"]}
    if untrained is not None:
        null: Settings = {**settings, "shuffles": 0}
        measures["untrained"] = decode(untrained[state], beliefs(untrained), time_course=False, **null)["score"]
    return xr.Dataset(measures).rename(variable="belief")


def _places(variable: xr.DataArray, further: list[str]) -> list[dict[str, int]]:
    """Every position along further axes."""
    places: list[dict[str, int]] = [{}]
    for axis in further:
        places = [{**place, axis: position} for place in places for position in range(variable.sizes[axis])]
    return places

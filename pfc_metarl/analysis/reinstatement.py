"""What an episodic memory gives back, and how far its gate opens to let it in."""

from __future__ import annotations

import xarray as xr

from pfc_metarl.base.errors import ConfigurationError


def recalling(recording: xr.Dataset) -> xr.DataArray:
    """At which steps a stored state was given back, over ``subject episode step``.

    Raises
    ------
    ConfigurationError
        If the recorded network has no episodic memory.
    """
    if "recalled" not in recording:
        raise ConfigurationError(
            "the recording holds no 'recalled': record a network with --core episodic, with all variables"
        )
    return (recording["recalled"] != 0).any("unit") & recording["valid"]


def gate_opening(recording: xr.Dataset) -> xr.DataArray:
    """How far the reinstatement gate stands open, mean over units and episodes, from 0 to 1.

    Parameters
    ----------
    recording : with ``reinstatement`` and ``recalled``, of a network with episodic memory.

    Returns
    -------
    Over ``subject recalled step``: at steps where a stored state was given back (``recalled`` is true), and at
    steps where there was none, so that the gate let nothing in. NaN where there was no such step.

    References
    ----------
    Ritter et al. (2018), "Been there, done that", section 3.2: gating protects from what does not belong here.
    """
    there = recalling(recording)
    openness = recording["reinstatement"].astype(float).mean("unit").where(recording["valid"])
    kinds = [openness.where(there == kind).mean("episode") for kind in (True, False)]
    return xr.concat(kinds, dim=xr.Variable("recalled", [True, False])).transpose("subject", "recalled", "step")


def first_recalled(recording: xr.Dataset) -> xr.Dataset:
    """Return each episode at the first step at which it recalled something; episodes that never did drop out.

    Only episodes that recall in every subject stay, so that subjects share them. The step is kept as an axis
    of length one: decoders take the result as it is.

    Parameters
    ----------
    recording : of a network with episodic memory.
    """
    there = recalling(recording)
    episodes = there.any("step").all("subject").values
    chosen = recording.isel(episode=episodes)
    first = there.isel(episode=episodes).argmax("step")
    at_first = chosen.isel(step=first) if chosen.sizes["episode"] else chosen.isel(step=0)
    return at_first.expand_dims("step", axis=2).transpose("subject", "episode", "step", ...)

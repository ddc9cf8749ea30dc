"""Arms with hidden information: who asks, who searches, and who makes use of the answer."""

from __future__ import annotations

import xarray as xr

# What a pull may be of.
KINDS = ("informative", "target", "other")


def kind_of_pull(recording: xr.Dataset) -> xr.DataArray:
    """Tell of every pull what it was of.

    Parameters
    ----------
    recording : of the task ``informative-arm``, with ``target_arm``.

    Returns
    -------
    Whether it was, over ``subject episode step kind``.
    """
    choice, last = recording["choice"], recording.sizes["action"] - 1
    informative, target = choice == last, choice == recording["target_arm"]
    kinds = xr.concat([informative, target, ~(informative | target)], dim=xr.IndexVariable("kind", list(KINDS)))
    return kinds.transpose("subject", "episode", "step", "kind").rename("kind_of_pull")


def share_by_pull(recording: xr.Dataset) -> xr.DataArray:
    """Share of episodes in which each pull was of each kind, over ``subject step kind``."""
    return kind_of_pull(recording).mean("episode").rename("share")


def asked_once(recording: xr.Dataset) -> xr.DataArray:
    """Share of episodes in which the informative arm was pulled exactly once, per subject."""
    pulls = kind_of_pull(recording).sel(kind="informative", drop=True).sum("step")
    return (pulls == 1).mean("episode").rename("asked_once")


def used_the_answer(recording: xr.Dataset) -> xr.DataArray:
    """Share of the pulls after the first informative one that were of the target, per subject.

    0 for a subject that never asked in time.
    """
    kinds = kind_of_pull(recording)
    informative, target = (kinds.sel(kind=kind, drop=True) for kind in ("informative", "target"))
    asked_before = informative.cumsum("step") - informative > 0
    pulls = asked_before.sum(("episode", "step"))
    hits = (target & asked_before).sum(("episode", "step"))
    return (hits / pulls.where(pulls > 0, 1)).rename("used_the_answer")

"""Savings: what a state recalled from one task is worth at the start of another, by how alike the two are."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Int

from pfc_metarl.recording.trials import by_step


def savings(control: xr.Dataset, recalled: xr.Dataset) -> xr.DataArray:
    """Regret spared by recall, added up from the first trial on.

    Parameters
    ----------
    control : recording that began without recall; the same problems and chances as the other.
    recalled : recording that began with recalled states.

    Returns
    -------
    Over ``subject episode trial``, in units of reward; trial 1 is the first, below 0 is interference.
    """
    spared = (by_step(control, "regret") - by_step(recalled, "regret")).cumsum(axis=-1, dtype=float)
    return xr.DataArray(
        spared,
        dims=("subject", "episode", "trial"),
        coords={"subject": recalled["subject"].values, "trial": np.arange(1, spared.shape[-1] + 1)},
        name="savings",
    )


def likeness(ended: xr.Dataset, begun: xr.Dataset, successor: Int[np.ndarray, "order arm"]) -> xr.Dataset:
    """How alike two tasks on the carousel are, in their structure and in their contents.

    Parameters
    ----------
    ended : ``order`` and ``good_arm`` over ``subject episode``, where the state was stored.
    begun : the same, where it is recalled; the stored ones are used again from the first if they are fewer.
    successor : per order and arm, the arm that it hands over to.

    Returns
    -------
    Over ``subject episode``: ``shared``, how many arms hand over to the same arm in both; ``ahead``, how many
    hand-overs of the stored task lead from its good arm to the other's.
    """
    axes = ("subject", "episode")
    again = np.arange(begun.sizes["episode"]) % ended.sizes["episode"]
    order, arm = (ended[name].transpose(*axes).values[:, again] for name in ("order", "good_arm"))
    other_order, other_arm = (begun[name].transpose(*axes).values for name in ("order", "good_arm"))
    # The arms met on the way round from every arm, itself first.
    ways = [np.broadcast_to(np.arange(successor.shape[-1]), successor.shape)]
    while len(ways) < successor.shape[-1]:
        ways.append(np.take_along_axis(successor, ways[-1], axis=-1))
    met = np.stack(ways, axis=-1)[order, arm]
    shared = (successor[order] == successor[other_order]).sum(-1)
    ahead = (met == other_arm[..., None]).argmax(-1)
    return xr.Dataset({"shared": (axes, shared), "ahead": (axes, ahead)})


def mean_by(values: xr.DataArray, groups: xr.DataArray) -> xr.DataArray:
    """Mean over each subject's episodes of a group.

    Parameters
    ----------
    values : over ``subject episode`` and more.
    groups : over ``subject episode``, the group of each episode.

    Returns
    -------
    The axis ``episode`` gives way to ``group``, in ascending order; NaN where a subject has none of a group.
    """
    names = np.unique(groups)
    member = (groups == xr.DataArray(names, dims="group", coords={"group": names})).astype(float)
    return xr.dot(member, values, dim="episode") / member.sum("episode").where(lambda count: count > 0)

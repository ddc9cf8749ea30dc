"""Reading from a network's state what it has learned: decoders made on its own life, for use on somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.base.exchange import episode_orders
from pfc_metarl.base.moments import PairedMoments
from pfc_metarl.base.readout import Readout, ridge, squared_error
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.task import Task

# Episodes of the network's own, most of them to fit the decoder to and the rest to judge it by.
EPISODES, FITTED = 100, 0.8

# Of the null, in which each episode has another episode's beliefs.
SHUFFLES = 20

PENALTY = 1.0


@dataclass(frozen=True)
class BeliefDecoder:
    """Ridge decoders, one per network, from the state to what an ideal observer believes or what is true.

    Attributes
    ----------
    names : of the beliefs; those with several values are numbered, as in ``arm_probability_0``.
    readout : the decoders.
    explained : share of each belief's variance that is explained in episodes held back.
    shuffled : the same of decoders of beliefs exchanged between episodes, its 95% quantile.
    """

    names: tuple[str, ...]
    readout: Readout
    explained: Float[np.ndarray, "network belief"]
    shuffled: Float[np.ndarray, "network belief"]


def fit_beliefs(
    agent: Agent, task: Task[Any], truths: Sequence[str], step: int, stride: int, seed: int
) -> BeliefDecoder:
    """Let a network live through a task of its own, and fit decoders to its state.

    Parameters
    ----------
    agent : the frozen networks.
    task : as they were trained with.
    truths : hidden variables to be told besides all beliefs of the ideal observer.
    step, stride : the first step whose state is read, and steps from there to the next.
    seed : of the recording and of the null.
    """
    names = (*_believed(task), *truths)
    recording = record(agent, task, EPISODES, seed, ("hidden", *names)).isel(step=slice(step, None, stride))
    beliefs = _flat(recording, names)
    orders = episode_orders(EPISODES, SHUFFLES, seed)
    labels, targets = list(beliefs), np.stack(list(beliefs.values()), axis=-1).astype(float)
    # One fit decodes the beliefs and all their shuffles.
    targets = np.concatenate([targets[:, order] for order in orders], axis=-1)
    states = recording["hidden"].transpose("subject", "episode", "step", "unit").values.astype(float)
    valid = recording["valid"].transpose("subject", "episode", "step").values

    def moments(episodes: slice) -> PairedMoments:
        rows = (states[:, episodes], targets[:, episodes], valid[:, episodes])
        hidden, wanted, present = (each.reshape(len(each), -1, *each.shape[3:]) for each in rows)
        return PairedMoments.of(hidden, wanted, present)

    border = round(FITTED * EPISODES)
    fitted, judged = moments(slice(border)), moments(slice(border, None))
    readout = ridge(fitted, PENALTY)
    share = 1 - squared_error(readout, judged) / np.where(judged.power > 0, judged.power, np.nan)
    by_order = share.reshape(len(states), len(orders), len(labels))
    own = Readout(readout.weight[..., : len(labels)], readout.intercept[:, : len(labels)])
    return BeliefDecoder(tuple(labels), own, by_order[:, 0], np.quantile(by_order[:, 1:], 0.95, axis=1))


def _believed(task: Task[Any]) -> list[str]:
    """Names of what an ideal observer believes, by its state or by its actions and rewards."""
    state, _ = task.start(torch.full((1, 1, task.start_draws), 0.5))
    nothing = torch.zeros(1, 1, 1)
    return [
        name for name in (*task.truth(state), *task.belief(nothing.long(), nothing)) if name.startswith("believed_")
    ]


def _flat(recording: xr.Dataset, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Every belief as numbers over ``subject episode step``; those with several values one by one."""
    flat: dict[str, np.ndarray] = {}
    for name in names:
        ordered = recording[name].transpose("subject", "episode", "step", ...)
        if ordered.ndim == 3:
            flat[name] = ordered.values
        else:
            flat |= {f"{name}_{position}": ordered.values[..., position] for position in range(ordered.shape[-1])}
    return flat

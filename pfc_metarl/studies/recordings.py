"""Recordings of frozen networks, with proof that they stayed frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.claim import Measures
from pfc_metarl.tasks.task import Task


@runtime_checkable
class Weighted(Protocol):
    """What has weights whose hashes can be taken: agents, and learners of other kinds."""

    def fingerprints(self) -> list[str]: ...


class FrozenProof:
    """Remembers the weights of learners, all of the same subjects, to tell later whether they have changed.

    Learners that have none are passed over.
    """

    def __init__(self, learners: Iterable[Weighted]) -> None:
        weighted = [(learner, hashes) for learner in learners if (hashes := learner.fingerprints())]
        self._learners = [learner for learner, _ in weighted]
        self._before = np.array([hashes for _, hashes in weighted])

    def measure(self) -> Measures:
        """Return ``weights.unchanged``: 1 for each subject if no learner's weights have another hash than before."""
        now = np.array([learner.fingerprints() for learner in self._learners])
        return {"weights.unchanged": (self._before == now).all(axis=0).astype(float)}


def record_agents(
    agents: Mapping[str, Agent],
    task: Task[Any],
    episodes: int,
    seed: int,
    variables: tuple[str, ...] | None,
    quiet: bool,
) -> tuple[dict[str, xr.Dataset], Measures]:
    """Put several agents through the same problems.

    Parameters
    ----------
    agents : by condition, all of the same subjects.
    task, episodes, seed, variables : as for ``record``.
    quiet : no progress bar.

    Returns
    -------
    The recordings by condition, and ``weights.unchanged``: 1 for each subject whose weights have, in every
    agent that has any, the same hash before and after all of it.
    """
    kept_frozen = FrozenProof(agents.values())
    recordings = {
        name: record(agent, task, episodes, seed, variables)
        for name, agent in tqdm(agents.items(), desc="recording", unit="condition", disable=quiet)
    }
    return recordings, kept_frozen.measure()

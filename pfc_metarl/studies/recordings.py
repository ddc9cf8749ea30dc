"""Recordings of frozen networks, with proof that they stayed frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.claim import Measures
from pfc_metarl.tasks.task import Task


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
    The recordings by condition, and ``weights.unchanged``: 1 for each subject of the first
    agent whose weights have the same hash before and after all of it.
    """
    first = next(iter(agents.values()))
    before = first.fingerprints()
    recordings = {
        name: record(agent, task, episodes, seed, variables)
        for name, agent in tqdm(agents.items(), desc="recording", unit="condition", disable=quiet)
    }
    unchanged = [float(old == new) for old, new in zip(before, first.fingerprints(), strict=True)]
    return recordings, {"weights.unchanged": np.array(unchanged)}

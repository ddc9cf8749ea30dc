"""Rows of a published table: networks and reference learners put through the same problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.base.statistics import interval
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.task import Task

# Begins the name of a network's untrained twin.
UNTRAINED = "untrained-"


def by_setting(algorithms: Sequence[str], rows: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Name a table's numbers: setting -> algorithm -> number."""
    return {setting: dict(zip(algorithms, row, strict=True)) for setting, row in rows.items()}


def networks_by_setting(agents: Mapping[str, FrozenAgent]) -> dict[str, dict[str, FrozenAgent]]:
    """Sort networks named "core-setting": setting -> core -> network."""
    sorted_agents: dict[str, dict[str, FrozenAgent]] = {}
    for label, agent in agents.items():
        core, _, setting = label.partition("-")
        sorted_agents.setdefault(setting, {})[core] = agent
    return sorted_agents


def record_row(
    networks: Mapping[str, FrozenAgent],
    learners: Mapping[str, Agent],
    task: Task[Any],
    episodes: int,
    seed: int,
    kept: Sequence[str],
    interventions: Mapping[str, Intervention] | None = None,
) -> dict[str, xr.Dataset]:
    """Put everyone through the problems of one row.

    Parameters
    ----------
    networks : by core.
    learners : reference learners by name.
    task, episodes, seed : as for ``record``.
    kept : variables of a recording that are kept.
    interventions : by the beginning of a name, what else is done to each network.

    Returns
    -------
    Recordings by learner: "gru", "untrained-gru", "random" and so on.
    """
    revealed = tuple(name for name in kept if name not in ("choice", "reward", "valid"))
    compared: dict[str, Agent] = {}
    for core, agent in networks.items():
        compared |= {core: agent, f"{UNTRAINED}{core}": untrained_like(agent.population, seed)}
        for beginning, intervention in (interventions or {}).items():
            compared[f"{beginning}{core}"] = agent.perturbed(intervention)
    return {
        name: record(agent, task, episodes, seed, revealed)[list(kept)]
        for name, agent in {**compared, **learners}.items()
    }


def totals(
    rewards: Mapping[str, Mapping[str, Float[np.ndarray, " subject"]]],
    learners: Mapping[str, tuple[str, str | None]],
    published: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """Total reward of every learner in every row: mean and 95% interval over subjects, and what was published.

    Parameters
    ----------
    rewards : setting -> learner -> total reward of each subject.
    learners : in the order of their rows: learner -> (name, algorithm of the published table, if any).
    published : setting -> algorithm -> number.
    """
    rows = []
    for setting, own in rewards.items():
        for label in (label for label in learners if label in own):
            name, algorithm = learners[label]
            found = interval(own[label])
            paper = published[setting][algorithm] if algorithm else float("nan")
            row = {"setting": setting, "learner": name, "reward": found.mean, "low": found.low, "high": found.high}
            rows.append({**row, "published": paper})
    return pd.DataFrame(rows)

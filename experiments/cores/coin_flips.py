"""Memory of what trials brought, where that is as random as a coin.

Networks are led through two arms by chance: each choice is a coin flip, and each arm pays every second time. Two
signals are then independent from trial to trial, and so measure memory alone: the reward, and what it says
about the arms, its evidence for the left one: 1 where left paid or right did not, -1 elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.analysis.memory import memory_function
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

from .config import LAGS, MEMORY_EPISODES, SHUFFLES, TASKS

SIGNALS = ("evidence", "reward")

# Whose memory is shown beside the networks': all that an ideal learner needs to keep.
COUNTS = "counts"


class Passenger(Agent):
    """A network that receives everything and decides nothing: either arm is as likely, whatever it would take.

    With the same seed all networks live through the same choices and outcomes.
    """

    def __init__(self, network: FrozenAgent) -> None:
        self.network = network
        self.subjects = network.subjects

    def refuse_unfit(self, task: Task[Any]) -> None:
        self.network.refuse_unfit(task)

    def fingerprints(self) -> list[str]:
        return self.network.fingerprints()

    def begin(self, episodes: int) -> Any:
        return self.network.begin(episodes)

    def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
        return replace(self.network.respond(memory, senses, uniform), action=(uniform[..., 0] < 0.5).long())


def remember(
    trained: Mapping[str, FrozenAgent], untrained: Mapping[str, FrozenAgent], seed: int
) -> dict[str, dict[str, xr.Dataset]]:
    """Measure how far back states remember both signals.

    Parameters
    ----------
    trained, untrained : by core.
    seed : of the evaluation and of the shuffles.

    Returns
    -------
    By signal, and then for each core's hidden state as ``core``, ``core.untrained`` and, where there are cells, theirs
    as ``core.cell``; and for the counts of an optimal learner. All have shuffles, since each has a zero of its own.
    """
    found: dict[str, dict[str, xr.Dataset]] = {signal: {} for signal in SIGNALS}

    def add(name: str, activity: xr.DataArray, recording: xr.Dataset) -> None:
        for signal, values in signals(recording).items():
            found[signal][name] = memory_function(activity, values, LAGS, SHUFFLES, seed)

    for core, agent in trained.items():
        recording = _flip(agent, seed)
        add(core, recording["hidden"], recording)
        if "cell" in recording:
            add(f"{core}.cell", recording["cell"], recording)
        recording = _flip(untrained[core], seed)
        add(f"{core}.untrained", recording["hidden"], recording)
    # Outcomes are coin flips whoever chooses.
    recording = _flip(untrained[list(trained)[-1]], seed)
    add(COUNTS, counts(recording), recording)
    return found


def signals(recording: xr.Dataset) -> dict[str, xr.DataArray]:
    """What each trial brought."""
    outcome = 2.0 * recording["reward"] - 1
    return {"evidence": outcome * (1 - 2 * recording["choice"]), "reward": outcome}


def counts(recording: xr.Dataset) -> xr.DataArray:
    """Successes and failures of both arms before each trial."""
    chosen, paid = recording["previous_action"], recording["previous_reward"]
    both = xr.concat([chosen * paid, chosen * (1 - paid)], dim="outcome").astype(np.float64)
    return both.cumsum("step").stack(unit=("outcome", "action"), create_index=False)


def _flip(agent: FrozenAgent, seed: int) -> xr.Dataset:
    """Record a network on coin flips, with all its activity."""
    trials = TASKS["bandit"][1]["trials"]
    task = Bandit(BanditConfiguration(trials=trials, probabilities=(0.5, 0.5)))
    return record(Passenger(agent), task, MEMORY_EPISODES, seed, agent.population.core.state_names)

"""Runs the frozen networks and the reference learners, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import SilenceInput
from pfc_metarl.agents.reference.informative_arm import TargetOptimalAgent, TargetThompsonAgent, UntriedArmAgent
from pfc_metarl.analysis.informative_arm import asked_once, share_by_pull, used_the_answer
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.informative_arm import InformativeArm, InformativeArmConfiguration

from .config import EVALUATION_EPISODES, TASK
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = ("target_arm",)


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Put networks and reference learners before the same arms.

    Parameters
    ----------
    agents : "informative-arm", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    agent = agents["informative-arm"]
    task = InformativeArm(InformativeArmConfiguration(**TASK))
    compared: dict[str, Agent] = {
        "trained": agent,
        # The last reward arrives as the observation.
        "reward-silenced": agent.perturbed(SilenceInput("observation")),
        "untrained": untrained_like(agent.population, seed),
        **_reference_agents(task, agent.subjects),
    }
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    measures = {
        **{f"reward.{name}": _reward(recording) for name, recording in recordings.items()},
        **_asking(recordings),
        **unchanged,
    }
    kept = {name: recordings[name] for name in ("trained", "reward-silenced")}
    return Evaluation(measures, panels(recordings), kept)


def _reference_agents(task: InformativeArm, subjects: Sequence[int]) -> dict[str, Agent]:
    """The best there is, Thompson sampling, and what upper confidence bounds do in so few pulls."""
    return {
        "optimal": TargetOptimalAgent(task, subjects),
        "thompson": TargetThompsonAgent(task, subjects),
        "ucb": UntriedArmAgent(task, subjects),
    }


def _reward(recording: xr.Dataset) -> Float[np.ndarray, " subject"]:
    """Reward of an episode."""
    return recording["reward"].astype(float).sum("step").mean("episode").values


def _asking(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Whether the informative arm is pulled first, and exactly once, and what becomes of the answer."""
    measures = {}
    for name, recording in recordings.items():
        ending = "" if name == "trained" else f".{name}"
        measures[f"informative.first{ending}"] = share_by_pull(recording).sel(kind="informative").isel(step=0).values
        measures[f"informative.once{ending}"] = asked_once(recording).values
        measures[f"informative.used{ending}"] = used_the_answer(recording).values
    return measures

"""Runs the frozen networks with and without their memory, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import BlockGate, ShuffleRecall
from pfc_metarl.agents.reference.episodic_two_step import EpisodicTwoStepAgent
from pfc_metarl.analysis.episodic_two_step import called_back, part, trials
from pfc_metarl.analysis.two_step import staying
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.stages import stages_of, stored_stages
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepConfiguration

from .config import CORES, EVALUATION_EPISODES, STAGE_EPISODES, STAGES, TASK
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = (
    "phase",
    "second_state",
    "common",
    "cued",
    "remembered_action",
    "remembered_state",
    "remembered_reward",
)

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record the task in every condition, and measure staying and reward with cues and without.

    Parameters
    ----------
    agents : "episodic" and "plain", trained; and their earlier stages "episodic/stage-1" and so on, without which
        their rewards as measured after the bundled training are read, without intervention.
    seed : root of the evaluation's random streams; the same chances in every condition.
    quiet : no progress bar.
    """
    task = EpisodicTwoStep(EpisodicTwoStepConfiguration(**TASK))
    agents = {name: agent.with_slots(task.configuration.trials) for name, agent in agents.items()}
    conditions = _conditions(agents, task, seed)
    recordings, unchanged = record_agents(conditions, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    tables = {name: trials(recording) for name, recording in recordings.items()}
    stays = {name: _stays(table) for name, table in tables.items()}
    stages = _stages(agents, task, tables, seed)
    measures = {**_rewards(tables), **_interactions(stays), **_lead(stages), **unchanged}
    kept = {name: recordings[name] for name in (*CORES, "gate-closed", "keys-shuffled")}
    return Evaluation(measures, panels(tables, stays, stages), kept, {"stages": stages})


def _conditions(agents: Mapping[str, FrozenAgent], task: EpisodicTwoStep, seed: int) -> dict[str, Agent]:
    """Networks as they are, without their memory, and before any training; learners that know the rules."""
    episodic = agents["episodic"]
    return {
        **{label: agents[label] for label in CORES},
        "gate-closed": episodic.perturbed(BlockGate("reinstatement")),
        "keys-shuffled": episodic.perturbed(ShuffleRecall()),
        "untrained": untrained_like(episodic.population, seed),
        "remembering": EpisodicTwoStepAgent(task, episodic.subjects),
        "forgetful": EpisodicTwoStepAgent(task, episodic.subjects, remembers=False),
    }


def _stays(table: xr.Dataset) -> dict[str, xr.Dataset]:
    """How staying depends on the trial before, without cues and with them, and on the trial called back."""
    return {
        "uncued": staying(part(table, cued=False)),
        "cued": staying(part(table, cued=True)),
        "called-back": staying(called_back(table)),
    }


def _rewards(tables: Mapping[str, xr.Dataset]) -> Measures:
    """Reward per trial without cues and with them, and how the episodic network's compares."""
    measures: Measures = {
        f"reward.{label}.{name}": part(table, cued)["reward"].mean(("episode", "trial")).values
        for name, table in tables.items()
        for label, cued in (("uncued", False), ("cued", True))
    }
    measures["reward.cued.episodic-minus-plain"] = measures["reward.cued.episodic"] - measures["reward.cued.plain"]
    measures["reward.cued.midway"] = (measures["reward.cued.remembering"] + measures["reward.cued.forgetful"]) / 2
    return measures


def _interactions(stays: Mapping[str, Mapping[str, xr.Dataset]]) -> Measures:
    """Effects on staying, and whether the interaction is above zero over a subject's own episodes."""
    measures: Measures = {}
    for name, parts in stays.items():
        for label, found in parts.items():
            interaction, reward = found["interaction"].values, found["reward_effect"].values
            measures |= {
                f"interaction.{label}.{name}": interaction,
                f"reward-effect.{label}.{name}": reward,
                f"reward-effect-minus-interaction.{label}.{name}": np.abs(reward) - interaction,
                f"above-zero.{label}.{name}": found["above_zero"].values.astype(float),
            }
    cued, closed = (measures[f"interaction.cued.{name}"] for name in ("episodic", "gate-closed"))
    return {
        **measures,
        "interaction.uncued.episodic.half": measures["interaction.uncued.episodic"] / 2,
        "interaction.called-back.episodic.tenth": measures["interaction.called-back.episodic"] / 10,
        "cued.episodic-minus-gate-closed": cued - closed,
    }


def _stages(
    agents: Mapping[str, FrozenAgent], task: EpisodicTwoStep, tables: Mapping[str, xr.Dataset], seed: int
) -> pd.DataFrame:
    """Reward per trial at each stage of training, columns ``core subject stage reward``."""
    measured = []
    for label in CORES:
        for stage, name in stages_of(agents, label).items():
            recording = record(agents[name], task, STAGE_EPISODES, seed, NEEDED)
            measured.append(_stage(label, stage, trials(recording)))
    last = [_stage(label, STAGES, tables[label]) for label in CORES]
    subjects = agents["episodic"].subjects
    return pd.concat([*(measured or [stored_stages("ritter2018-two-step", STAGES, subjects)]), *last])


def _stage(label: str, stage: int, table: xr.Dataset) -> pd.DataFrame:
    reward = table["reward"].mean(("episode", "trial")).to_series().reset_index()
    return pd.DataFrame({"core": label, "subject": reward["subject"], "stage": stage, "reward": reward["reward"]})


def _lead(stages: pd.DataFrame) -> Measures:
    """Reward of the episodic network half way through its training, less the plain network's at the end."""
    by_stage = stages.pivot_table(index="subject", columns=["core", "stage"], values="reward")
    return {"lead.halfway": (by_stage["episodic", STAGES // 2] - by_stage["plain", STAGES]).to_numpy()}

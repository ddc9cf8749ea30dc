"""Runs the frozen networks and the reference learners, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import ResetState
from pfc_metarl.analysis.memory import memory_capacity, memory_span
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.stages import stages_of, stored_stages
from pfc_metarl.studies.study import Evaluation

from .coin_flips import remember
from .config import CORES, CRITERION, LATE, STAGES, TASK_EPISODES, TASKS, label, million_steps
from .panels import panels
from .worlds import WORLDS, Values, make_world, score_of

Performance = dict[str, dict[str, Values]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Put every core through every task, and measure performance, speed of learning and memory.

    Parameters
    ----------
    agents : "bandit-vanilla" and so on, one per task and core, trained; and their earlier stages
        "bandit-vanilla/stage-1" and so on, without which their performance as measured after the
        bundled training is read, without intervention.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    trained = {name: agent for name, agent in agents.items() if "/" not in name}
    kept_frozen = FrozenProof(trained.values())
    performance, recordings = _perform(agents, seed, quiet)
    scores = {
        task: {name: score_of(task, values, own["best"]) for name, values in own.items()}
        for task, own in performance.items()
    }
    bandits = {core: trained[label("bandit", core)] for core in CORES}
    stages = _stages(performance, bandits[CORES[0]].subjects)
    curves = _curves(stages, performance)
    memory = remember(bandits, {core: untrained_like(agent.population, seed) for core, agent in bandits.items()}, seed)
    measures = {
        **_final(performance),
        **{f"score.{task}.{core}": scores[task][core] for task in TASKS for core in CORES},
        **_speed(curves),
        **_memory(memory),
        **kept_frozen.measure(),
    }
    return Evaluation(measures, panels(curves, scores, memory), recordings, {"stages": stages})


def _perform(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> tuple[Performance, dict[str, xr.Dataset]]:
    """Measure everybody's performance by task; keep the recordings of trained networks."""
    every = {(task, name): agent for task in TASKS for name, agent in _compared(task, agents, seed).items()}
    performance: Performance = {task: {} for task in TASKS}
    recordings = {}
    for (task, name), agent in tqdm(every.items(), desc="recording", unit="condition", disable=quiet):
        recording = record(agent, make_world(task), TASK_EPISODES[task], seed, WORLDS[task].needed)
        performance[task][name] = WORLDS[task].performance(recording)
        if name in CORES:
            recordings[label(task, name)] = recording
    return performance, recordings


def _compared(task: str, agents: Mapping[str, FrozenAgent], seed: int) -> dict[str, Agent]:
    """All who are put through a task: networks at every stage of training, untrained, reset; and reference learners."""
    compared: dict[str, Agent] = {}
    for core in CORES:
        agent = agents[label(task, core)]
        compared[core] = agent
        compared[f"{core}.untrained"] = untrained_like(agent.population, seed)
        if task == "bandit":
            compared[f"{core}.state-reset"] = agent.perturbed(ResetState())
        for stage, name in stages_of(agents, label(task, core)).items():
            compared[f"{core}/stage-{stage}"] = agents[name]
    subjects = agents[label(task, CORES[0])].subjects
    return {**compared, **WORLDS[task].references(make_world(task), subjects)}


def _final(performance: Performance) -> dict[str, Values]:
    """Performance of everybody but earlier stages, and what a reset state costs in the bandit."""
    measures = {
        f"{WORLDS[task].measure}.{task}.{name}": values
        for task, own in performance.items()
        for name, values in own.items()
        if "/" not in name
    }
    for core in CORES:
        cost = performance["bandit"][f"{core}.state-reset"] - performance["bandit"][core]
        measures[f"regret.bandit.{core}.reset-cost"] = cost
    return measures


def _stages(performance: Performance, subjects: Sequence[int]) -> pd.DataFrame:
    """Performance at each stage of training, 0 before it: columns ``task core subject stage performance``."""
    tables, earlier = [], False
    for task, own in performance.items():
        for core in CORES:
            between = {stage: own[name] for stage, name in stages_of(own, core).items()}
            earlier = earlier or bool(between)
            for stage, values in {0: own[f"{core}.untrained"], **between, STAGES: own[core]}.items():
                place = {"task": task, "core": core, "subject": list(subjects), "stage": stage}
                tables.append(pd.DataFrame({**place, "performance": values}))
    measured = pd.concat(tables, ignore_index=True)
    if earlier:
        return measured
    last = measured.loc[measured["stage"] == STAGES, :]
    return pd.concat([stored_stages("cores", STAGES, subjects), last], ignore_index=True)


def _curves(stages: pd.DataFrame, performance: Performance) -> dict[tuple[str, str], pd.DataFrame]:
    """Score by subject and million steps of training, for each task and core."""
    curves = {}
    for task, own in performance.items():
        for core in CORES:
            here = stages.loc[(stages["task"] == task) & (stages["core"] == core), :]
            by_stage = here.pivot_table(index="subject", columns="stage", values="performance")
            scores = score_of(task, by_stage.to_numpy(), own["best"][:, None])
            steps = by_stage.columns.to_numpy() * (million_steps(task) / STAGES)
            curves[task, core] = pd.DataFrame(scores, by_stage.index, pd.Index(steps, name="steps"))
    return curves


def _speed(curves: Mapping[tuple[str, str], pd.DataFrame]) -> dict[str, Values]:
    """Million steps until a task is learned, and whether it ever was."""
    measures = {}
    for (task, core), curve in curves.items():
        found = steps_until(curve, CRITERION)
        measures[f"learned.{task}.{core}"] = np.isfinite(found).astype(float)
        # Who never learns takes at least the whole training.
        measures[f"steps.{task}.{core}"] = np.where(np.isfinite(found), found, curve.columns[-1])
    return measures


def steps_until(curve: pd.DataFrame, criterion: float) -> Float[np.ndarray, " subject"]:
    """Where each subject's curve first reaches the criterion, on straight lines between its points; never is infinite.

    Parameters
    ----------
    curve : one row per subject; columns are the steps, rising.
    """
    values, steps = curve.to_numpy(), curve.columns.to_numpy(float)
    reached = values >= criterion
    after = reached.argmax(axis=1)
    before = np.maximum(after - 1, 0)
    subject = np.arange(len(values))
    low, high = values[subject, before], values[subject, after]
    part = np.divide(criterion - low, high - low, out=np.ones_like(low), where=high > low)
    found = steps[before] + part * (steps[after] - steps[before])
    return np.where(reached.any(axis=1), found, np.inf)


def _memory(memory: Mapping[str, Mapping[str, xr.Dataset]]) -> dict[str, Values]:
    """What everybody holds of all trials looked at and of late ones, what training added, and how far it reaches."""
    measures = {}
    for signal, states in memory.items():
        for measure, beyond in (("memory", 0), ("late-memory", LATE)):
            held = {name: memory_capacity(found, beyond).values for name, found in states.items()}
            measures |= {f"{measure}.{signal}.{name}": values for name, values in held.items()}
            for core in CORES:
                measures[f"{measure}.{signal}.{core}.gain"] = held[core] - held[f"{core}.untrained"]
        for core in CORES:
            measures[f"span.{signal}.{core}"] = memory_span(states[core]).values.astype(float)
    return measures

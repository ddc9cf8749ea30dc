"""Puts the frozen networks into the water maze with and without memory, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import BlockGate, ShuffleRecall
from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.analysis.maze import steps_to_goal, visit_medians
from pfc_metarl.analysis.recurrence import at_exposure
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.water_maze import WaterMaze, WaterMazeConfiguration

from .config import CORES, EVALUATION_EPOCHS, LATE, TASK
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("context", "exposure", "goal", "position", "distance", "trial")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record whole epochs in every condition, and measure paths to the goal by exposure of the context.

    Parameters
    ----------
    agents : "episodic" and "plain", trained.
    seed : root of the evaluation's random streams; the same goals and first starts in every condition.
    quiet : no progress bar.
    """
    task = WaterMaze(WaterMazeConfiguration(**TASK))
    conditions = _conditions(agents, task, seed)
    recordings, unchanged = record_agents(conditions, task, task.epoch * EVALUATION_EPOCHS, seed, NEEDED, quiet)
    paths = {name: _by_exposure(recording, _path) for name, recording in recordings.items()}
    paths["shortest"] = _by_exposure(recordings["episodic"], _shortest)
    goals = {name: _by_exposure(recording, _goals) for name, recording in recordings.items()}
    measures = {**_lengths(paths, task), **_reached(goals), **_visits(recordings), **unchanged}
    kept = {name: recordings[name] for name in (*CORES, "gate-closed", "keys-shuffled")}
    return Evaluation(measures, panels(paths, goals, recordings, task), kept)


def _conditions(agents: Mapping[str, FrozenAgent], task: WaterMaze, seed: int) -> dict[str, Agent]:
    """Networks as they are, without their memory, and before any training; and a random walk."""
    episodic = agents["episodic"]
    return {
        **{label: agents[label] for label in CORES},
        "gate-closed": episodic.perturbed(BlockGate("reinstatement")),
        "keys-shuffled": episodic.perturbed(ShuffleRecall()),
        "untrained": untrained_like(episodic.population, seed),
        "random": RandomAgent(episodic.subjects, arms=task.actions),
    }


def _by_exposure(recording: xr.Dataset, measure: Callable[[xr.Dataset], xr.DataArray]) -> xr.DataArray:
    """What is measured of all episodes of an exposure, over ``subject exposure``."""
    exposures = range(1, TASK["exposures"] + 1)
    measured = [measure(at_exposure(recording, each)) for each in exposures]
    return xr.concat(measured, dim=xr.Variable("exposure", list(exposures))).transpose("subject", "exposure")


def _path(episodes: xr.Dataset) -> xr.DataArray:
    """Median length of the path from an episode's first start to the goal."""
    return visit_medians(steps_to_goal(episodes, 1), TASK["length"]).sel(trial=1, drop=True)


def _shortest(episodes: xr.Dataset) -> xr.DataArray:
    """Median of the fewest steps that lead there."""
    return episodes["distance"].isel(step=0).median("episode")


def _goals(episodes: xr.Dataset) -> xr.DataArray:
    """Goals per episode."""
    return episodes["reward"].astype(float).sum("step").mean("episode")


def _lengths(paths: Mapping[str, xr.DataArray], task: WaterMaze) -> Measures:
    """Paths at the first two exposures and at late ones, how they compare, and the gain."""
    measures: Measures = {}
    for name, own in paths.items():
        first, second = (own.sel(exposure=each).values for each in (1, 2))
        late = own.sel(exposure=slice(LATE, None)).mean("exposure").values
        measures |= {
            f"path.exposure-1.{name}": first,
            f"path.exposure-2.{name}": second,
            f"path.late.{name}": late,
            f"path.second-over-first.{name}": second / first,
            f"path.late-over-first.{name}": late / first,
            f"gain.{name}": first - late,
        }
    return {
        **measures,
        "path.late-over-shortest.episodic": measures["path.late.episodic"] / measures["path.late.shortest"],
        "gain.episodic.tenth": measures["gain.episodic"] / 10,
        # The goal is in any other cell with the same probability, and each step can try one that was not tried before.
        "path.search": np.full_like(measures["path.late.episodic"], task.cells / 2),
    }


def _reached(goals: Mapping[str, xr.DataArray]) -> Measures:
    """Goals per episode at the first exposure and at late ones."""
    return {
        f"goals.{label}.{name}": own.sel(exposure=exposures).mean("exposure").values
        for name, own in goals.items()
        for label, exposures in (("exposure-1", slice(1, 1)), ("late", slice(LATE, None)))
    }


def _visits(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """How long the second visit of a first exposure takes, compared with the first: what is learned in an episode."""
    measures: Measures = {}
    for label in CORES:
        medians = visit_medians(steps_to_goal(at_exposure(recordings[label], 1), 2), TASK["length"])
        measures[f"path.visit-2-over-1.{label}"] = (medians.sel(trial=2) / medians.sel(trial=1)).values
    return measures

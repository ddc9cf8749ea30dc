"""Lets everyone learn new problems, and measures how many pulls that takes, inside and outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.reference.barcode_bandit import RememberingArmAgent
from pfc_metarl.analysis.recurrence import by_exposure
from pfc_metarl.analysis.transfer import doublings, performance, steps_to_criterion
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.learning_curves import LearningCurves
from pfc_metarl.studies.recordings import FrozenProof, record_agents
from pfc_metarl.studies.registry import load
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit

from .config import CRITERION, EPISODIC, EVALUATION_EPISODES, EVALUATION_EPOCHS
from .costs import costs
from .panels import BY_ACTIVITY, LEARNERS, panels, summary
from .recipe import OUTER
from .worlds import BLOCK, WORLDS, World

# Learners that are told nothing and compared with the recurrent network inside; those that learn by gradients outside.
RIVALS = ("maml", "fine-tune", "mfec", "dqn")
BY_GRADIENT = ("maml", "fine-tune")


def evaluate(learners: Mapping[str, Any], seed: int, quiet: bool) -> Evaluation:
    """Record those that learn by activity, and read the courses of the others.

    Parameters
    ----------
    learners : "recurrent", frozen networks, and "courses".
    seed : root of the evaluation's random streams; courses were lived before.
    quiet : no progress bar.
    """
    curves: LearningCurves = learners["courses"]
    network: FrozenAgent = learners["recurrent"]
    points = np.array(curves.steps["dqn/inside"])
    kept_frozen = FrozenProof([network])
    courses: dict[str, xr.DataArray] = {}
    kept = {}
    for name, world in WORLDS.items():
        task = world.new_contexts(int(points[-1]))
        recorded, _ = record_agents(_agents(network, task), task, EVALUATION_EPISODES, seed, (), quiet)
        own = {label: _by_block(recorded[label]["reward"]) for label in BY_ACTIVITY}
        own |= {label: curves.curves[f"{label}/{name}"].numpy() for label in LEARNERS if label not in own}
        courses[name] = xr.DataArray(
            np.stack([own[label] for label in LEARNERS]).astype(float),
            dims=("learner", "subject", "step"),
            coords={"learner": list(LEARNERS), "subject": list(curves.subjects), "step": points},
        )
        kept |= {f"{name}/{label}": recording for label, recording in recorded.items()}
    earned = xr.concat(list(courses.values()), xr.DataArray(list(WORLDS), dims="world", name="world"))
    shares = xr.concat([_share(courses[name], world) for name, world in WORLDS.items()], earned["world"])
    steps = steps_to_criterion(shares, CRITERION)
    again = _again(network, seed)
    results = xr.Dataset({"steps": steps.fillna(points[-1]), "reached": steps.notnull(), "share": shares})
    outer = {label: curves.steps[f"{label}/{OUTER}"][-1] for label in ("recurrent", "maml")}
    price = costs(network.population, outer, int(points[-1]))
    measures = {**_measures(results, again), **kept_frozen.measure()}
    return Evaluation(measures, panels(results, earned, again, price), kept, {"summary": summary(results, price)})


def _agents(recurrent: FrozenAgent, task: BarcodeBandit) -> dict[str, Agent]:
    """Make those that learn by activity."""
    episodic = freeze(load(EPISODIC).select(range(len(recurrent.subjects))))
    return {"recurrent": recurrent, "episodic": episodic, "bayes": RememberingArmAgent(task, recurrent.subjects)}


def _by_block(reward: xr.DataArray) -> np.ndarray:
    """Mean over problems and over each block of pulls, ``subject block``."""
    along = reward.mean("episode").transpose("subject", "step").values
    return along.reshape(len(along), -1, BLOCK).mean(axis=-1)


def _share(earned: xr.DataArray, world: World) -> xr.DataArray:
    """Share of the way from chance to what knowing the good arm earns."""
    return performance(earned, world.chance, world.good)


def _again(recurrent: FrozenAgent, seed: int) -> xr.DataArray:
    """Share of the way at the first meeting of a context and at the second, with others in between."""
    found: list[xr.DataArray] = []
    for world in WORLDS.values():
        task = world.recurring(exposures=2)
        own: dict[str, xr.DataArray] = {}
        for label, agent in _agents(recurrent, task).items():
            recording = record(agent, task, task.epoch * EVALUATION_EPOCHS, seed, ("exposure",))
            own[label] = by_exposure(recording, recording["reward"]).mean("step")
        met = xr.concat(list(own.values()), xr.DataArray(list(own), dims="learner", name="learner"))
        found.append(_share(met, world))
    return xr.concat(found, xr.DataArray(list(WORLDS), dims="world", name="world"))


def _measures(results: xr.Dataset, again: xr.DataArray) -> Measures:
    """Pulls to criterion, how they compare, and what is still there when a context comes back."""
    steps, longest = results["steps"], results["share"]["step"].max()
    # Doublings from the first to the second, which begins with the recurrent network.
    behind = doublings(steps, steps.sel(learner="recurrent", drop=True), longest)
    degraded = doublings(steps.sel(world="inside"), steps.sel(world="outside"), longest)
    measures = {}
    for learner in LEARNERS:
        for world in WORLDS:
            own = results.sel(learner=learner, world=world)
            measures[f"steps.{learner}.{world}"] = own["steps"].values
            measures[f"reached.{learner}.{world}"] = own["reached"].values.astype(float)
        measures[f"degraded.{learner}"] = degraded.sel(learner=learner).values
    for learner in RIVALS:
        measures[f"behind.{learner}"] = -behind.sel(learner=learner, world="inside").values
    for learner in BY_GRADIENT:
        measures[f"degrades-less.{learner}"] = measures["degraded.recurrent"] - measures[f"degraded.{learner}"]
    second = again.sel(exposure=2)
    for learner in BY_ACTIVITY:
        for world in WORLDS:
            measures[f"second-meeting.{learner}.{world}"] = second.sel(learner=learner, world=world).values
    for world in WORLDS:
        kept = (second.sel(learner=each, world=world).values for each in ("episodic", "recurrent"))
        measures[f"remembered.{world}"] = np.subtract(*kept)
    return measures

"""Runs the frozen networks with and without their memory, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import BlockGate, ShuffleRecall
from pfc_metarl.agents.reference.barcode_bandit import LikeliestArmAgent, RememberingArmAgent
from pfc_metarl.analysis.recurrence import by_exposure
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit, BarcodeBanditConfiguration

from .config import CORES, EVALUATION_EPOCHS, FLIP_EPOCHS, FLIPS, LATE, TASK
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("context", "exposure", "good_arm")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record whole epochs in every condition, and with ever more bits of the barcodes flipped.

    Parameters
    ----------
    agents : "episodic" and "plain", trained.
    seed : root of the evaluation's random streams; the same epochs in every condition.
    quiet : no progress bar.
    """
    task = _task()
    recordings, unchanged = record_agents(
        _conditions(agents, task, seed), task, task.epoch * EVALUATION_EPOCHS, seed, NEEDED, quiet
    )
    earned = {name: by_exposure(recording, recording["reward"]) for name, recording in recordings.items()}
    gate = _gate(agents["episodic"], task, seed)
    flipped = _flipped(agents["episodic"], seed, quiet)
    gain = _gain(earned["episodic"])
    measures = {
        **_rewards({**earned, **{f"flips-{share:g}": each for share, each in flipped.items()}}),
        "gain.episodic.tenth": gain / 10,
        "gain.episodic.half": gain / 2,
        **{f"gate.exposure-{each}": gate.sel(exposure=each).mean("step").values for each in (1, 2, LATE)},
        **unchanged,
    }
    kept = {name: recordings[name] for name in (*CORES, "gate-closed", "keys-shuffled")}
    return Evaluation(measures, panels(earned, flipped, gate), kept)


def _task(flip_probability: float = 0.0) -> BarcodeBandit:
    return BarcodeBandit(BarcodeBanditConfiguration(**TASK, flip_probability=flip_probability))


def _conditions(agents: Mapping[str, FrozenAgent], task: BarcodeBandit, seed: int) -> dict[str, Agent]:
    """Networks as they are, without their memory, and before any training; learners that know the rules."""
    episodic = agents["episodic"]
    return {
        **{label: agents[label] for label in CORES},
        "gate-closed": episodic.perturbed(BlockGate("reinstatement")),
        "keys-shuffled": episodic.perturbed(ShuffleRecall()),
        "untrained": untrained_like(episodic.population, seed),
        "remembering": RememberingArmAgent(task, episodic.subjects),
        "forgetful": LikeliestArmAgent(task, episodic.subjects),
    }


def _flipped(agent: FrozenAgent, seed: int, quiet: bool) -> dict[float, xr.DataArray]:
    """Rewards by exposure at each probability of a flipped bit."""
    # A state of every episode, each of which may have a barcode of its own.
    roomy = agent.with_slots(_task().epoch)
    earned = {}
    for share in tqdm(FLIPS, desc="flipping bits", unit="condition", disable=quiet):
        task = _task(share)
        recording = record(roomy, task, task.epoch * FLIP_EPOCHS, seed, NEEDED)
        earned[share] = by_exposure(recording, recording["reward"])
    return earned


def _gate(agent: FrozenAgent, task: BarcodeBandit, seed: int) -> xr.DataArray:
    """How far the reinstatement gate is open, mean over units, by exposure and pull."""
    recording = record(agent, task, task.epoch * FLIP_EPOCHS, seed, ("exposure", "reinstatement"))
    return by_exposure(recording, recording["reinstatement"].mean("unit"))


def _rewards(earned: Mapping[str, xr.DataArray]) -> Measures:
    """Reward per pull at the first two exposures and at late ones, the rise to the second, and the gain."""
    measures: Measures = {}
    for name, own in earned.items():
        first, second = (own.sel(exposure=each).mean("step").values for each in (1, 2))
        measures |= {
            f"reward.{name}.exposure-1": first,
            f"reward.{name}.exposure-2": second,
            f"reward.{name}.late": _late(own),
            f"rise.{name}": second - first,
            f"gain.{name}": _gain(own),
        }
    return measures


def _late(earned: xr.DataArray) -> Float[np.ndarray, " subject"]:
    return earned.sel(exposure=slice(LATE, None)).mean(("exposure", "step")).values


def _gain(earned: xr.DataArray) -> Float[np.ndarray, " subject"]:
    """What is earned per pull at late exposures more than at the first."""
    return _late(earned) - earned.sel(exposure=1).mean("step").values

"""Runs the frozen networks and the reference learners in the same worlds, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr
from tqdm.auto import tqdm

from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.agents.interventions import ResetState
from pfc_metarl.recording.trials import by_trial
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.studies.table_rows import UNTRAINED, networks_by_setting, record_row

from .config import EVALUATION_EPISODES, SETTINGS
from .learners import reference_learners
from .panels import panels

# Begins the name of a network whose state is reset at every trial.
RESET = "reset-"

# What is kept of a recording.
KEPT = ("choice", "reward", "valid", "phase")


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Put networks and reference learners through the worlds of every setting that a network was trained for.

    Parameters
    ----------
    agents : "lstm-n10" and so on, trained.
    seed : root of the evaluation's random streams; the same worlds for every learner of a setting.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(agents.values())
    recordings: dict[str, dict[str, xr.Dataset]] = {}
    rows = networks_by_setting(agents)
    for name, networks in tqdm(rows.items(), desc="recording", unit="row", disable=quiet):
        setting = SETTINGS[name]
        learners = reference_learners(setting, next(iter(networks.values())).subjects)
        resetting = {RESET: ResetState(phases=0)}
        recordings[name] = record_row(networks, learners, setting.task(), EVALUATION_EPISODES, seed, KEPT, resetting)
    rewards = {
        name: {learner: by_trial(data).mean("episode") for learner, data in row.items()}
        for name, row in recordings.items()
    }
    measures = {
        **{key: value for name, row in rewards.items() for key, value in _totals(name, row).items()},
        **{key: value for name in rows for key, value in _memory(name, list(rows[name]), rewards[name]).items()},
        **kept_frozen.measure(),
    }
    kept = {
        f"{name}/{learner}": data
        for name, row in recordings.items()
        for learner, data in row.items()
        if not learner.startswith(UNTRAINED)
    }
    return Evaluation(measures, panels(rewards), kept)


def _totals(name: str, rewards: Mapping[str, xr.DataArray]) -> Measures:
    """Total reward of an episode, by learner."""
    return {f"reward.{learner}.{name}": reward.sum("trial").values for learner, reward in rewards.items()}


def _memory(name: str, cores: list[str], rewards: Mapping[str, xr.DataArray]) -> Measures:
    """How much more a network earns in the last trial than in the first, and than with its state reset at each."""
    measures = {}
    for core in cores:
        own, reset = rewards[core], rewards[f"{RESET}{core}"]
        measures[f"rise.{core}.{name}"] = (own.isel(trial=-1) - own.isel(trial=0)).values
        measures[f"lost-by-reset.{core}.{name}"] = (own - reset).sum("trial").values
    return measures

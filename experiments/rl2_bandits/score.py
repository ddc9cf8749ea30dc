"""Runs the frozen networks and the reference learners on the same bandits, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.studies.table_rows import UNTRAINED, networks_by_setting, record_row

from .config import SETTINGS, Setting
from .learners import reference_learners
from .panels import panels

# What is kept of a recording.
KEPT = ("choice", "reward", "regret")


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Put networks and reference learners through the bandits of every setting that a network was trained for.

    Parameters
    ----------
    agents : "lstm-n10-k5" and so on, trained.
    seed : root of the evaluation's random streams; the same problems for every learner of a setting.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(agents.values())
    recordings: dict[str, dict[str, xr.Dataset]] = {}
    for name, networks in tqdm(networks_by_setting(agents).items(), desc="recording", unit="row", disable=quiet):
        setting = SETTINGS[name]
        learners = reference_learners(setting, next(iter(networks.values())).subjects)
        recordings[name] = record_row(networks, learners, setting.task(), setting.episodes, seed, KEPT)
    rewards = {
        name: {learner: total_reward(data, SETTINGS[name]) for learner, data in row.items()}
        for name, row in recordings.items()
    }
    measures = {f"reward.{learner}.{name}": each for name, row in rewards.items() for learner, each in row.items()}
    kept = {
        f"{name}/{learner}": data
        for name, row in recordings.items()
        for learner, data in row.items()
        if not learner.startswith(UNTRAINED)
    }
    return Evaluation({**measures, **kept_frozen.measure()}, panels(rewards, recordings), kept)


def total_reward(recording: xr.Dataset, setting: Setting) -> Float[np.ndarray, " subject"]:
    """Expected total reward of an episode, mean over episodes.

    The best of k uniform arms pays k / (k + 1) on average, so that the total is n k / (k + 1) less the regret. It
    has the same mean as the reward earned, without the luck of having met generous arms and of being paid.
    """
    return setting.pulls * setting.arms / (setting.arms + 1) - final_regret(recording).values

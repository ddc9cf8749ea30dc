"""What the networks are compared with: each rival at its best on the very episodes of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import UpperConfidenceAgent
from pfc_metarl.agents.reference.restless import WalkOptimalAgent, WalkThompsonAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.analysis.learners import RescorlaWagner

from .config import INVERSE_TEMPERATURES, RATES, STEPS, THOMPSON_STEPS, UCB_CHI

THOMPSON = "thompson/"

# Arms pay with p and 1-p, and the learner knows it: one estimate of p is enough.
DELTA_RULE = RescorlaWagner(anticorrelated=True)


def reference_agents(subjects: Sequence[int]) -> dict[str, Agent]:
    """Agents that live in the same episodes as the networks; Thompson sampling once for each size of step."""
    return {
        "optimal": WalkOptimalAgent(subjects, tuple(STEPS.values())),
        "ucb": UpperConfidenceAgent(subjects, exploration=UCB_CHI),
        **{f"{THOMPSON}{step}": WalkThompsonAgent(subjects, [step]) for step in THOMPSON_STEPS},
    }


def best_thompson(recordings: Mapping[str, xr.Dataset]) -> tuple[float, xr.Dataset]:
    """Thompson sampling with the size of step under which its regret is lowest: the size and the recording."""
    own = {name: recording for name, recording in recordings.items() if name.startswith(THOMPSON)}
    best = min(own, key=lambda name: float(final_regret(own[name]).mean()))
    return float(best.removeprefix(THOMPSON)), own[best]


def best_delta_rule(recording: xr.Dataset, seed: int) -> tuple[pd.DataFrame, xr.Dataset]:
    """Let delta rules with a fixed rate choose in the episodes of a recording.

    Parameters
    ----------
    recording : with ``arm_probability``, ``volatile`` and ``better_arm``.
    seed : of choices and outcomes.

    Returns
    -------
    The parameters under which the regret is lowest, by subject, and how that learner lived: ``choice``,
    ``reward``, ``valid`` and ``regret`` over ``subject episode step``, and the truth.
    """
    payoff = recording["arm_probability"].rename(step="trial", arm="option")
    subjects = recording["subject"].values
    lives = []
    for rate, temperature in product(RATES, INVERSE_TEMPERATURES):
        own = {"learning_rate": rate, "inverse_temperature": temperature}
        parameters = pd.DataFrame(own, index=pd.Index(subjects, name="subject"))
        lives.append((parameters, _lived(parameters, payoff, seed)))
    parameters, life = min(lives, key=lambda each: float(final_regret(each[1]).mean()))
    return parameters, life.assign(recording[["volatile", "better_arm"]])


def _lived(parameters: pd.DataFrame, payoff: xr.DataArray, seed: int) -> xr.Dataset:
    """One learner's choices, and the regret of each."""
    trials = DELTA_RULE.simulate(parameters, payoff, seed)
    values = payoff.transpose("subject", "episode", "trial", "option").values
    chosen = np.take_along_axis(values, trials["choice"].values[..., None], axis=-1)[..., 0]
    return trials.assign(regret=(("subject", "episode", "trial"), values.max(axis=-1) - chosen)).rename(trial="step")

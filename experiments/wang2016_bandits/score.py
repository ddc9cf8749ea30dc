"""Runs the frozen networks and the reference learners on every distribution, and measures their regret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import SilenceInput
from pfc_metarl.agents.reference import (
    CorrelatedOptimalAgent,
    GittinsAgent,
    ThompsonAgent,
    UpperConfidenceAgent,
)
from pfc_metarl.analysis.behaviour import better_arm_share, final_regret
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration

from .config import DISTRIBUTIONS, EVALUATION_EPISODES, GITTINS_DISCOUNT, GRADED, TRIALS, UCB_CHI
from .panels import panels

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("regret", "better_arm", "arm_probability")

SILENCED = "reward-silenced"


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Test every learner on every distribution, and every network without its reward input.

    Parameters
    ----------
    agents : by training distribution, trained.
    seed : root of the evaluation's random streams; the same problems for every learner.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(agents.values())
    uniform = agents["uniform"]
    learners = {
        **agents,
        "untrained": untrained_like(uniform.population, seed),
        **_reference_agents(uniform.subjects),
    }
    conditions = {
        f"{name}/{tested}": (learner, tested) for name, learner in learners.items() for tested in DISTRIBUTIONS
    }
    for label, agent in agents.items():
        conditions[f"{label}/{SILENCED}"] = (agent.perturbed(SilenceInput("reward")), label)
    recordings = {
        name: _record(learner, tested, seed)
        for name, (learner, tested) in tqdm(conditions.items(), desc="recording", unit="condition", disable=quiet)
    }
    measures = {
        **_regrets(recordings, list(agents), list(learners)),
        **_silenced(recordings, list(agents)),
        **kept_frozen.measure(),
    }
    kept = {name: recordings[name] for label in agents for name in (f"{label}/{label}", f"{label}/{SILENCED}")}
    return Evaluation(measures, panels(recordings, measures), kept)


def _record(agent: Agent, tested: str, seed: int) -> xr.Dataset:
    task = Bandit(BanditConfiguration(trials=TRIALS, distribution=DISTRIBUTIONS[tested]))
    return record(agent, task, EVALUATION_EPISODES, seed, NEEDED)


def _reference_agents(subjects: Sequence[int]) -> dict[str, Agent]:
    """Three that take arms to be independent, and the best there is where they are known to be dependent."""
    return {
        "gittins": GittinsAgent(subjects, discount=GITTINS_DISCOUNT),
        "thompson": ThompsonAgent(subjects),
        "ucb": UpperConfidenceAgent(subjects, exploration=UCB_CHI),
        "dependence-known": CorrelatedOptimalAgent(subjects),
    }


def _regrets(recordings: Mapping[str, xr.Dataset], trained: Sequence[str], learners: Sequence[str]) -> Measures:
    """Regret of every learner on every distribution, its mean over training distributions, and the steps between."""
    measures = {
        f"regret.{name}.{tested}": final_regret(recordings[f"{name}/{tested}"]).values
        for name in learners
        for tested in DISTRIBUTIONS
    }
    for tested in DISTRIBUTIONS:
        measures[f"regret.matrix.{tested}"] = np.mean([measures[f"regret.{each}.{tested}"] for each in trained], axis=0)
    for name in ("uniform", "matrix"):
        for easier, harder in pairwise(GRADED):
            difference = measures[f"regret.{name}.{harder}"] - measures[f"regret.{name}.{easier}"]
            measures[f"regret.{name}.{harder}-minus-{easier}"] = difference
    return measures


def _silenced(recordings: Mapping[str, xr.Dataset], trained: Sequence[str]) -> Measures:
    """Share of choices of the better arm on a network's own distribution, with and without the reward input."""
    measures = {}
    for label in trained:
        for tested, ending in ((label, ""), (SILENCED, f".{SILENCED}")):
            recording = recordings[f"{label}/{tested}"]
            measures[f"better-arm.{label}{ending}"] = better_arm_share(recording).values
            measures[f"regret.{label}{ending}"] = final_regret(recording).values
    return measures

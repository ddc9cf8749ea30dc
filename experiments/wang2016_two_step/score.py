"""Runs the frozen networks, fits learners to their choices, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import SilenceInput
from pfc_metarl.agents.reference.two_step import TwoStepOptimalAgent
from pfc_metarl.analysis.learners import TwoStepLearner, fit
from pfc_metarl.analysis.two_step import STAGE_1, STAGE_2, better_choices, staying, trials
from pfc_metarl.recording.trials import reward_per_trial, steps_of
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

from .config import COMMON, EVALUATION_EPISODES, TASK
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = ("phase", "second_state", "common", "good_state", "reward_probability", "believed_b", "allowed")

# Fitted to the networks' choices: label -> learner.
LEARNERS = {
    "model-based": TwoStepLearner("model-based", COMMON, anticorrelated=True),
    "model-free": TwoStepLearner("model-free"),
}


Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record the two-step task and measure staying, beside learners fitted to the same choices.

    Parameters
    ----------
    agents : "two-step", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    agent = agents["two-step"]
    task = TwoStep(TwoStepConfiguration(**TASK))
    compared: dict[str, Agent] = {
        "trained": agent,
        "reward-silenced": agent.perturbed(SilenceInput("reward")),
        "untrained": untrained_like(agent.population, seed),
        "ideal": TwoStepOptimalAgent(task, agent.subjects),
    }
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    tables = {name: trials(recordings[name]) for name in ("trained", "ideal")}
    tables["model-free"], fitted = _learners(tables["trained"], recordings["trained"], seed)
    measures = {
        **_performance(recordings),
        **_staying(tables),
        **fitted,
        **unchanged,
    }
    kept = {name: recordings[name] for name in ("trained", "reward-silenced")}
    return Evaluation(measures, panels(recordings, tables), kept)


def _performance(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Reward per trial, how often the better action is chosen, and how often a trial's responses are valid."""
    measures = {}
    for name, recording in recordings.items():
        measures[f"reward.{name}"] = reward_per_trial(recording, STAGE_2).values
        measures[f"better-choice.{name}"] = better_choices(recording).mean(("episode", "trial")).values
        measures[f"valid.{name}"] = trials(recording)["valid"].mean(("episode", "trial")).values
    return measures


def _staying(tables: Mapping[str, xr.Dataset]) -> Measures:
    """The effects on staying, and the larger of the two that an ideal observer lacks."""
    measures: Measures = {}
    for name, table in tables.items():
        ending, found = "" if name == "trained" else f".{name}", staying(table)
        reward, transition, interaction = (
            found[effect].values for effect in ("reward_effect", "transition_effect", "interaction")
        )
        largest = np.maximum(np.abs(reward), np.abs(transition))
        measures |= {
            f"stay.interaction{ending}": interaction,
            f"stay.interaction-above-zero{ending}": found["above_zero"].values.astype(float),
            f"stay.reward-effect{ending}": reward,
            f"stay.transition-effect{ending}": transition,
            f"stay.main-effect{ending}": largest,
            f"stay.main-effect-minus-interaction{ending}": largest - interaction,
        }
    return measures


def _learners(table: xr.Dataset, recording: xr.Dataset, seed: int) -> tuple[xr.Dataset, Measures]:
    """Fit learners to the networks' choices, and let the model-free one choose by itself in the same worlds.

    Returns
    -------
    Its trials, and by how much the model-based learner's BIC is the better.
    """
    fits = {name: fit(learner, table) for name, learner in LEARNERS.items()}
    difference = fits["model-free"]["bic"] - fits["model-based"]["bic"]
    payoff = recording["reward_probability"].isel(step=steps_of(recording, STAGE_1))
    payoff = payoff.rename(step="trial", state="option")
    lived = LEARNERS["model-free"].simulate(fits["model-free"], payoff, seed, COMMON)
    return lived, {"bic.model-free-minus-model-based": difference.to_numpy()}

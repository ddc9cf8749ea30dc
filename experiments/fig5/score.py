"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.analysis.learners.network_errors import STAGES, explained_errors, prediction_errors
from pfc_metarl.analysis.two_step import STAGE_2, staying, trials
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

from .config import COMMON, DISCOUNT, ERROR_EPISODES, EVALUATION_EPISODES, SHUFFLES, TRIALS
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = ("phase", "second_state", "common", "good_state", "believed_b", "allowed", "value")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record the two-step task and measure behaviour and prediction errors.

    Parameters
    ----------
    agents : "two-step", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    agent = agents["two-step"]
    compared = {"trained": agent, "untrained": untrained_like(agent.population, seed)}
    task = TwoStep(TwoStepConfiguration(trials=TRIALS, common=COMMON))
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    table = trials(recordings["trained"], DISCOUNT)
    errors = _errors(table)
    measures = {
        **_reward(recordings),
        **_staying(table),
        **_explained(errors, seed),
        **_explained_untrained(recordings["untrained"], seed),
        **unchanged,
    }
    return Evaluation(measures, panels(table, errors), {"two-step": recordings["trained"]})


def _reward(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Reward per trial, and how often all responses of a trial are valid."""
    measures = {f"reward.{name}": reward_per_trial(recording, STAGE_2).values for name, recording in recordings.items()}
    valid = trials(recordings["trained"])["valid"].mean(("episode", "trial")).values
    return {**measures, "valid.trained": valid}


def _staying(table: xr.Dataset) -> Measures:
    """The two effects on staying, and whether the interaction is above zero over a subject's own episodes."""
    found = staying(table)
    interaction, reward = found["interaction"].values, found["reward_effect"].values
    return {
        "stay.interaction": interaction,
        "stay.reward-effect": reward,
        "stay.reward-effect-minus-interaction": np.abs(reward) - interaction,
        "stay.interaction-above-zero": found["above_zero"].values.astype(float),
    }


def _explained(errors: xr.Dataset, seed: int) -> Measures:
    """Share of the network's errors that each learner's explain, over both stages and apart, with shuffles."""
    measures: Measures = {}
    for name in ("model-based", "model-free"):
        measures[f"learning-rate.{name}"] = errors["learning_rate"].sel(learner=name).values
        for label, stages in (("both", STAGES), ("stage-2", STAGES[:1]), ("outcome", STAGES[1:])):
            found = explained_errors(errors, name, stages, SHUFFLES, seed)
            measures[f"r2.{name}.{label}"] = found["share"].values
            measures[f"r2.{name}.{label}.shuffled"] = np.quantile(found["null"].values, 0.95, axis=1)
    return measures


def _explained_untrained(recording: xr.Dataset, seed: int) -> Measures:
    """The same of networks that have learned nothing, whose errors still contain the reward itself."""
    measures = _explained(_errors(trials(recording, DISCOUNT)), seed)
    kept = {name: values for name, values in measures.items() if name.startswith("r2.") and "shuffled" not in name}
    return {f"{name}.untrained": values for name, values in kept.items()}


def _errors(table: xr.Dataset) -> xr.Dataset:
    return prediction_errors(table, ERROR_EPISODES, COMMON, DISCOUNT)

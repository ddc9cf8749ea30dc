"""Runs the frozen networks and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.analysis.two_step import (
    model_based_index,
    model_free_index,
    reward_per_trial,
    stay_counts,
    stay_probability,
    trials,
)
from pfc_metarl.analysis.two_step_learners import explained, fitted_learning_rate, model_based, model_free
from pfc_metarl.base.statistics import interval
from pfc_metarl.network.population import Population
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

from .config import COMMON, DISCOUNT, ERROR_EPISODES, EVALUATION_EPISODES, SHUFFLES, TRIALS
from .panels import panels

# What the analysis reads; observations, choices and rewards are always kept.
NEEDED = ("phase", "second_state", "common", "good_state", "believed_b", "allowed", "value")
STAGES = ("rpe_stage_2", "rpe_outcome")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(networks: Mapping[str, Population], seed: int, quiet: bool) -> Evaluation:
    """Record the two-step task and measure behaviour and prediction errors.

    Parameters
    ----------
    networks : "two-step", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    network = networks["two-step"]
    agents = {"trained": freeze(network), "untrained": untrained_like(network, seed)}
    task = TwoStep(TwoStepConfiguration(trials=TRIALS, common=COMMON))
    recordings, unchanged = record_agents(agents, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    table = trials(recordings["trained"], DISCOUNT)
    errors = prediction_errors(table)
    measures = {
        **_reward(recordings),
        **_staying(table),
        **_explained(errors, seed),
        **_explained_untrained(recordings["untrained"], seed),
        **unchanged,
    }
    return Evaluation(measures, panels(table, errors), {"two-step": recordings["trained"]})


def prediction_errors(table: xr.Dataset) -> xr.Dataset:
    """Errors of the network and of two learners on its choices, side by side.

    Each learner's rate is the one under which the subject's choices in all episodes are
    likeliest; the errors are compared in the first ``ERROR_EPISODES``.

    Returns
    -------
    ``rpe_stage_2`` and ``rpe_outcome`` over ``learner subject episode trial``, and
    ``learning_rate`` over ``learner subject`` (NaN for the network).
    """
    few = table.isel(episode=slice(None, ERROR_EPISODES))
    own = few[list(STAGES)].where(few["valid"])
    parts = {"network": own.assign(learning_rate=("subject", np.full(table.sizes["subject"], np.nan)))}
    for name, learner in (("model-based", _model_based), ("model-free", model_free)):
        rate = fitted_learning_rate(table, learner)
        parts[name] = learner(few, rate)[list(STAGES)].assign(learning_rate=("subject", rate))
        parts[name] = parts[name].assign_coords(subject=table["subject"])
    return xr.concat(list(parts.values()), dim=xr.IndexVariable("learner", list(parts)))


def _model_based(table: xr.Dataset, learning_rate: float | Float[np.ndarray, " subject"]) -> xr.Dataset:
    return model_based(table, learning_rate, COMMON, DISCOUNT)


def _reward(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Reward per trial, and how often all responses of a trial are valid."""
    measures = {f"reward.{name}": reward_per_trial(recording).values for name, recording in recordings.items()}
    valid = trials(recordings["trained"])["valid"].mean(("episode", "trial")).values
    return {**measures, "valid.trained": valid}


def _staying(table: xr.Dataset) -> Measures:
    """The two effects on staying, and whether the interaction is above zero over a subject's own episodes."""
    counts = stay_counts(table)
    stay = stay_probability(counts.sum("episode"))
    interaction, reward = model_based_index(stay).values, model_free_index(stay).values
    by_episode = model_based_index(stay_probability(counts)).transpose("subject", "episode").values
    return {
        "stay.interaction": interaction,
        "stay.reward-effect": reward,
        "stay.reward-effect-minus-interaction": np.abs(reward) - interaction,
        "stay.interaction-above-zero": np.array([float(_above_zero(own)) for own in by_episode]),
    }


def _above_zero(values: Float[np.ndarray, " episode"]) -> bool:
    """Whether the 95% interval over episodes is above zero; episodes without all four kinds of trial are left out."""
    present = values[np.isfinite(values)]
    return len(present) > 1 and interval(present).low > 0


def _explained(errors: xr.Dataset, seed: int) -> Measures:
    """Share of the network's errors that each learner's explain, over both stages and apart, with shuffles."""
    network = errors.sel(learner="network")
    measures: Measures = {}
    for name in ("model-based", "model-free"):
        learner = errors.sel(learner=name)
        measures[f"learning-rate.{name}"] = learner["learning_rate"].values
        for label, stages in (("both", STAGES), ("stage-2", STAGES[:1]), ("outcome", STAGES[1:])):
            pairs = [
                explained(_points(learner, subject, stages), _points(network, subject, stages), SHUFFLES, seed)
                for subject in range(errors.sizes["subject"])
            ]
            measures[f"r2.{name}.{label}"] = np.array([share for share, _ in pairs])
            measures[f"r2.{name}.{label}.shuffled"] = np.array([np.quantile(null, 0.95) for _, null in pairs])
    return measures


def _explained_untrained(recording: xr.Dataset, seed: int) -> Measures:
    """The same of networks that have learned nothing, whose errors still contain the reward itself."""
    measures = _explained(prediction_errors(trials(recording, DISCOUNT)), seed)
    kept = {name: values for name, values in measures.items() if name.startswith("r2.") and "shuffled" not in name}
    return {f"{name}.untrained": values for name, values in kept.items()}


def _points(errors: xr.Dataset, subject: int, stages: tuple[str, ...]) -> Float[np.ndarray, " point"]:
    own = errors.isel(subject=subject)
    return np.concatenate([own[stage].transpose("episode", "trial").values.ravel() for stage in stages])

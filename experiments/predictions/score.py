"""Runs the frozen networks, whole and lesioned, and measures what the predictions are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import spearmanr
from tqdm.auto import tqdm

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import Lesion
from pfc_metarl.analysis.learners.network_errors import STAGES, explained_errors, prediction_errors
from pfc_metarl.analysis.two_step import (
    STAGE_2,
    model_based_index,
    stay_counts,
    stay_probability,
    trials,
)
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

from .config import COMMON, DISCOUNT, DRAWS, EVALUATION_EPISODES, LESION_EPISODES, LESIONS, TRIALS

# What the analysis reads; choices and rewards are always kept.
NEEDED = ("phase", "second_state", "common", "allowed", "value")


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record both populations and the lesioned control.

    Parameters
    ----------
    agents : "control" and "blocked", trained.
    seed : root of the evaluation's random streams, and of the lesions.
    quiet : no progress bar.
    """
    task = TwoStep(TwoStepConfiguration(trials=TRIALS, common=COMMON))
    compared = {**agents, "untrained": untrained_like(agents["control"].population, seed)}
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    staying = {name: _staying(recording) for name, recording in recordings.items()}
    interaction = {name: model_based_index(stay).values for name, stay in staying.items()}
    lesions = _lesions(agents["control"], task, seed, quiet)
    measures = {
        **{f"interaction.{name}": values for name, values in interaction.items()},
        "interaction.control-minus-blocked": interaction["control"] - interaction["blocked"],
        **{f"reward.{name}": reward_per_trial(recording, STAGE_2).values for name, recording in recordings.items()},
        **_graded(lesions),
        **unchanged,
    }
    panels = {"staying": _tidy(staying), "lesions": lesions}
    return Evaluation(measures, panels, {name: recordings[name] for name in ("control", "blocked")})


def _staying(recording: xr.Dataset) -> xr.DataArray:
    """Stay probability by kind of trial, over all episodes."""
    return stay_probability(stay_counts(trials(recording, DISCOUNT)).sum("episode"))


def _tidy(staying: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    tables = [stay.to_series().rename("stay").reset_index().assign(training=name) for name, stay in staying.items()]
    return pd.concat(tables, ignore_index=True)


def _lesions(agent: FrozenAgent, task: TwoStep, seed: int, quiet: bool) -> pd.DataFrame:
    """Share of the errors at stage 2 that a model-based learner explains, and reward, by size of the lesion.

    Stage 2 alone: the errors at the outcome contain the reward itself, which no lesion removes.
    Several draws of units are averaged. Columns ``subject lesion r2 reward``.
    """
    tables = []
    sizes = tqdm([(size, draw) for size in LESIONS for draw in range(DRAWS)], desc="lesions", disable=quiet)
    for size, draw in sizes:
        lesioned = agent.perturbed(Lesion(size, seed=seed + draw))
        recording = record(lesioned, task, LESION_EPISODES, seed, NEEDED)
        errors = prediction_errors(trials(recording, DISCOUNT), None, COMMON, DISCOUNT, learners=["model-based"])
        share = explained_errors(errors, "model-based", STAGES[:1])["share"].values
        reward = reward_per_trial(recording, STAGE_2).values
        own = {"subject": agent.subjects, "lesion": size, "r2": share, "reward": reward}
        tables.append(pd.DataFrame(own))
    every = pd.concat(tables)
    return every.pivot_table(index=["subject", "lesion"], values=["r2", "reward"]).reset_index()


def _graded(lesions: pd.DataFrame) -> Measures:
    """How the explained share falls with the lesion's size."""
    by_size = lesions.pivot_table(index="subject", columns="lesion", values="r2")
    whole, half = by_size[0.0].to_numpy(), by_size[0.5].to_numpy()
    sizes = by_size.columns.to_numpy()
    return {
        "lesion.trend": np.array([spearmanr(sizes, own)[0] for own in by_size.to_numpy()]),
        "lesion.r2-none": whole,
        "lesion.r2-half-relative": half / whole,
        "lesion.r2-all": by_size[1.0].to_numpy(),
    }

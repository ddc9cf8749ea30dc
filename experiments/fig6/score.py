"""Runs the frozen networks on objects never trained with, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import xarray as xr

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.analysis.harlow import performance, stage_trend
from pfc_metarl.studies.claim import Measures
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.stages import stages_of, stored_stages
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.harlow import HarlowGaze, HarlowGazeConfiguration

from .config import CEILING, EVALUATION_EPISODES, STAGES, TASK, TRIALS
from .panels import panels

# What the analysis reads; choices and rewards are always kept, images are not.
NEEDED = ("trial", "choosing", "rewarded_side", "gaze", "value")

# Longest episode at test, generous so that a slow network is not cut short.
LONGEST = 60


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool, stimuli: Path | None = None) -> Evaluation:
    """Record Harlow's task on held-out objects and measure performance by trial.

    Parameters
    ----------
    agents : "harlow", trained; and its earlier stages "harlow/stage-1" and so on, without
        which their performance as measured after the bundled training is read, without intervention.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    stimuli : a folder of images to show instead of the procedural objects.
    """
    trained = agents["harlow"]
    earlier = {name: agent for name, agent in agents.items() if name != "harlow"}
    compared = {"trained": trained, "untrained": untrained_like(trained.population, seed), **earlier}
    settings = {**TASK, "images": "held-out", "longest": LONGEST, "stimuli": stimuli}
    task = HarlowGaze(HarlowGazeConfiguration(**settings))
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, NEEDED, quiet)
    by_trial = {name: performance(recording, TRIALS) for name, recording in recordings.items()}
    stages = _stages(by_trial, trained.subjects)
    measures = {
        **_by_trial(by_trial["trained"]),
        "performance.trial-2.untrained": by_trial["untrained"].sel(trial=2).values,
        "finished.trained": (recordings["trained"]["trial"].max("step") == TRIALS).mean("episode").values,
        **_over_stages(stages),
        **unchanged,
    }
    return Evaluation(measures, panels(stages, task), {"harlow": recordings["trained"]}, {"stages": stages})


def _by_trial(trained: xr.DataArray) -> Measures:
    """Performance of the trained networks, and whether each has reached ceiling."""
    measures = {f"performance.trial-{trial}": trained.sel(trial=trial).values for trial in (1, 2)}
    later = trained.sel(trial=slice(2, None)).mean("trial").values
    return {
        **measures,
        "performance.trials-3-to-6": trained.sel(trial=slice(3, None)).mean("trial").values,
        "ceiling": (later >= CEILING).astype(float),
    }


def _stages(by_trial: Mapping[str, xr.DataArray], subjects: tuple[int, ...]) -> pd.DataFrame:
    """Performance at each stage of training: columns ``subject stage trial performance``."""
    measured = [_tidy(by_trial[name], stage) for stage, name in stages_of(by_trial, "harlow").items()]
    earlier = measured or [stored_stages("fig6", STAGES, subjects)]
    return pd.concat([*earlier, _tidy(by_trial["trained"], STAGES)], ignore_index=True)


def _tidy(values: xr.DataArray, stage: int) -> pd.DataFrame:
    table = values.to_series().reset_index()
    table.insert(1, "stage", stage)
    return table


def _over_stages(stages: pd.DataFrame) -> Measures:
    """Mean performance after the first trial at each stage, its trend, and its gain from first to last."""
    later = stages[stages["trial"] > 1].pivot_table(index="subject", columns="stage", values="performance")
    by_stage = later.to_numpy()
    return {
        "stages.trend": stage_trend(later).to_numpy(),
        "stages.last-minus-first": by_stage[:, -1] - by_stage[:, 0],
        **{f"performance.stage-{stage}": own for stage, own in zip(later.columns, by_stage.T, strict=True)},
    }

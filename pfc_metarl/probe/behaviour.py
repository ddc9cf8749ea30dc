"""What the network does: learning within an episode, and the learners that describe its choices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.analysis import foraging, two_step
from pfc_metarl.analysis.behaviour import learning_curve
from pfc_metarl.analysis.learners import compare, every_step_a_trial, learners_for
from pfc_metarl.base.statistics import interval
from pfc_metarl.figures.probe import draw_by_trial
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.trials import by_trial
from pfc_metarl.studies.people import analyse
from pfc_metarl.tasks.registry import task_name

# Episodes whose choices are fitted; more change the estimates little and cost time.
FITTED_EPISODES = 20

# What each trial brings is shown where the recording has it.
CURVES = {"reward": "reward per trial", "regret": "regret per trial"}

TEXT = (
    "The weights are frozen: whatever improves from the first trial of an episode to the last is learned by activity. "
    "Untrained networks of the same kind show what the task gives without learning.",
)

FITTED = (
    "Learners with a few parameters each were fitted to the network's own choices by maximum likelihood; what counts "
    "is the log likelihood of choices that the fit has not seen. The one that predicts best describes the behaviour; "
    "whether the dynamics work as it does is another question."
)


def section(examined: Examined) -> Section:
    """Draw learning within episodes, and fit learners where any are made for the task."""
    curves = {
        name: label
        for name, label in CURVES.items()
        if name in examined.recording and float(np.ptp(examined.recording[name].values)) > 0
    }
    figure = Figure(figsize=(4.6 * len(curves), 3.4), layout="constrained")
    for axes, (name, label) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
        draw_by_trial(axes, _by_trial(examined, name), label)
    captions = " and ".join(label.capitalize() if place == 0 else label for place, label in enumerate(curves.values()))
    figures = {f"{captions}; thin lines are subjects, bands 95% intervals.": figure}
    trials = _trials(examined)
    if trials is None:
        return Section("What does it do?", TEXT, figures, {})
    analysis = analyse(trials, examined.seed)
    figures["Behaviour from trial to trial, by the same analysis as of people's trials."] = analysis.figure
    measures = analysis.measures.rename(columns={"people": "subjects"})
    tables = {"Behaviour, mean over subjects; the null exchanges outcomes between episodes.": measures}
    fitted = trials.isel(episode=slice(FITTED_EPISODES))
    tables["Fitted learners, by log likelihood per choice on held-out choices."] = _learners(fitted, examined)
    return Section("What does it do?", (*TEXT, FITTED), figures, tables)


def _by_trial(examined: Examined, name: str) -> pd.DataFrame:
    """Tidy learning curves: columns ``agent subject trial value``."""
    tables = []
    for agent, recording in (("trained", examined.recording), ("untrained", examined.control)):
        curve = learning_curve(by_trial(recording, name))["curve"].rename("value")
        tables.append(curve.to_dataframe().reset_index().assign(agent=agent))
    return pd.concat(tables, ignore_index=True)


def _plain(recording: xr.Dataset) -> xr.Dataset:
    """Trials of a task in which every step is one."""
    trials = every_step_a_trial(recording)
    return trials.assign(volatile=recording["volatile"].rename(step="trial")) if "volatile" in recording else trials


# Trials in the common form, by task; the learners and analyses of people's trials take them.
TRIALS: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "two-armed-bandit": _plain,
    "volatility": _plain,
    "foraging": foraging.trials,
    "two-step": two_step.trials,
}


def _trials(examined: Examined) -> xr.Dataset | None:
    """The network's choices trial by trial; None for tasks that no learner is made for."""
    name = task_name(examined.task)
    if name not in TRIALS:
        return None
    return TRIALS[name](examined.recording).assign_attrs(task=name)


def _learners(trials: xr.Dataset, examined: Examined) -> pd.DataFrame:
    """One row per learner, the best on held-out choices first."""
    found = compare(learners_for(trials.attrs["task"]), trials, starts=4, seed=examined.seed)
    rows = []
    for learner, own in found.groupby("learner"):
        held_out = interval(own["held_out"].to_numpy(dtype=float))
        rows.append(
            {
                "learner": learner,
                "parameters": int(own["parameters"].iloc[0]),
                "held-out log likelihood": held_out.mean,
                "low": held_out.low,
                "high": held_out.high,
                "BIC": float(own["bic"].to_numpy(dtype=float).mean()),
            }
        )
    return pd.DataFrame(rows).sort_values("held-out log likelihood", ascending=False)

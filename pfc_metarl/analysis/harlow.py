"""Harlow's task, trial by trial: how often the rewarded object is chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import spearmanr

from pfc_metarl.recording.trials import by_step


def correct_choices(recording: xr.Dataset, trials: int = 6) -> xr.DataArray:
    """Tell for each trial whether the rewarded object was chosen.

    Parameters
    ----------
    recording : of the task ``harlow`` or ``harlow-choice``, with what it reveals.
    trials : per episode.

    Returns
    -------
    Over ``subject episode trial``: 1 correct, 0 wrong, NaN where the episode ended before the
    trial's choice. Trial 1 is the first.
    """
    trial, choice, side = (by_step(recording, name).astype(int) for name in ("trial", "choice", "rewarded_side"))
    made = _choice_steps(recording)
    correct = np.full((*trial.shape[:2], trials), np.nan)
    subject, episode, step = np.nonzero(made & (trial < trials))
    # In the gaze task the last shift goes to the side of the chosen object.
    correct[subject, episode, trial[subject, episode, step]] = (choice == side)[subject, episode, step]
    return xr.DataArray(
        correct,
        dims=("subject", "episode", "trial"),
        coords={"subject": recording["subject"].values, "trial": np.arange(1, trials + 1)},
        name="correct",
    )


def _choice_steps(recording: xr.Dataset) -> np.ndarray:
    """Steps whose action chose an object: in the gaze task those after which the objects are gone.

    After the very last step nothing is recorded. There a choice is told by what it earns: while objects are shown
    nothing else earns anything. Outcomes of 0 would be missed there.
    """
    valid = by_step(recording, "valid")
    if "choosing" not in recording:
        return valid
    choosing = by_step(recording, "choosing")
    gone = by_step(recording, "reward") != 0
    gone[..., :-1] = ~choosing[..., 1:]
    return valid & choosing & gone


def performance(recording: xr.Dataset, trials: int = 6) -> xr.DataArray:
    """Share of correct choices over ``subject trial``, of the episodes that reached the trial.

    References
    ----------
    Harlow (1949), Fig. 2; Wang et al. (2018), Fig. 6c.
    """
    return correct_choices(recording, trials).mean("episode").rename("performance")


def stage_trend(later: pd.DataFrame) -> pd.Series:
    """Spearman's correlation of performance with the stage of training, per subject.

    Parameters
    ----------
    later : mean performance after the first trial; one row per subject, one column per stage.
    """
    stages = np.arange(later.shape[1])
    return pd.Series([spearmanr(stages, own)[0] for own in later.to_numpy()], later.index, float, "trend")

"""The two-step task with reminders: its trials, and each cued trial beside the one that it calls back."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pfc_metarl.recording.trials import by_step, steps_of

# As the task reveals them in its `phase`.
STAGE_1, STAGE_2 = 1, 2

TRIAL = ("subject", "episode", "trial")


def trials(recording: xr.Dataset) -> xr.Dataset:
    """Turn a recording of the episodic two-step task into one row per trial.

    Parameters
    ----------
    recording : of the task ``episodic-two-step``, with all that it reveals.

    Returns
    -------
    Over ``subject episode trial``, with the columns of the plain task's trials: ``choice`` and ``reward`` of stage 1,
    where both belong, the ``state`` reached, whether the transition was ``common``, and ``valid``, which all trials
    are. ``called_choice``, ``called_state`` and ``called_reward`` are those of the trial that is called back, -1
    where none is. The coordinate ``cued`` tells along ``trial`` whether one is.
    """
    first, second = (steps_of(recording, stage) for stage in (STAGE_1, STAGE_2))
    columns = {
        "choice": by_step(recording, "choice")[..., first],
        "common": by_step(recording, "common")[..., second],
        "state": by_step(recording, "second_state")[..., second],
        "reward": by_step(recording, "reward")[..., first].astype(float),
        "called_choice": by_step(recording, "remembered_action")[..., first],
        "called_state": by_step(recording, "remembered_state")[..., first],
        "called_reward": by_step(recording, "remembered_reward")[..., first],
    }
    columns["valid"] = np.ones_like(columns["common"], dtype=bool)
    # Cues come at the same trials in all episodes.
    cued = by_step(recording, "cued")[0, 0, first].astype(bool)
    return xr.Dataset(
        {name: (TRIAL, values) for name, values in columns.items()},
        coords={"subject": recording["subject"], "cued": ("trial", cued)},
    )


def part(trials: xr.Dataset, cued: bool) -> xr.Dataset:
    """Return the trials with a cue, or those without."""
    return trials.isel(trial=np.flatnonzero(trials["cued"].values == cued))


def called_back(trials: xr.Dataset) -> xr.Dataset:
    """Put each cued trial behind the trial that it calls back, as if one had followed the other.

    What is measured of a trial and its successor is then measured of a remembered trial and the one that its cue
    reminded in. An invalid trial after each pair keeps the pairs apart.

    Parameters
    ----------
    trials : as `trials` gives them.

    Returns
    -------
    ``choice common reward valid`` over ``subject episode trial``, three trials for each cued one.

    References
    ----------
    Vikbladh et al. (2017); Ritter, Wang, Kurth-Nelson & Botvinick (2018), bioRxiv 360537.
    """
    cued = part(trials, cued=True).transpose(*TRIAL)
    before = {
        "choice": cued["called_choice"].values,
        "common": (cued["called_state"] == cued["called_choice"]).values,
        "reward": cued["called_reward"].values.astype(float),
        "valid": cued["valid"].values,
    }
    gap = {**before, "valid": np.zeros_like(before["valid"])}
    triples = {
        name: np.stack([before[name], cued[name].values, gap[name]], axis=-1).reshape(*before[name].shape[:2], -1)
        for name in before
    }
    return xr.Dataset({name: (TRIAL, values) for name, values in triples.items()}, coords={"subject": cued["subject"]})

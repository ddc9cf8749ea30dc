"""Inferred value, trial by trial: prediction errors around the reversal, and what the state at fixation holds."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import KFold

from pfc_metarl.recording.trials import all_wanted, by_step, prediction_error, steps_of

# As the task reveals them in its `phase`.
FIXATION, STIMULUS, OUTCOME = 0, 1, 2

AXES = ("subject", "episode", "trial")
EVENTS = ("fixation", "stimulus", "saccade")
KINDS = ("before reversal", "reversal", "experienced change", "inferred change")
CUES = ("rewarded before", "rewarded after")


def trials(recording: xr.Dataset, discount: float = 0.9) -> xr.Dataset:
    r"""Turn a recording of the task ``inferred-value`` into one row per trial.

    Parameters
    ----------
    recording : with all that the task reveals, a fixation step in each trial, and ``value``.
    discount : gamma per step, as in training.

    Returns
    -------
    Over ``subject episode trial``; ``.to_dataframe()`` makes the tidy table.
    ``target``, ``rewarded_side``: 0 left, 1 right. ``reward``: earned by the saccade.
    ``believed_pay``: an ideal observer's probability that this target pays.
    ``since_reversal``: trials since the roles reversed, below 0 before.
    ``valid``: whether every response of this trial and of the one before was a wanted one.
    ``kind``, ``cue``: as `kinds` and `cues` give them.
    ``rpe_fixation``, ``rpe_stimulus``, ``rpe_saccade``: the error on the appearance of the
    fixation cue, on that of the target, and on the saccade's outcome. At an episode's first
    fixation there is none (NaN); after its last step the value is zero.

    .. math:: \delta_t = r_t + \gamma V_{t+1} - V_t

    The error of step t is about what arrives with step t+1: the target's is that of the step
    before the target, and the saccade's is that of the step on which it is made.

    References
    ----------
    Wang et al. (2018), Simulation 3 and Fig. 4b.
    """
    fixation, stimulus = (steps_of(recording, phase) for phase in (FIXATION, STIMULUS))
    error = prediction_error(recording, discount)
    arriving = np.concatenate([np.full_like(error[..., :1], np.nan), error[..., :-1]], axis=-1)

    def at_stimulus(name: str) -> np.ndarray:
        return by_step(recording, name)[..., stimulus]

    target, right = at_stimulus("target"), at_stimulus("believed_right")
    columns = {
        "target": target,
        "rewarded_side": at_stimulus("rewarded_side"),
        "reward": at_stimulus("reward").astype(float),
        "believed_pay": np.where(target == 1, right, 1 - right),
        "since_reversal": np.arange(len(stimulus)) - at_stimulus("reversal_trial"),
        "valid": all_wanted(recording, len(stimulus)),
        "rpe_fixation": arriving[..., fixation],
        "rpe_stimulus": arriving[..., stimulus],
        "rpe_saccade": error[..., stimulus],
    }
    table = xr.Dataset(
        {name: (AXES, values) for name, values in columns.items()}, coords={"subject": recording["subject"]}
    )
    table["valid"] = table["valid"] & table["valid"].shift(trial=1, fill_value=True)
    return table.assign(kind=kinds(table), cue=cues(table))


def states_at(recording: xr.Dataset, phase: int) -> xr.DataArray:
    """Activity ``hidden`` at one phase of each trial, over ``subject episode trial unit``."""
    return recording["hidden"].isel(step=steps_of(recording, phase)).rename(step="trial").transpose(*AXES, "unit")


def kinds(table: xr.Dataset) -> xr.DataArray:
    """Name the trials around a reversal; the others have no name.

    On the reversal trial itself nothing can be known yet before the outcome. On the next the
    change has been experienced if the same target comes again, and can only be inferred if the
    other one comes. The last trial before the reversal stands for all before it.

    References
    ----------
    Bromberg-Martin et al. (2010); Wang et al. (2018), Fig. 4a and b.
    """
    since, target = table["since_reversal"], table["target"]
    same = target == target.shift(trial=1, fill_value=-1)
    choices = [since == -1, since == 0, (since == 1) & same, (since == 1) & ~same]
    return xr.DataArray(np.select(choices, list(KINDS), default=""), dims=AXES)


def cues(table: xr.Dataset) -> xr.DataArray:
    """Name each trial's target by when it is rewarded: before the reversal or after it."""
    pays_now = table["target"] == table["rewarded_side"]
    before = pays_now == (table["since_reversal"] < 0)
    return xr.DataArray(np.where(before, *CUES), dims=AXES)


def ideal_errors(table: xr.Dataset, discount: float = 0.9) -> xr.Dataset:
    r"""Prediction errors of a critic that knows the task and believes what an ideal observer does.

    Either target may come with equal chance, so before it comes every trial is worth the same
    and the fixation cue brings no error. With p the believed probability that the target pays,

    .. math:: \delta_{\text{stimulus}} = \gamma (p - \tfrac12), \qquad \delta_{\text{saccade}} = r - p

    This holds for valid trials that have their outcome step.
    """
    paid, believed = table["reward"], table["believed_pay"]
    errors = (xr.zeros_like(paid), discount * (believed - 0.5), paid - believed)
    return xr.Dataset({f"rpe_{event}": error for event, error in zip(EVENTS, errors, strict=True)})


def mean_errors(table: xr.Dataset) -> xr.DataArray:
    """Mean prediction error over ``subject kind cue event``; NaN for what never came, invalid trials left out."""
    errors = xr.concat([table[f"rpe_{event}"] for event in EVENTS], dim=xr.IndexVariable("event", list(EVENTS)))
    kind, cue = (
        xr.DataArray(list(names), dims=axis, coords={axis: list(names)})
        for axis, names in (("kind", KINDS), ("cue", CUES))
    )
    chosen = (table["kind"] == kind) & (table["cue"] == cue) & table["valid"]
    return errors.where(chosen).mean(("episode", "trial")).transpose("subject", "kind", "cue", "event").rename("rpe")


def decoded_side(table: xr.Dataset, state: xr.DataArray, across_targets: bool = False, folds: int = 3) -> xr.DataArray:
    """Read the rewarded side from each trial's state, along an axis fitted on other episodes.

    The axis is Fisher's linear discriminant. It is fitted on valid trials on which the side
    could be known: all but an episode's first and the reversal trial.

    Parameters
    ----------
    table : as `trials` gives it.
    state : at one phase of each trial, as `states_at` gives it.
    across_targets : fit only on trials that follow the other target than the trial that is
        read does, so that what the last target was cannot stand in for the side that pays.
    folds : parts into which the episodes fall; each is read with the axis of the others.

    Returns
    -------
    0 left, 1 right, over ``subject episode trial``; -1 where no axis could be fitted, and
    ``across_targets`` on the first trial, which follows none.

    References
    ----------
    Bernardi et al. (2020), "The geometry of abstraction", for reading across conditions.
    """
    last = table["target"].shift(trial=1, fill_value=-1)
    known = table["valid"] & (table["since_reversal"] != 0) & (last >= 0)
    readings = [(known & (last != side), last == side) for side in (0, 1)] if across_targets else [(known, last >= -1)]
    side, decoded = table["rewarded_side"].values, np.full(known.shape, -1)
    for fitted_on, read_on in readings:
        for subject, own in enumerate(state.values):
            read = _read(own, side[subject], fitted_on.values[subject], read_on.values[subject], folds)
            decoded[subject] = np.maximum(decoded[subject], read)
    return xr.DataArray(decoded, dims=AXES, coords={"subject": table["subject"]}, name="decoded_side")


def _read(
    state: Float[np.ndarray, "episode trial unit"],
    side: Int[np.ndarray, "episode trial"],
    fitted_on: Bool[np.ndarray, "episode trial"],
    read_on: Bool[np.ndarray, "episode trial"],
    folds: int,
) -> Int[np.ndarray, "episode trial"]:
    """Read one subject's trials with axes fitted on other episodes; -1 where that was not asked for or not possible."""
    decoded = np.full(side.shape, -1)
    for _, own in KFold(folds).split(state):
        held_out = np.isin(np.arange(len(state)), own)[:, None]
        fitted, read = fitted_on & ~held_out, read_on & held_out
        # A side seen once has no spread; shrinkage keeps the axis defined where units do not vary apart.
        if read.any() and np.bincount(side[fitted], minlength=2).min() > 1:
            axis = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(state[fitted], side[fitted])
            decoded[read] = axis.predict(state[read])
    return decoded


def decoding_accuracy(table: xr.Dataset, decoded: xr.DataArray, since: range) -> xr.DataArray:
    """Share of the valid trials that were read on which the present rewarded side was, by trials since the reversal.

    Returns
    -------
    Over ``subject since_reversal``.
    """
    offset = xr.DataArray(since, dims="since_reversal", coords={"since_reversal": since})
    chosen = (table["since_reversal"] == offset) & table["valid"] & (decoded >= 0)
    right = decoded == table["rewarded_side"]
    return right.where(chosen).mean(("episode", "trial")).rename("accuracy")


def exchanged(table: xr.Dataset, seed: int) -> xr.Dataset:
    """Give each episode's rewarded side to the other side, in a random half of the episodes.

    The null of `decoded_side`: how the side changes within an episode stays, but it no longer
    has to do with the states.
    """
    generator = np.random.default_rng(seed)
    flip = xr.DataArray(generator.random((table.sizes["subject"], table.sizes["episode"])) < 0.5, dims=AXES[:2])
    return table.assign(rewarded_side=xr.where(flip, 1 - table["rewarded_side"], table["rewarded_side"]))

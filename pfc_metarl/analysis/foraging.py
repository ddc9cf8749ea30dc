"""Baited foraging, trial by trial: matching, and what past rewards and past choices do to the next choice."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from pfc_metarl.base.regression import lagged, logistic_weights, population_weights
from pfc_metarl.recording.trials import steps_of

# As the task reveals it in its `phase`.
FIXATION, STIMULUS = 0, 1

LEFT, RIGHT = 0, 1


def trials(recording: xr.Dataset) -> xr.Dataset:
    """Turn a recording of the task ``foraging`` into one row per trial.

    Parameters
    ----------
    recording : with ``phase`` and ``held_out``.

    Returns
    -------
    Over ``subject episode trial``; ``.to_dataframe()`` makes the tidy table.
    ``choice``: 0 left, 1 right, 2 neither. ``reward``: earned by it. ``valid``: whether it was
    left or right, and the episode had not ended before. ``held_out``, over ``subject episode``:
    whether training left the episode's base rates out.
    """
    stimulus = recording.isel(step=steps_of(recording, STIMULUS)).rename(step="trial")
    # In an abandoned trial nothing is shown, and no response is a choice.
    asked = stimulus["valid"] & stimulus["observation"].any("feature")
    table = xr.Dataset(
        {
            "choice": stimulus["choice"],
            "reward": stimulus["reward"].astype(float),
            "valid": stimulus["choice"].isin([LEFT, RIGHT]) & asked,
            "held_out": stimulus["held_out"].isel(trial=0),
        }
    )
    return table.transpose("subject", "episode", "trial")


def matching(trials: xr.Dataset) -> xr.Dataset:
    r"""Tell how choices and rewards divide between the two sides, episode by episode.

    Returns
    -------
    ``log_reward_ratio`` and ``log_choice_ratio``, :math:`\log_2 (R_R / R_L)` and
    :math:`\log_2 (C_R / C_L)` from the numbers of rewards R and choices C of an episode, over
    ``subject episode``; both NaN where one of the four numbers is zero. Only valid trials count.
    ``held_out`` comes along.

    References
    ----------
    Lau & Glimcher (2005); Wang et al. (2018), Fig. 2d.
    """
    sides = xr.concat([trials["valid"] & (trials["choice"] == side) for side in (LEFT, RIGHT)], dim="side")
    choices, rewards = sides.sum("trial"), (sides & (trials["reward"] > 0)).sum("trial")
    present = ((choices > 0) & (rewards > 0)).all("side")
    counts = {"log_reward_ratio": rewards.where(present), "log_choice_ratio": choices.where(present)}
    ratios = {name: np.log2(count.isel(side=RIGHT) / count.isel(side=LEFT)) for name, count in counts.items()}
    return xr.Dataset({**ratios, "held_out": trials["held_out"]})


def matching_slope(ratios: xr.Dataset) -> xr.DataArray:
    """Slope of the log choice ratio on the log reward ratio by least squares, per subject.

    1 is exact matching; below it choices are more even than rewards.

    Parameters
    ----------
    ratios : as `matching` gives them; episodes with NaN are left out.
    """
    rewards, choices = ratios["log_reward_ratio"], ratios["log_choice_ratio"]
    return (xr.cov(rewards, choices, "episode") / rewards.var("episode", ddof=1)).rename("matching_slope")


def lagged_weights(trials: xr.Dataset, lags: int = 15) -> xr.DataArray:
    r"""Weights of past rewards and past choices on the next choice, by one joint logistic regression.

    .. math:: \log \frac{P(C_R)}{P(C_L)} = \beta_0
              + \sum_{i} \beta^R_i (R_{R,t-i} - R_{L,t-i}) + \sum_{i} \beta^C_i (C_{R,t-i} - C_{L,t-i})

    C is 1 for the side chosen in a trial and R is 1 if that choice paid, without penalty on
    the weights. Trials without a choice are not predicted, and as past they count 0.

    Returns
    -------
    Over ``subject event lag``; the events are ``reward`` and ``choice``, lag 1 is the trial
    before. A weight above zero draws towards the side. NaN for a subject that never varies its
    choice.

    References
    ----------
    Lau & Glimcher (2005), eq. 1; Wang et al. (2018), Fig. 2c and f.
    """
    past, right, valid = _lagged(trials, lags)
    weights = [
        logistic_weights(own[counted], chose[counted]) for own, chose, counted in zip(past, right, valid, strict=True)
    ]
    return xr.DataArray(
        np.stack(weights), dims=("subject", "event", "lag"), coords=_events(trials, lags), name="weight"
    )


def lagged_regression(trials: xr.Dataset, lags: int = 15) -> xr.Dataset:
    """The weights of `lagged_weights` with standard errors that allow for choices that depend on each other.

    Returns
    -------
    ``weight`` and ``error`` over ``subject event lag``, clustered by episode: NaN for the errors of a
    subject with a single one. ``pooled_weight`` and ``pooled_error`` over ``event lag``: one
    regression of everybody's choices, clustered by subject.
    """
    return population_weights(*_lagged(trials, lags)).dataset(_events(trials, lags))


def _lagged(
    trials: xr.Dataset, lags: int
) -> tuple[
    Float[np.ndarray, "subject episode trial event lag"],
    Bool[np.ndarray, "subject episode trial"],
    Bool[np.ndarray, "subject episode trial"],
]:
    """Past rewards and choices, signed by their side; whether right was chosen then; which trials count."""
    ordered = trials[["choice", "reward", "valid"]].transpose("subject", "episode", "trial")
    side = xr.where(ordered["choice"] == RIGHT, 1.0, -1.0) * ordered["valid"]
    events = np.stack([(side * (ordered["reward"] > 0)).values, side.values], axis=-1)
    return lagged(events, lags), ordered["choice"].values[..., lags:] == RIGHT, ordered["valid"].values[..., lags:]


def _events(trials: xr.Dataset, lags: int) -> dict[str, object]:
    """Coordinates of lagged weights."""
    return {"subject": trials["subject"], "event": ["reward", "choice"], "lag": np.arange(1, lags + 1)}


def states_at_fixation(recording: xr.Dataset) -> tuple[xr.DataArray, xr.Dataset]:
    """The network's state at each trial's fixation, and what it may code.

    Parameters
    ----------
    recording : with ``phase``, ``hidden`` and ``value``, and with fixation steps.

    Returns
    -------
    States over ``subject episode trial unit``, and over ``subject episode trial``:
    ``last_action`` (right 1, left -1), ``last_reward`` (1 paid, -1 not), ``interaction`` (their
    product), ``value`` (the critic's output at fixation) and ``upcoming_action`` (right 1,
    left -1). NaN where the trial before or the trial itself had no choice, and all of them after
    the episode's end; the first trial, which has none before it, is left out.

    References
    ----------
    Tsutsui et al. (2016); Wang et al. (2018), Fig. 2b and e.
    """
    table = trials(recording)
    fixation = steps_of(recording, FIXATION)[1:]
    here = recording[["hidden", "value", "valid"]].isel(step=fixation).rename(step="trial")
    side = xr.where(table["choice"] == RIGHT, 1.0, -1.0).where(table["valid"])
    paid = xr.where(table["reward"] > 0, 1.0, -1.0)
    before, now = slice(None, -1), slice(1, None)
    action, reward = side.isel(trial=before), paid.isel(trial=before)
    variables = xr.Dataset(
        {
            "last_action": action,
            "last_reward": reward,
            "interaction": action * reward,
            "value": here["value"].astype(float),
            "upcoming_action": side.isel(trial=now),
        }
    )
    axes = ("subject", "episode", "trial")
    return here["hidden"].transpose(*axes, "unit"), variables.where(here["valid"]).transpose(*axes)

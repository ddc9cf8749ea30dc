"""The two-step task, trial by trial: staying or switching, and the network's prediction errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float

from pfc_metarl.base.regression import lagged, logistic_weights, population_weights
from pfc_metarl.base.statistics import jackknife_limits
from pfc_metarl.recording.trials import all_wanted, by_step, prediction_error, steps_of

# As the task reveals them in its `phase`.
STAGE_1, STAGE_2 = 1, 2

TRIAL = ("subject", "episode", "trial")

# Axes of lagged weights.
KINDS = ("outcome", "transition", "lag")

OUTCOMES = xr.DataArray([True, False], dims="outcome", coords={"outcome": ["rewarded", "unrewarded"]})
TRANSITIONS = xr.DataArray([True, False], dims="transition", coords={"transition": ["common", "uncommon"]})


def trials(recording: xr.Dataset, discount: float = 0.9) -> xr.Dataset:
    r"""Turn a recording of the two-step task into one row per trial.

    Parameters
    ----------
    recording : of the task ``two-step``, with all that it reveals; with ``value`` or without.
    discount : gamma per step, as in training.

    Returns
    -------
    Over ``subject episode trial``; ``.to_dataframe()`` makes the tidy table.
    ``choice``: 0 left, 1 right at stage 1. ``state``: the second-stage state, 0 or 1, -1 where
    none was reached. ``common``: whether the transition was. ``reward``: earned at stage 2.
    ``valid``: whether every response of the trial was a wanted one, and a state was reached.

    With the recording's ``value`` also ``value_stage_1``, ``value_stage_2`` and the prediction
    errors of each stage. After the last trial nothing follows, and the value there is zero.

    .. math:: \delta_{\text{stage 2}} = r_1 + \gamma V_2 - V_1, \qquad
              \delta_{\text{outcome}} = r_2 + \gamma V_{\text{next trial}} - V_2

    References
    ----------
    Wang et al. (2018), Simulation 4 and Fig. 5f.
    """
    first, second = (steps_of(recording, stage) for stage in (STAGE_1, STAGE_2))
    state = by_step(recording, "second_state")[..., second]
    columns = {
        "choice": by_step(recording, "choice")[..., first],
        "common": by_step(recording, "common")[..., second],
        "state": state,
        "reward": by_step(recording, "reward")[..., second].astype(float),
        "valid": all_wanted(recording, len(second)) & (state >= 0),
    }
    if "value" in recording:
        value, error = by_step(recording, "value").astype(float), prediction_error(recording, discount)
        columns |= {
            "value_stage_1": value[..., first],
            "value_stage_2": value[..., second],
            "rpe_stage_2": error[..., first],
            "rpe_outcome": error[..., second],
        }
    return xr.Dataset(
        {name: (TRIAL, values) for name, values in columns.items()}, coords={"subject": recording["subject"]}
    )


def better_choices(recording: xr.Dataset) -> xr.DataArray:
    """Whether each stage-1 choice was of the action that commonly leads to the good state.

    Returns
    -------
    Over ``subject episode trial``; NaN where the response was invalid.
    """
    choice, good = (by_step(recording, name)[..., steps_of(recording, STAGE_1)] for name in ("choice", "good_state"))
    better = np.where(choice < 2, choice == good, np.nan)
    return xr.DataArray(better, dims=TRIAL, coords={"subject": recording["subject"]}, name="better_choice")


def stay_counts(trials: xr.Dataset) -> xr.Dataset:
    """Count how often the stage-1 choice is repeated, by the trial before.

    Returns
    -------
    ``stays`` and ``chances`` over ``subject episode outcome transition``. A pair of trials
    counts if both are valid.
    """
    before, after = trials.isel(trial=slice(None, -1)), trials.isel(trial=slice(1, None))
    stay = before["choice"] == after["choice"].values
    pair = before["valid"] & after["valid"].values
    kind = ((before["reward"] > 0) == OUTCOMES) & (before["common"] == TRANSITIONS) & pair
    return xr.Dataset({"stays": (kind & stay).sum("trial"), "chances": kind.sum("trial")})


def stay_probability(counts: xr.Dataset) -> xr.DataArray:
    """Probability of staying; NaN where a kind of trial never came.

    Parameters
    ----------
    counts : as `stay_counts` gives them, for episodes apart or summed over ``episode``.
    """
    return (counts["stays"] / counts["chances"].where(counts["chances"] > 0)).rename("stay_probability")


def model_based_index(stay: xr.DataArray) -> xr.DataArray:
    """Interaction of reward and transition, RC - RU - NC + NU: what a model of the task brings.

    R or N is rewarded or not, C or U common or uncommon.

    References
    ----------
    Daw et al. (2011), Fig. 2; Wang et al. (2018), Fig. 5b.
    """
    return (_cell(stay, "rewarded") - _cell(stay, "unrewarded")).rename("model_based_index")


def _cell(stay: xr.DataArray, outcome: str) -> xr.DataArray:
    """Common minus uncommon after one outcome."""
    chosen = stay.sel(outcome=outcome, drop=True)
    return chosen.sel(transition="common", drop=True) - chosen.sel(transition="uncommon", drop=True)


def model_free_index(stay: xr.DataArray) -> xr.DataArray:
    """Main effect of reward, RC + RU - NC - NU: what repeating rewarded choices brings."""
    both = stay.sum("transition", skipna=False)
    effect = both.sel(outcome="rewarded", drop=True) - both.sel(outcome="unrewarded", drop=True)
    return effect.rename("model_free_index")


def transition_index(stay: xr.DataArray) -> xr.DataArray:
    """Main effect of transition, RC - RU + NC - NU: what repeating choices with common transitions brings."""
    return (_cell(stay, "rewarded") + _cell(stay, "unrewarded")).rename("transition_index")


def staying(trials: xr.Dataset) -> xr.Dataset:
    """How staying depends on the trial before, per subject.

    Returns
    -------
    ``stay`` over ``subject outcome transition``; ``interaction`` of reward and transition, all episodes together,
    with its 95% limits ``interaction_low`` and ``interaction_high``; the main effects ``reward_effect`` and
    ``transition_effect``; and ``above_zero``: whether the lower limit is.

    The limits are those of a jackknife, which leaves out each of the subject's own episodes in turn. They are NaN,
    and not above zero, where one episode alone has all trials of a kind.
    """
    counts = stay_counts(trials)
    stay = stay_probability(counts.sum("episode"))
    limits = [_limits(counts.isel(subject=own)) for own in range(counts.sizes["subject"])]
    low, high = np.array(limits).T
    return xr.Dataset(
        {
            "stay": stay,
            "interaction": model_based_index(stay),
            "interaction_low": ("subject", low),
            "interaction_high": ("subject", high),
            "reward_effect": model_free_index(stay),
            "transition_effect": transition_index(stay),
            "above_zero": ("subject", low > 0),
        }
    )


def _limits(counts: xr.Dataset) -> tuple[float, float]:
    """Limits of one subject's interaction; episodes without a single pair of valid trials are none of its units."""
    kept = counts.isel(episode=np.flatnonzero(counts["chances"].sum(("outcome", "transition"))))
    every = kept.sum("episode")
    whole, without = (model_based_index(stay_probability(summed)) for summed in (every, every - kept))
    return jackknife_limits(float(whole), without.values)


def by_kind(values: xr.DataArray, name: str) -> pd.DataFrame:
    """One row per subject and kind of trial, rewarded and common first, with the values under a name."""
    ordered = values.transpose("outcome", "transition", ..., "subject")
    return ordered.to_series().rename(name).reset_index()


def lagged_weights(trials: xr.Dataset, lags: int = 5) -> xr.DataArray:
    """Weight of each kind of past trial on repeating its choice, by logistic regression.

    The choice (right or left) is regressed, without penalty, on the choices of the last
    trials (right +1, left -1), each entering under its own kind: 4 kinds x ``lags``. A weight
    above zero repeats the choice made that many trials ago, one below zero turns from it.
    Regressing "stayed" on the bare kinds instead would have no unique answer, since the four
    kinds of one lag always sum to one.

    Returns
    -------
    Over ``subject outcome transition lag``; lag 1 is the trial before. NaN for a subject that
    never varies its choice.

    References
    ----------
    Miller, Botvinick & Brody (2017); Wang et al. (2018), Fig. 5d and e.
    """
    past, right, valid = _lagged(trials, lags)
    weights = [
        logistic_weights(own[counted], chose[counted]) for own, chose, counted in zip(past, right, valid, strict=True)
    ]
    return xr.DataArray(np.stack(weights), dims=("subject", *KINDS), coords=_kinds(trials, lags), name="weight")


def lagged_regression(trials: xr.Dataset, lags: int = 5) -> xr.Dataset:
    """The weights of `lagged_weights` with standard errors that allow for choices that depend on each other.

    Returns
    -------
    ``weight`` and ``error`` over ``subject outcome transition lag``, clustered by episode: NaN for the
    errors of a subject with a single one. ``pooled_weight`` and ``pooled_error`` over
    ``outcome transition lag``: one regression of everybody's choices, clustered by subject.
    """
    return population_weights(*_lagged(trials, lags)).dataset(_kinds(trials, lags))


def _lagged(
    trials: xr.Dataset, lags: int
) -> tuple[
    Float[np.ndarray, "subject episode trial outcome transition lag"],
    Bool[np.ndarray, "subject episode trial"],
    Bool[np.ndarray, "subject episode trial"],
]:
    """Past trials by kind and signed by their choice; whether right was chosen then; which trials count."""
    side = xr.where(trials["choice"] == 1, 1.0, -1.0)
    kind = ((trials["reward"] > 0) == OUTCOMES) & (trials["common"] == TRANSITIONS) & trials["valid"]
    signed = (kind * side).transpose(*TRIAL, *KINDS[:2]).values
    choice, valid = (trials[name].transpose(*TRIAL).values[..., lags:] for name in ("choice", "valid"))
    return lagged(signed, lags), choice == 1, valid


def _kinds(trials: xr.Dataset, lags: int) -> dict[str, object]:
    """Coordinates of lagged weights."""
    return {
        "subject": trials["subject"],
        "outcome": OUTCOMES["outcome"],
        "transition": TRANSITIONS["transition"],
        "lag": np.arange(1, lags + 1),
    }

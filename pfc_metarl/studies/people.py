"""Behavioural analyses of people's trials, by the same code as of networks'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.analysis import foraging, two_step
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.base.statistics import Interval, interval
from pfc_metarl.figures.foraging import EVENTS
from pfc_metarl.figures.style import style
from pfc_metarl.figures.two_step import OUTCOMES, TRANSITIONS
from pfc_metarl.studies.people_measures import (
    Measures,
    Nulls,
    exchanged_outcomes,
    learning_rates,
    matching,
    nothing_more,
    staying,
    told_of,
    two_step_staying,
)
from pfc_metarl.studies.people_panels import (
    draw_matching_or_staying,
    draw_past,
    draw_rates_or_staying,
    draw_staying,
    draw_two_step_staying,
)

# Trials back of the regressions.
TWO_STEP_LAGS, LAGS = 5, 10


@dataclass(frozen=True)
class Analysis:
    """What people's trials show.

    Attributes
    ----------
    measures : one row per measure: mean over people, its 95% interval, and where the mean lies in 95% of
        nulls, in which each session has the outcomes of another.
    by_subject : one row per person, one column per measure.
    weights : of past trials on choices, all people in one regression: ``kind lag weight error``, where
        errors allow for choices of one person that depend on each other.
    figure : of these.
    left_out : what these trials cannot tell of anybody, by name.
    """

    measures: pd.DataFrame
    by_subject: pd.DataFrame
    weights: pd.DataFrame
    figure: Figure

    @property
    def left_out(self) -> list[str]:
        told = told_of(self.measures, "mean")
        weights = [] if told_of(self.weights, "weight").any() else ["weights of past trials"]
        return [*self.measures["measure"][~told], *weights]


def analyse(trials: xr.Dataset, seed: int = 0) -> Analysis:
    """Measure people's behaviour in the task that ``trials`` are of.

    Parameters
    ----------
    trials : as `read_trials` gives them, of people who answered at least once.
    seed : of the nulls.

    Raises
    ------
    ConfigurationError
        For a negative seed.
    """
    valid_seed(seed)
    kind = KINDS[trials.attrs["task"]]
    null = exchanged_outcomes(trials, kind.measures, kind.outcomes, seed)
    more, their_null = kind.more(trials, seed)
    found, null = {**kind.measures(trials), **more}, {**null, **their_null}
    by_subject = pd.DataFrame({"subject": trials["subject"].values, **found})
    weights = kind.weights(trials)
    with style():
        figure = Figure(figsize=(11.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        kind.draw(left, trials, by_subject)
        draw_past(right, weights, kind.looks)
        right.set_title("influence of past trials, with 95% intervals")
    return Analysis(_summary(found, null), by_subject, weights, figure)


def _summary(found: Measures, null: Nulls) -> pd.DataFrame:
    """Means over the people in whom a measure can be told, with intervals and nulls."""
    rows = []
    for name, values in found.items():
        present = values[np.isfinite(values)]
        own = interval(present) if len(present) else Interval(np.nan, np.nan, np.nan, 0)
        low, high = null.get(name, (np.nan, np.nan))
        rows.append((name, own.mean, own.low, own.high, own.subjects, low, high))
    return pd.DataFrame(rows, columns=["measure", "mean", "low", "high", "people", "null_low", "null_high"])


def _two_step_weights(trials: xr.Dataset) -> pd.DataFrame:
    """Of past trials by outcome and transition."""
    found = two_step.lagged_regression(trials, TWO_STEP_LAGS)
    pairs = {
        f"{transition}, {outcome}": {"outcome": outcome, "transition": transition}
        for outcome in OUTCOMES
        for transition in TRANSITIONS
    }
    return _by_kind({name: found.sel(pair) for name, pair in pairs.items()})


def _one_step_weights(trials: xr.Dataset) -> pd.DataFrame:
    """Of past rewards and past choices."""
    found = foraging.lagged_regression(trials, LAGS)
    return _by_kind({event: found.sel(event=event) for event in EVENTS})


def _by_kind(found: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row per kind and lag."""
    tables = [
        pd.DataFrame(
            {
                "kind": kind,
                "lag": own["lag"].values,
                "weight": own["pooled_weight"].values,
                "error": own["pooled_error"].values,
            }
        )
        for kind, own in found.items()
    ]
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class _Kind:
    """What is measured in one task, and drawn.

    Attributes
    ----------
    measures : of each person, whose null exchanges outcomes between sessions.
    outcomes : those that are exchanged.
    more : further measures, with nulls of their own.
    weights : of past trials.
    looks : colour and line style of each kind of past trial.
    draw : the panel beside the weights.
    """

    measures: Callable[[xr.Dataset], Measures]
    outcomes: tuple[str, ...]
    more: Callable[[xr.Dataset, int], tuple[Measures, Nulls]]
    weights: Callable[[xr.Dataset], pd.DataFrame]
    looks: Mapping[str, tuple[str, str]]
    draw: Callable[[Axes, xr.Dataset, pd.DataFrame], None]


_EVENTS = {event: (colour, "-") for event, colour in EVENTS.items()}
_TRIALS = {
    f"{transition}, {outcome}": (colour, dashes)
    for outcome, dashes in OUTCOMES.items()
    for transition, colour in TRANSITIONS.items()
}

KINDS = {
    "two-step": _Kind(
        two_step_staying, ("reward", "common"), nothing_more, _two_step_weights, _TRIALS, draw_two_step_staying
    ),
    "two-armed-bandit": _Kind(staying, ("reward",), nothing_more, _one_step_weights, _EVENTS, draw_staying),
    "foraging": _Kind(staying, ("reward",), matching, _one_step_weights, _EVENTS, draw_matching_or_staying),
    "volatility": _Kind(staying, ("reward",), learning_rates, _one_step_weights, _EVENTS, draw_rates_or_staying),
}

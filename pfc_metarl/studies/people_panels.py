"""What of people's measures is drawn, and what an empty panel says where these trials cannot tell it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from pfc_metarl.analysis import foraging
from pfc_metarl.figures.foraging import draw_matching
from pfc_metarl.figures.people import draw_pooled_weights
from pfc_metarl.figures.style import COLOURS
from pfc_metarl.figures.two_step import OUTCOMES, TRANSITIONS, draw_stay
from pfc_metarl.figures.volatility import draw_bars, draw_learning_rates
from pfc_metarl.studies.people_measures import told_of

NO_PAIRS = "nobody answered two trials in a row"


def draw_two_step_staying(axes: Axes, trials: xr.Dataset, by_subject: pd.DataFrame) -> None:
    """Draw how often people stay after each kind of trial, those kinds that came."""
    cells = [
        {"subject": subject, "outcome": outcome, "transition": transition, "stay": stay}
        for outcome in OUTCOMES
        for transition in TRANSITIONS
        for subject, stay in zip(by_subject["subject"], by_subject[f"stay, {outcome} {transition}"], strict=True)
    ]
    told = pd.DataFrame(cells).dropna()
    if told.empty:
        _say(axes, NO_PAIRS)
        return
    draw_stay(axes, told, bottom=0.0)
    axes.set_title("first choice repeated; a dot is a subject")


def draw_staying(axes: Axes, trials: xr.Dataset, by_subject: pd.DataFrame) -> None:
    """Draw how often people stay after a reward and after none; people without one of the two are left out."""
    looks = dict(zip(OUTCOMES, (COLOURS["green"], COLOURS["grey"]), strict=True))
    columns = {outcome: f"stay, {outcome}" for outcome in OUTCOMES if told_of(by_subject, f"stay, {outcome}").any()}
    if not columns:
        _say(axes, NO_PAIRS)
        return
    present = np.stack([told_of(by_subject, column) for column in columns.values()])
    if not present.all(0).any():
        # Nobody met both outcomes: the one that more people met is drawn.
        place = int(present.sum(1).argmax())
        columns, present = dict([list(columns.items())[place]]), present[[place]]
    values = by_subject.loc[present.all(0), list(columns.values())].to_numpy().T
    draw_bars(axes, values, [looks[outcome] for outcome in columns])
    axes.set_xticks(range(len(columns)), list(columns))
    axes.set(xlabel="last trial", ylabel="stay probability", ylim=(0, 1.02))
    axes.set_title("choice repeated; a dot is a subject")


def draw_matching_or_staying(axes: Axes, trials: xr.Dataset, by_subject: pd.DataFrame) -> None:
    """Draw how choices divide as rewards do, where sessions differ in it."""
    table = foraging.matching(trials).to_dataframe().dropna()
    # Where all ratios are even, axes that end at the largest one would have no length.
    if not table[["log_reward_ratio", "log_choice_ratio"]].to_numpy().any():
        draw_staying(axes, trials, by_subject)
        return
    draw_matching(axes, table, {False: ("a session", COLOURS["blue"])})
    axes.set_title("matching")


def draw_rates_or_staying(axes: Axes, trials: xr.Dataset, by_subject: pd.DataFrame) -> None:
    """Draw learning rates by block, where there are blocks of both kinds."""
    names = {name: f"learning rate, {name}" for name in ("stable", "volatile")}
    if not set(names.values()) <= set(by_subject) or by_subject[list(names.values())].dropna().empty:
        draw_staying(axes, trials, by_subject)
        return
    rates = by_subject.dropna(subset=list(names.values()))
    tables = [
        pd.DataFrame({"block": name, "subject": rates["subject"], "learning_rate": rates[column]})
        for name, column in names.items()
    ]
    draw_learning_rates(axes, pd.concat(tables), {"stable": False, "volatile": True})
    axes.set_title("learning rate by block; a dot is a subject")


def draw_past(axes: Axes, weights: pd.DataFrame, looks: Mapping[str, tuple[str, str]]) -> None:
    """Draw weights of past trials on choices, where the trials tell them."""
    if told_of(weights, "weight").any():
        draw_pooled_weights(axes, weights, looks)
    else:
        _say(axes, "too few trials in a row,\nor one choice alone")


def _say(axes: Axes, text: str) -> None:
    """Tell in an empty panel why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=COLOURS["grey"])
    axes.set(xticks=[], yticks=[])

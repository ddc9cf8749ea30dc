"""What the units tell: the ideal learner's beliefs, and the task's hidden truth, step by step."""

from __future__ import annotations

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.analysis.coding import encode, variance_table
from pfc_metarl.analysis.decoding import (
    belief_share,
    beliefs,
    decode,
    decode_steps,
    generalise,
    score_table,
    share_table,
)
from pfc_metarl.analysis.decoding.belief import AXES, BELIEVED
from pfc_metarl.analysis.decoding.decoders import Settings
from pfc_metarl.base.statistics import interval
from pfc_metarl.figures.coding import draw_belief_share, draw_decoding, draw_generalisation, draw_variance_parts
from pfc_metarl.probe.section import Examined, Section

# What a network receives, does and earns is no hidden truth, nor is the course of the trial.
NOT_HIDDEN = {"choice", "reward", "valid", "previous_reward", "value", "error", "regret", "phase", "trial", "choosing"}

SHUFFLES = 20

# Steps of the generalisation matrix, at most; it grows with their square.
MOST_STEPS = 60

# Variables drawn step by step, at most.
MOST_VARIABLES = 4

READING = (
    "A linear decoder reads a variable from the hidden units, always on episodes that it was not fitted to; the null "
    "gives each episode the variable of another. A score of 1 is perfect, 0 no better than a constant."
)

BELIEFS = (
    "The ideal learner's belief is what the outcomes so far tell, in the mean and in its uncertainty. How much of it "
    "can be read, about each step's mean over episodes, measures how much of the ideal learner the state holds."
)

VARIANCE = (
    "Regressing each unit on several variables at once tells what it carries: the part of its variance that only one "
    "variable explains, what that one shares with the others, and what all explain together."
)

OVER_TIME = (
    "On the right, a decoder fitted at one step reads another: where the whole square is bright, the variable keeps "
    "its place in the state; where only the diagonal is, the code moves. Both show the first step of trials."
)


def section(examined: Examined) -> Section:
    """Decode beliefs where the task reveals any, and its hidden truth everywhere."""
    recording = examined.recording
    truths = _truths(recording)
    text: tuple[str, ...] = (READING,)
    figures, tables = dict[str, Figure](), dict[str, pd.DataFrame]()
    if any(str(name).startswith(BELIEVED) for name in recording.data_vars):
        text = (*text, BELIEFS)
        shares = share_table(belief_share(recording, examined.control, shuffles=SHUFFLES, seed=examined.seed))
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        draw_belief_share(figure.subplots(), shares)
        figures["How much of the ideal learner's beliefs the state holds, beside untrained networks."] = figure
        main = beliefs(recording)
    else:
        main = truths
    text = (*text, VARIANCE)
    figures["Parts of the units' variance, mean over units."] = _variance(recording, main, examined.seed)
    if not truths.data_vars:
        return Section("What do the units tell?", text, figures, tables)
    found = score_table(decode(recording["hidden"], truths, shuffles=SHUFFLES, seed=examined.seed)[["score", "null"]])
    tables["Hidden truth, decoded at all steps together: explained share (R²), mean over subjects."] = _summary(found)
    over_time = _over_time(recording, main, examined)
    if over_time is not None:
        text = (*text, OVER_TIME)
        figures["Decoding at each step, and across steps."] = over_time
    return Section("What do the units tell?", text, figures, tables)


def _truths(recording: xr.Dataset) -> xr.Dataset:
    """Hidden variables with one number per step that vary between episodes."""
    found: dict[str, xr.DataArray] = {}
    for name, variable in recording.data_vars.items():
        if str(name) in NOT_HIDDEN or str(name).startswith(BELIEVED) or set(variable.dims) != set(AXES):
            continue
        values = variable.astype(float).where(recording["valid"])
        if float(values.std("episode").max()) > 0:
            found[str(name)] = values.transpose(*AXES)
    return xr.Dataset(found)


def _variance(recording: xr.Dataset, main: xr.Dataset, seed: int) -> Figure:
    """Divide the units' variance among what was just received, the critic's value and the first of the variables."""
    variables = {
        "last reward": recording["previous_reward"],
        "last action": recording["previous_action"].isel(action=0),
        "value": recording["value"],
        **{str(name): main[name] for name in list(main.data_vars)[:2]},
    }
    present = {name: values.astype(float).where(recording["valid"]) for name, values in variables.items()}
    table = variance_table(encode(recording["hidden"], xr.Dataset(present), SHUFFLES, seed))
    figure = Figure(figsize=(7.5, 3.4), layout="constrained")
    draw_variance_parts(figure.subplots(), table)
    return figure


def _summary(found: pd.DataFrame) -> pd.DataFrame:
    """Mean over subjects with its interval, beside the null."""
    rows = []
    for name, own in found.groupby("variable", sort=False):
        score = interval(own["score"].to_numpy(dtype=float))
        null = float(own["null"].to_numpy(dtype=float).mean())
        limits = {"low": score.low, "high": score.high, "shuffled, 95%": null}
        rows.append({"variable": str(name).replace("_", " "), "explained": score.mean, **limits})
    return pd.DataFrame(rows)


def _over_time(recording: xr.Dataset, variables: xr.Dataset, examined: Examined) -> Figure | None:
    """Decode the first few variables at each step, and the first across steps; None where no step can be decoded."""
    # One step of each trial, the first: a code that turns within a trial would hide how it lasts over trials.
    trial = max(1, len(examined.task.phases))
    stride = trial * -(-recording.sizes["step"] // (trial * MOST_STEPS))
    at = {"step": slice(None, None, stride)}
    activity, shown = recording["hidden"].isel(at), variables[list(variables.data_vars)[:MOST_VARIABLES]].isel(at)
    settings: Settings = {"shuffles": SHUFFLES, "seed": examined.seed}
    found = decode_steps(activity, shown, **settings)
    decodable = found["score"].notnull().all("subject").any("step").values
    if not decodable.any():
        return None
    shown = shown[list(found["variable"].values[decodable])]
    steps = score_table(found.isel(variable=decodable))
    figure = Figure(figsize=(9.2, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_decoding(left, steps.assign(step=1 + stride * steps["step"]))
    first = shown[[next(iter(shown.data_vars))]]
    # Where episodes end early, the last steps may have too few left to tell anything.
    told = found["score"].sel(variable=next(iter(first.data_vars))).notnull().all("subject").values
    until = {"step": slice(0, 1 + told.nonzero()[0].max())}
    table = score_table(generalise(activity.isel(until), first.isel(until), **settings))
    places = {name: 1 + stride * table[name] for name in ("train_step", "test_step")}
    image = draw_generalisation(right, table.assign(**places))
    figure.colorbar(image, ax=right, label="explained share, R²", fraction=0.05, pad=0.03)
    right.set_title(str(next(iter(first.data_vars))).removeprefix(BELIEVED).replace("_", " "))
    return figure

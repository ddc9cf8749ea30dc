"""How activity is laid out: its dimensions, its paths, and how alike subjects are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool
from matplotlib.figure import Figure
from scipy.stats import rankdata

from pfc_metarl.analysis.geometry import (
    PrincipalComponents,
    condition_means,
    held_out_demixing,
    participation_ratio,
    similarity_summary,
    similarity_table,
)
from pfc_metarl.base.statistics import interval
from pfc_metarl.figures.geometry import draw_similarity, draw_trajectories
from pfc_metarl.probe.section import Examined, Section

SHUFFLES = 20

# Steps at which activity is averaged, at most.
MOST_STEPS = 50

# The measure of similarity that is drawn; the table has all.
DRAWN = "cka-debiased"

# Principal components looked at, and parts of the episode whose paths are averaged.
COMPONENTS = 6

TEXT = (
    "Principal components are found in the hidden units of each subject. The participation ratio counts the "
    "dimensions that activity fills: 1 on a line, as many as there are units in a ball; its null exchanges episodes "
    "between units. Paths are averages over episodes by how much was earned in them. No state after an episode's end "
    "counts.",
    "Subjects share no units, so they are compared by how they lay out the same conditions (thirds of episodes by "
    "reward, at every step that each of them reached). Grey bands are nulls in which conditions are exchanged between "
    "episodes.",
)


def section(examined: Examined) -> Section:
    """Draw paths and similarities, and count dimensions."""
    recordings = {"trained": examined.recording, "untrained": examined.control}
    activity = {name: own["hidden"].where(own["valid"]) for name, own in recordings.items()}
    thirds = {name: _thirds(own) for name, own in recordings.items()}
    averages = {name: _averages(own, thirds[name], 1, examined.seed) for name, own in activity.items()}
    figure = Figure(figsize=(9.2, 3.7), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_trajectories(left, _paths(activity["trained"], averages["trained"]))
    left.set_title("one subject's mean paths")
    tables = {"Dimensions, mean over subjects with its 95% interval.": _dimensions(activity, examined.seed)}
    demixed = _demixed(_averages(activity["trained"], thirds["trained"], 2, examined.seed))
    if demixed is not None:
        tables["Demixed parts: share told in episodes that they were not found in, mean over subjects."] = demixed
    steps = _reached(averages["trained"]) & _reached(averages["untrained"])
    # Thirds at a single step are too few conditions to compare.
    if len(examined.trained.subjects) > 1 and steps.sum() > 1:
        table = similarity_table({name: own.isel(step=steps) for name, own in averages.items()})
        summary = similarity_summary(table)
        table, drawn = (each.loc[each["measure"] == DRAWN, :] for each in (table, summary))
        draw_similarity(right, table, drawn)
        tables["Similarity between networks, with the interval over subjects and the null."] = summary
    else:
        right.set_axis_off()
    caption = "Left: a subject's mean path in the plane of its first two components. Right: how alike networks are."
    return Section("How is activity laid out?", TEXT, {caption: figure}, tables)


def _thirds(recording: xr.Dataset) -> xr.Dataset:
    """Which third of a subject's episodes by reward each belongs to."""
    earned = recording["reward"].astype(float).sum("step").transpose("subject", "episode")
    # Episodes that earned the same are told apart by their order, so that the thirds are equally large.
    rank = rankdata(earned.values, method="ordinal", axis=1) - 1
    third = 3 * rank // earned.sizes["episode"]
    names = np.array(["1 least reward", "2 middle", "3 most reward"])
    labels = (("subject", "episode"), names[third])
    return xr.Dataset({"earned": labels}, coords={"subject": earned["subject"]})


def _averages(activity: xr.DataArray, conditions: xr.Dataset, folds: int, seed: int) -> xr.Dataset:
    """Average activity at no more than so many steps, evenly spaced: comparisons grow with them."""
    stride = -(-activity.sizes["step"] // MOST_STEPS)
    return condition_means(activity.isel(step=slice(None, None, stride)), conditions, folds, SHUFFLES, seed)


def _reached(averages: xr.Dataset) -> Bool[np.ndarray, " step"]:
    """Tell which steps some episode of each third reached, in every subject, fold and shuffle."""
    came = [np.isfinite(averages[name].transpose("step", ...).values) for name in ("mean", "null")]
    return np.logical_and.reduce([own.reshape(len(own), -1).all(axis=1) for own in came])


def _demixed(averages: xr.Dataset) -> pd.DataFrame | None:
    """What components of reward and of time alone tell in held-out episodes; None where no time passes in all."""
    steps = _reached(averages)
    if steps.sum() < 2:
        return None
    found = held_out_demixing(averages.isel(step=steps), time="step")
    null = found["null"].quantile(0.95, "shuffle").mean("subject").values
    rows = zip(
        found["marginalisation"].values, found["explained"].transpose("subject", ...).values.T, null, strict=True
    )
    return pd.DataFrame(
        [
            {"part": part, "told": told.mean, "low": told.low, "high": told.high, "shuffled, 95%": bound}
            for part, told, bound in ((part, interval(values), bound) for part, values, bound in rows)
        ]
    )


def _paths(activity: xr.DataArray, averages: xr.Dataset) -> pd.DataFrame:
    """The first subject's mean paths: columns ``condition pc1 pc2 step``."""
    components = PrincipalComponents(2).fit(activity.isel(subject=0))
    projected = components.transform(averages["mean"].isel(subject=0)).rename("place")
    long = projected.to_dataframe().dropna().reset_index()
    table = long.pivot_table(index=["earned", "step"], columns="component", values="place")
    table.columns = ["pc1", "pc2"]
    return table.reset_index().rename(columns={"earned": "condition"})


def _dimensions(activity: Mapping[str, xr.DataArray], seed: int) -> pd.DataFrame:
    """Participation ratio, its null, and what the first components explain."""
    rows = []
    for name, own in activity.items():
        found = participation_ratio(own, SHUFFLES, seed)
        ratio = interval(found["ratio"].values)
        explained = PrincipalComponents(COMPONENTS).fit(own).explained_.mean("subject").values
        rows.append(
            {
                "networks": name,
                "participation ratio": ratio.mean,
                "low": ratio.low,
                "high": ratio.high,
                "null": float(found["null"].mean()),
                **{f"PC {place + 1}": share for place, share in enumerate(explained)},
            }
        )
    return pd.DataFrame(rows)

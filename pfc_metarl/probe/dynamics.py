"""Where activity comes to rest, how long it remembers, and how fast it learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.analysis.dynamics.attractors import attractor_table, critic_axis, line_attractor
from pfc_metarl.analysis.dynamics.fixed_points import find_fixed_points
from pfc_metarl.analysis.dynamics.learning_rate import (
    beta_learning_rate,
    effective_learning_rate,
    fit_readout,
    rate_by_trial,
)
from pfc_metarl.analysis.dynamics.step_map import ConstantInput
from pfc_metarl.figures.dynamics import draw_eigenvalues, draw_fixed_points, draw_learning_rate, state_plane
from pfc_metarl.figures.style import COLOURS
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.trials import by_step

AXES = ("subject", "episode", "step")

# Searches per subject, and subjects searched; of networks with many units fewer, since theirs take long.
STARTS, SUBJECTS = 16, 4
MANY_UNITS, FEW_STARTS, FEW_SUBJECTS = 100, 6, 1

TEXT = (
    "Points at which the state stays, or nearly stays, while the network receives the same input again and again: "
    "here, that its first action has been taken and was rewarded, or was not. The time constant tells in how "
    "many steps the slowest mode there fades: a long one remembers over many trials.",
    "A fixed point moves by less than a millionth in a step; a slow one drifts so little that it takes over 1,000 "
    "steps to cross the visited states. Points spread along the axis of value, each with its slowest mode along it, "
    "would make a line attractor that stores value.",
)

RATES = (
    "From every visited state one more reward or omission is handed to the network, and the change of what is read of "
    "the arm's value tells how fast it learns there: an effective learning rate, beside the ideal learner's."
)


def section(examined: Examined) -> Section:
    """Search for fixed points under two constant inputs, and measure learning rates in bandits."""
    population, recording = examined.trained.population, examined.recording
    many = population.configuration.units > MANY_UNITS
    starts, searched = (FEW_STARTS, FEW_SUBJECTS) if many else (STARTS, SUBJECTS)
    count = min(searched, len(population.subjects))
    population, recording = population.select(range(count)), recording.isel(subject=slice(count))
    shown = _observation(examined)
    steps = examined.task.steps
    found = {
        name: find_fixed_points(
            population, ConstantInput(0, reward, shown, steps // 2, steps), recording, starts, examined.seed
        )
        for name, reward in (("rewarded", 1.0), ("not rewarded", 0.0))
    }
    figure = Figure(figsize=(9.4, 3.9), layout="constrained")
    axis = critic_axis(population)
    for axes, (name, points) in zip(figure.subplots(1, 2), found.items(), strict=True):
        one = {"recording": recording.isel(subject=0), "points": points.isel(subject=0), "axis": axis.isel(subject=0)}
        draw_fixed_points(axes, state_plane(variable="value", **one), "value", "value")
        axes.set_title(f"first action, {name}")
    figures = {"Activity of one subject coloured by the critic's value, and where it rests.": figure}
    if (found["not rewarded"]["kind"].isel(subject=0) != "").any():
        modes = Figure(figsize=(4.6, 3.9), layout="constrained")
        draw_eigenvalues(modes.subplots(), found["not rewarded"].isel(subject=0))
        figures["Its modes where nothing is rewarded: eigenvalues on the circle last, outside it grow."] = modes
    lines = {name: line_attractor(points, recording, axis, seed=examined.seed) for name, points in found.items()}
    tables = {
        "Points, mean over subjects.": _summary(found),
        "Along the value axis, mean over subjects; alignments are cosines, beside 95% of random axes.": _line(lines),
    }
    text: tuple[str, ...] = TEXT
    if "believed_probability" in recording and population.configuration.reward_signal == "reward":
        text = (*text, RATES)
        figures["Effective learning rate by trial, with 95% bands over subjects."] = _rates(examined)
    return Section("Where does activity rest, and how fast does it learn?", text, figures, tables)


def _observation(examined: Examined) -> Sequence[float]:
    """What the task shows most often; of images the first, since recordings keep none."""
    task, recording = examined.task, examined.recording
    if task.image is not None:
        _, shown = task.start(torch.full((1, 1, task.start_draws), 0.5))
        return shown.observation[0, 0].tolist()
    if "observation" not in recording:
        return ()
    seen = recording["observation"].transpose(*AXES, "feature").values[by_step(recording, "valid")]
    kinds, count = np.unique(seen, axis=0, return_counts=True)
    return [float(feature) for feature in kinds[count.argmax()]]


def _summary(found: dict[str, xr.Dataset]) -> pd.DataFrame:
    """How many points there are, of which kind, and how long the slowest mode of each lasts."""
    rows = []
    for name, points in found.items():
        present = points["kind"] != ""
        slowest = points["time_constant"].isel(mode=0).where(present & points["stable"])
        slowest = slowest.where(np.isfinite(slowest)).pad(point=(0, 1))
        counts = {
            "fixed": (points["kind"] == "fixed").sum("point"),
            "slow": (points["kind"] == "slow").sum("point"),
            "stable": (present & points["stable"]).sum("point"),
            "longest time constant (steps)": slowest.max("point"),
        }
        means = {label: float(values.mean()) for label, values in counts.items()}
        rows.append({"input": name, **means, "subjects": points.sizes["subject"]})
    return pd.DataFrame(rows)


def _line(measures: dict[str, xr.Dataset]) -> pd.DataFrame:
    """How far the points make a line attractor along the axis of value."""
    columns = {
        "network": "input",
        "points": "points",
        "coverage": "range along the axis",
        "points_alignment": "points' alignment",
        "points_alignment_random": "random",
        "mode_alignment": "slowest modes' alignment",
        "mode_alignment_random": "random modes",
    }
    table = attractor_table(measures)
    means = table.pivot_table(index="network", values=list(columns)[1:], sort=False, dropna=False).reset_index()
    return pd.DataFrame({label: means[name].to_numpy() for name, label in columns.items()})


def _rates(examined: Examined) -> Figure:
    """Draw the effective learning rate of trained and untrained networks, and the ideal learner's."""
    recordings = {"trained": examined.recording, "untrained": examined.control}
    agents = {"trained": examined.trained, "untrained": examined.untrained}
    rates = {
        name: effective_learning_rate(agents[name].population, own, fit_readout(own))["rate"]
        for name, own in recordings.items()
    }
    shared = getattr(examined.task.configuration, "distribution", "") == "correlated"
    rates["ideal learner"] = beta_learning_rate(examined.recording, examined.task.actions, shared)
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    colours = {"trained": COLOURS["blue"], "untrained": COLOURS["grey"], "ideal learner": COLOURS["black"]}
    draw_learning_rate(figure.subplots(), rate_by_trial(rates), colours)
    return figure

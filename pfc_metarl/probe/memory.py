"""What a network with episodic memory stores, when it recalls, and what that is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.analysis.decoding import decode_steps, score_table
from pfc_metarl.analysis.recurrence import at_exposure, by_exposure
from pfc_metarl.analysis.reinstatement import first_recalled, gate_opening
from pfc_metarl.figures.probe import draw_by_trial
from pfc_metarl.figures.reinstatement import draw_content, draw_gate_opening
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.recorder import record

# Recorded for this section: whole epochs, of which decoding uses one exposure of each context.
EPISODES, EPOCHS = 100, 40

# The most classes that a variable told apart by a decoder may have.
MOST_CLASSES = 20

SHUFFLES = 20

NOTHING = (
    "These networks have no episodic memory, or there is nothing to remember in this task. Train with --core episodic "
    "on a task whose contexts come back, such as barcode-bandit, to see what is stored and when it is let in again.",
)

GATE = (
    "At each step the memory gives back the cell state stored under the nearest context. A gate of its own decides "
    "how much of it enters the cell: 0 shuts it out, 1 adds all of it. Where nothing is recalled the gate lets nothing "
    "in, however far it stands open."
)

CONTENT = (
    "A linear decoder tells apart the task's hidden variables from the recalled state alone, at the first step at "
    "which an episode recalls anything, before it has done or earned anything itself. Solid ticks are the highest 5% "
    "of shuffles, dotted ones chance. Where the task counts exposures only second ones are decoded: no two episodes "
    "then share a stored state."
)


def section(examined: Examined) -> Section:
    """Show when the gate opens, what recalled states hold, and what is earned from exposure to exposure."""
    title = "What does it remember?"
    task, agent = examined.task, examined.trained
    if not agent.population.core.recalls or task.remembering is None:
        return Section(title, NOTHING)
    recording = record(agent, task, max(EPISODES, EPOCHS * task.epoch), examined.seed)
    opening = gate_opening(recording).rename("openness").to_dataframe().reset_index()
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    draw_gate_opening(figure.subplots(), opening)
    text, figures = (GATE,), {"Opening of the reinstatement gate; bands are 95% over subjects.": figure}
    tables: dict[str, pd.DataFrame] = {}
    content = recalled_content(recording, examined.seed)
    if not content.empty:
        text = (*text, CONTENT)
        figure = Figure(figsize=(6, 1.2 + 0.5 * len(set(content["variable"]))), layout="constrained")
        draw_content(figure.subplots(), content)
        figures["What recalled states tell, by subject."] = figure
        tables["Decoded from recalled states, balanced accuracy, mean over subjects."] = _summary(content)
    if "exposure" in recording:
        control = record(examined.untrained, task, recording.sizes["episode"], examined.seed, ("exposure",))
        figure = Figure(figsize=(6, 3.6), layout="constrained")
        axes = figure.subplots()
        draw_by_trial(axes, _by_exposure({"trained": recording, "untrained": control}), "reward per step")
        axes.set(xlabel="exposure of a context")
        figures["Reward by how often the context has been met."] = figure
    return Section(title, text, figures, tables)


def _by_exposure(recordings: dict[str, xr.Dataset]) -> pd.DataFrame:
    """Reward per step of each agent: columns ``agent subject trial value``, with exposures for trials."""
    tables = [
        by_exposure(recording, recording["reward"]).mean("step").to_dataframe("value").reset_index().assign(agent=agent)
        for agent, recording in recordings.items()
    ]
    return pd.concat(tables, ignore_index=True).rename(columns={"exposure": "trial"})


def recalled_content(recording: xr.Dataset, seed: int) -> pd.DataFrame:
    """Tell hidden variables apart from recalled states: columns ``subject variable score null chance``.

    Variables are those with a few values that differ between episodes; empty where nothing can be decoded.
    """
    if "exposure" in recording:
        recording = at_exposure(recording, 2)
    at_first = first_recalled(recording)
    variables = {name: values for name, values in at_first.data_vars.items() if _few(values)}
    if not variables or at_first.sizes["episode"] < 2 * MOST_CLASSES:
        return pd.DataFrame(columns=pd.Index(["subject", "variable", "score", "null", "chance"]))
    found = score_table(
        decode_steps(at_first["recalled"], xr.Dataset(variables), categorical=True, shuffles=SHUFFLES, seed=seed)
    )
    chance = {str(name): 1 / len(np.unique(values)) for name, values in variables.items()}
    return found.assign(chance=[chance[str(name)] for name in found["variable"]]).dropna().drop(columns="step")


def _summary(content: pd.DataFrame) -> pd.DataFrame:
    """Mean over subjects, one row per variable."""
    rows = []
    for name, own in content.groupby("variable", sort=False):
        means = {column: float(own[column].to_numpy(dtype=float).mean()) for column in ("score", "null", "chance")}
        rows.append({"variable": str(name).replace("_", " "), **means})
    return pd.DataFrame(rows)


def _few(values: xr.DataArray) -> bool:
    return (
        set(values.dims) == {"subject", "episode", "step"}
        and values.dtype.kind in "ib"
        and str(values.name) not in ("choice", "exposure", "valid")
        and 1 < len(np.unique(values)) <= MOST_CLASSES
    )

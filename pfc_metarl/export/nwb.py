"""Recordings as Neurodata Without Borders, one file per subject.

A network has rates, not spikes. So its activity is a ``TimeSeries`` (time by unit), and its units are a
table whose row k describes column k of the activity; NWB's own ``Units`` type is for spike times, and
without them nwbinspector calls it a critical error.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Int

from pfc_metarl.base.extras import needed
from pfc_metarl.export.output import Advance, unheard, written_whole
from pfc_metarl.export.steps import (
    READOUTS,
    episode_table,
    one_subject,
    step_variables,
    trial_table,
    valid_steps,
)

# NCBI's entry for what no organism is the source of, "synthetic construct": the species must be one of NCBI's.
SPECIES = "http://purl.obolibrary.org/obo/NCBITaxon_32630"

SIMULATED = (
    "Simulated: a recurrent neural network with weights of its own, no organism. The format requires species, sex "
    "and age: 'synthetic construct' (NCBI 32630), 'O' (other) and zero days stand in for what it does not have."
)

MEANINGS = {
    "hidden": "Output of each recurrent unit, after receiving this step's input.",
    "cell": "Cell state of each LSTM unit, after receiving this step's input.",
    "value": "The critic's value of the present state.",
    "policy": "Probability of each action.",
    "error": "Reward prediction error that the policy network receives in the reward's place.",
    "observation": "What the subject is shown at this step, before it acts.",
    "previous_action": "Action of the step before, one-hot; zeros at an episode's first step.",
    "previous_reward": "Reward of the step before; zero at an episode's first step.",
    "choice": "The action taken, counted from 0.",
    "reward": "Reward earned by the action; in the trials table, all that the trial earned.",
    "regret": "How much less the action pays on average than the best one.",
    "start_time": "Beginning of the first step.",
    "stop_time": "End of the last step.",
    "episode": "Episode, counted from 0; the network's state starts afresh with each.",
    "trial": "Trial within the episode, counted from 0.",
    "steps": "Number of steps.",
}


def write_nwb(
    recording: xr.Dataset,
    path: Path,
    subject: int,
    step_seconds: float = 1.0,
    session_start: datetime | None = None,
    advance: Advance = unheard,
) -> None:
    """Write one subject of a recording as an NWB file.

    Step t of episode e stands at ``(e * steps + t) * step_seconds``, with ``steps`` those of the longest
    episode; steps after an episode's end are left out.

    Parameters
    ----------
    recording : from memory or opened by ``open_recording``.
    path : of the file.
    subject : index of the subject.
    step_seconds : what a step lasts; networks know no seconds, so that this is a convention.
    session_start : when the recording was made; None for now.
    advance : told the bytes of each buffer.

    Raises
    ------
    ConfigurationError
        If pynwb is not installed or there is no such subject.
    OutputError
        If the file cannot be written.
    """
    pynwb = needed("pynwb", "nwb")
    one = one_subject(recording, subject)
    file = pynwb.NWBFile(**_session(one, step_seconds, session_start or datetime.now().astimezone()))
    file.subject = pynwb.file.Subject(
        subject_id=f"subject-{subject}", species=SPECIES, sex="O", age="P0D", description=SIMULATED
    )
    file.trials = _intervals("trials", _trials_note(one), trial_table(one, step_seconds))
    file.epochs = _intervals("epochs", "Episodes: each draws its own problem.", episode_table(one, step_seconds))
    network = file.create_processing_module("misc", "The network: its activity, its units, its outputs.")
    behavior = file.create_processing_module("behavior", "What was received, done and earned, and what was hidden.")
    rows = valid_steps(one)
    clock = _clock(one, rows, step_seconds)
    for name in step_variables(one):
        if name == "valid":
            continue
        for label, part in _parts(one, name).items():
            series = _series(part, label, rows, clock, advance)
            clock = {"timestamps": series} if "timestamps" in clock else clock
            (network if name in READOUTS else behavior).add(series)
    if "unit" in one.sizes:
        network.add(_units(one.sizes["unit"]))
    with written_whole(path) as place, pynwb.NWBHDF5IO(place, "w") as output:
        output.write(file)


def _session(one: xr.Dataset, step_seconds: float, start: datetime) -> dict[str, Any]:
    """Say what this is, of which network, and by which program."""
    task, seed = (str(one.attrs.get(name, "unknown")) for name in ("task", "seed"))
    weights, group = one.attrs["weight_hash"], str(one.attrs.get("group", ""))
    origin = f"pfc_metarl/{task}/{seed}/{group}/{one['subject'].item()}/{weights}"
    # Archives make a file's name of it, so a group within a group cannot keep its slash.
    session = "-".join(part for part in (task, group.replace("/", "-"), f"seed-{seed}") if part)
    return {
        "session_description": f"Simulated: a trained network with its weights fixed does the task '{task}'.",
        "identifier": str(uuid.uuid5(uuid.NAMESPACE_OID, origin)),
        "session_start_time": start,
        "session_id": session,
        "experiment_description": f"Task '{task}', seed {seed}. SHA-256 of the subject's weights: {weights}.",
        "notes": f"Steps have no duration; here 1 step lasts {step_seconds:g} s by convention.",
        "keywords": ["simulation", "recurrent neural network", "meta-reinforcement learning", task],
        "was_generated_by": [["pfc_metarl", version("pfc-metarl")]],
    }


def _trials_note(one: xr.Dataset) -> str:
    if "phase" in one:
        return "Trials. Variables stand once per phase, as they were at that phase's step."
    if "trial" in one:
        return "Trials. Variables stand as they were at the trial's last step."
    return "Trials. The recording names no trials or phases: each step is one trial."


def _clock(one: xr.Dataset, rows: Int[np.ndarray, " row"], step_seconds: float) -> dict[str, Any]:
    """Times of the steps: a rate where all took place, else one timestamp each."""
    if len(rows) == one.sizes["episode"] * one.sizes["step"]:
        return {"starting_time": 0.0, "rate": 1 / step_seconds}
    return {"timestamps": rows * step_seconds}


def _parts(one: xr.Dataset, name: str) -> dict[str, xr.DataArray]:
    """A variable by the name of its time series: several, where it has more columns than there are steps.

    A series wider than it is long is taken for one whose axes are exchanged.
    """
    variable, steps = one[name].isel(subject=0), len(valid_steps(one))
    if variable.ndim < 3 or variable.shape[-1] <= steps:
        return {name: variable}
    axis = variable.dims[-1]
    starts = range(0, variable.shape[-1], steps)
    return {f"{name}_{first}": variable.isel({axis: slice(first, first + steps)}) for first in starts}


def _series(
    variable: xr.DataArray, name: str, rows: Int[np.ndarray, " row"], clock: Mapping[str, Any], advance: Advance
) -> Any:
    """One variable over time, read when it is written; small variables are compressed, as in the recording."""
    from hdmf.backends.hdf5.h5_utils import H5DataIO
    from pynwb import TimeSeries

    from pfc_metarl.export.nwb_stream import StepStream

    stream = StepStream(variable, rows, advance)
    packed = {} if "unit" in variable.dims else {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    unit = "task units" if name in ("reward", "previous_reward", "value", "error", "regret") else "dimensionless"
    return TimeSeries(name=name, description=_meaning(name), data=H5DataIO(data=stream, **packed), unit=unit, **clock)


def _units(count: int) -> Any:
    """Describe the units: all there is to say is which column each has."""
    from hdmf.common import DynamicTable, VectorData

    column = VectorData(
        name="column",
        description="Column of 'hidden' (and 'cell'), counted through all its parts.",
        data=np.arange(count),
    )
    return DynamicTable(
        name="units",
        description="Units of the recurrent layer. They have rates, not spikes: see the time series 'hidden'.",
        id=np.arange(count),
        columns=[column],
    )


def _intervals(name: str, description: str, table: pd.DataFrame) -> Any:
    """Turn a table with start and stop times into NWB's."""
    from hdmf.common import VectorData
    from pynwb.epoch import TimeIntervals

    columns = [VectorData(name=str(key), description=_meaning(str(key)), data=table[key].to_numpy()) for key in table]
    return TimeIntervals(name=name, description=description, columns=columns, id=np.arange(len(table)))


def _meaning(name: str) -> str:
    """One line on a variable or a column made of it."""
    base, _, phase = name.partition("_phase_")
    if name.startswith("phase_") and name.endswith("_time"):
        return f"Beginning of phase {name.removeprefix('phase_').removesuffix('_time')}."
    stem = next((known for known in MEANINGS if base == known or base.removeprefix(f"{known}_").isdigit()), None)
    text = MEANINGS[stem] if stem else f"'{base}', as the task reveals it for analysis; the network does not see it."
    return f"{text} At phase {phase}." if phase else text

"""States of a network as vectors: its core's parts, hidden and cell of an LSTM, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.moments import PairedMoments, total
from pfc_metarl.network.population import Population
from pfc_metarl.recording.streaming import pieces


def refuse_foreign(population: Population, recording: xr.Dataset) -> None:
    """Refuse a recording that lacks the state of these networks.

    Raises
    ------
    ConfigurationError
        If parts of the state are missing, or subjects or units differ.
    """
    for name in population.core.state_names:
        if name not in recording:
            raise ConfigurationError(
                f"the recording holds no '{name}', which is part of this network's state: record it with "
                f"variables {', '.join(population.core.state_names)}"
            )
    units = population.configuration.units
    if recording["subject"].values.tolist() != list(population.subjects) or recording.sizes["unit"] != units:
        raise ConfigurationError(
            f"the recording is of subjects {recording['subject'].values.tolist()} with {recording.sizes['unit']} "
            f"units, the networks are {list(population.subjects)} with {units}: record these networks themselves"
        )


def sampled_states(
    population: Population, recording: xr.Dataset, count: int, seed: int
) -> Float[np.ndarray, "subject start state"]:
    """Draw states that each subject visited, at random over episodes and steps; only these are loaded."""
    refuse_foreign(population, recording)
    if count < 1:
        raise ConfigurationError(f"starts is {count}: search from at least 1 state")
    generator = np.random.default_rng(seed)
    return np.stack(
        [
            _sample(recording.isel(subject=position), population.core.state_names, count, generator)
            for position in range(len(population.subjects))
        ]
    )


def _sample(
    recording: xr.Dataset, names: Sequence[str], count: int, generator: np.random.Generator
) -> Float[np.ndarray, "start state"]:
    lasted = recording["valid"].transpose("episode", "step").values if "valid" in recording else None
    shape = (recording.sizes["episode"], recording.sizes["step"])
    rows = np.arange(shape[0] * shape[1]) if lasted is None else np.flatnonzero(lasted)
    episode, step = np.unravel_index(generator.choice(rows, count, replace=len(rows) < count), shape)
    at = {"episode": xr.DataArray(episode, dims="start"), "step": xr.DataArray(step, dims="start")}
    parts = [recording[name].isel(at).transpose("start", "unit").values for name in names]
    return np.concatenate(parts, axis=-1).astype(float)


def paired_moments(recording: xr.Dataset, variable: xr.DataArray) -> PairedMoments:
    """Moments of hidden units and a variable, subject by subject (its windows), some episodes at a time.

    Parameters
    ----------
    recording : ``hidden`` over ``subject episode step unit``; steps that are not ``valid`` do not count.
    variable : over ``subject episode step`` and at most one more axis.
    """
    wanted = xr.Dataset({"hidden": recording["hidden"], "variable": variable})
    if "valid" in recording:
        wanted["valid"] = recording["valid"]
    return total(_paired(piece) for piece in pieces(wanted))


def _paired(piece: xr.Dataset) -> PairedMoments:
    axes = ("subject", "episode", "step")
    subjects = piece.sizes["subject"]
    hidden, variable = (
        piece[name].transpose(*axes, ...).values.astype(float).reshape(subjects, -1, last)
        for name, last in (
            ("hidden", piece.sizes["unit"]),
            ("variable", piece["variable"].isel(subject=0, episode=0, step=0).size),
        )
    )
    present = np.ones(hidden.shape[:2], bool)
    if "valid" in piece:
        present = piece["valid"].transpose(*axes).values.reshape(subjects, -1)
    return PairedMoments.of(hidden, variable, present)


def radius(states: Float[np.ndarray, "start state"]) -> float:
    """Root mean square distance from the mean."""
    return float(np.sqrt(((states - states.mean(0)) ** 2).sum(-1).mean()))

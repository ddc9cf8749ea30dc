"""Trained populations on disk: safetensors with their configuration in the header; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.files import write_atomically
from pfc_metarl.network.population import NetworkConfiguration, Population

FORMAT = "pfc_metarl/1"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write tensors and a JSON header atomically."""
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": FORMAT, "header": json.dumps(header, sort_keys=True)}
    write_atomically(path, save(stored, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read tensors and their header.

    Raises
    ------
    StoredFileError
        If the file is missing, truncated, corrupt or written by another program.
    """
    if not path.is_file():
        raise StoredFileError(f"no network file at {path}: check the path, or make one with 'pfc-metarl train'")
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise StoredFileError(
            f"{path} is damaged or not a safetensors file ({error}): restore it from a copy or train it again"
        ) from None
    if metadata.get("format") != FORMAT:
        raise StoredFileError(
            f"{path} was not written by pfc_metarl: give a network.safetensors made by 'pfc-metarl train'"
        )
    return tensors, json.loads(metadata["header"])


def network_header(population: Population) -> dict[str, Any]:
    """Describe a population for a file's header."""
    return {
        "network": population.configuration.model_dump(),
        "inputs": population.inputs,
        "actions": population.actions,
        "subjects": list(population.subjects),
    }


def save_population(path: Path, population: Population, origin: Mapping[str, Any]) -> None:
    """Write a population with where it came from: its task, training and seed."""
    write_tensors(path, population.weights, {**network_header(population), "origin": dict(origin)})


def load_population(path: Path) -> tuple[Population, dict[str, Any]]:
    """Read a population and its origin.

    Raises
    ------
    StoredFileError
        If the file is missing, damaged, foreign, or its weights do not fit its header.
    """
    tensors, header = read_tensors(path)
    return population_from(path, tensors, header), header.get("origin", {})


def population_from(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> Population:
    """Build a population from a file's tensors and header, refusing what does not fit."""
    try:
        configuration = NetworkConfiguration(**header["network"])
        population = Population(configuration, header["inputs"], header["actions"], header["subjects"], tensors)
    except (KeyError, TypeError, ConfigurationError) as error:
        raise StoredFileError(
            f"{path} has a header this version cannot read ({error}): train the network again"
        ) from None
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != population.shapes():
        raise StoredFileError(f"{path} holds weights that do not fit its own header: restore it from a copy")
    return population

"""Trained populations on disk: safetensors with their configuration in the header; never pickle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.files import write_atomically
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population

# The one metadata key of our files; its value is the header, JSON. (With several keys safetensors
# writes them in random order, and the same network would not give the same bytes.)
KEY = "pfc_metarl"


# What a run is for: networks, learners or lives.
Result = TypeVar("Result")


class NetworkHeader(Configuration):
    """What stands in the header of a network's file besides the weights."""

    network: NetworkConfiguration
    inputs: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    actions: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    subjects: Annotated[tuple[Annotated[int, Field(strict=True, ge=0)], ...], Field(min_length=1)]
    origin: dict[str, Any] = {}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write tensors and a JSON header atomically."""
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(stored, {KEY: json.dumps(header, sort_keys=True)}))


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
            header = json.loads((stored.metadata() or {}).get(KEY, "null"))
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise StoredFileError(
            f"{path} is damaged or not a safetensors file ({error}): restore it from a copy or train it again"
        ) from None
    if not isinstance(header, dict):
        raise StoredFileError(f"{path} was not written by pfc_metarl: give a network made by 'pfc-metarl train'")
    return tensors, header


def finished(folder: RunFolder, settings: Mapping[str, Any], load: Callable[[Path], Result]) -> Result | None:
    """Read back what the run with these settings left when it ended; None where it has not ended.

    Raises
    ------
    StoredFileError
        If what is there is damaged, or another run left it.
    """
    if not folder.network.exists():
        return None
    folder.refuse_foreign(folder.network, read_tensors(folder.network)[1].get("origin"), settings)
    return load(folder.network)


def save_population(path: Path, population: Population, origin: Mapping[str, Any]) -> None:
    """Write a population with where it came from: its task, training and seed."""
    write_tensors(path, population.weights, network_header(population, origin))


def network_header(population: Population, origin: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a population for its file's header."""
    header = NetworkHeader(
        network=population.configuration,
        inputs=population.inputs,
        actions=population.actions,
        subjects=population.subjects,
        origin=dict(origin),
    )
    return header.model_dump()


def load_population(path: Path) -> tuple[Population, dict[str, Any]]:
    """Read a population and its origin.

    Raises
    ------
    StoredFileError
        If the file is missing, damaged, foreign, or its weights do not fit its header.
    """
    tensors, content = read_tensors(path)
    if "network" not in content:
        raise StoredFileError(f"{path} {_instead_of_networks(content)}")
    try:
        header = NetworkHeader(**content)
    except ConfigurationError as error:
        raise StoredFileError(f"{path} is not a network this version can read ({error}): train it again") from None
    population = Population(header.network, header.inputs, header.actions, header.subjects, tensors)
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != population.shapes() or not all(tensor.is_floating_point() for tensor in tensors.values()):
        raise StoredFileError(f"{path} holds weights that do not fit its own header: restore it from a copy")
    return population, header.origin


def _instead_of_networks(header: Mapping[str, Any]) -> str:
    """Say what else a file of ours holds, by its header, and what to do."""
    if "update" in header:
        return "is the checkpoint of a training: give the network.safetensors beside it, there once training has ended"
    if "weight_hash" in header:
        return "is a subject exported to torch: give the network that it was exported from"
    return "holds learners that are no recurrent networks: give one that 'pfc-metarl list' names among networks"

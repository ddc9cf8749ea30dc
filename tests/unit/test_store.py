"""Stored networks: what is written is what is read, and a wrong file is said to be wrong in one line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from pfc_metarl.base.errors import OutputError, StoredFileError
from pfc_metarl.network.store import KEY, load_population, network_header, save_population, write_tensors


@pytest.fixture
def stored(tmp_path: Path, draw_population: Any) -> Path:
    path = tmp_path / "network.safetensors"
    save_population(path, draw_population(), {"seed": 0})
    return path


def assert_refused(path: Path) -> str:
    with pytest.raises(StoredFileError) as error:
        load_population(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nothing.safetensors")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert_refused(tmp_path / "empty")


@pytest.mark.parametrize("kept", [0.001, 0.01, 0.1, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_is_refused(stored: Path, kept: float) -> None:
    whole = stored.read_bytes()
    stored.write_bytes(whole[: int(len(whole) * kept)])
    assert_refused(stored)


def test_one_missing_byte_is_noticed(stored: Path) -> None:
    stored.write_bytes(stored.read_bytes()[:-1])
    assert_refused(stored)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foreign").write_bytes(save({"layer.weight": torch.zeros(3, 3)}))
    assert "not written by pfc_metarl" in assert_refused(tmp_path / "foreign")


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "trap.safetensors").write_bytes(pickle.dumps(Trap()))
    assert_refused(tmp_path / "trap.safetensors")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": 5},
        {"actions": 9},
        {"subjects": [0]},
        {"subjects": 2},
        {"network": {"units": 6}},
        {"network": {"core": "gru", "units": 5}},
        {"network": {"units": 5, "initial_state": "zero"}},
        {"network": {"units": 5, "unheard_of": 1}},
        {"network": None},
        {"network": []},
        {"inputs": "4"},
        {"inputs": None},
        {"inputs": -4},
        {"actions": 3.5},
    ],
)
def test_weights_that_do_not_fit_the_header_are_refused(
    tmp_path: Path, draw_population: Any, change: dict[str, Any]
) -> None:
    population = draw_population()
    path = tmp_path / "network.safetensors"
    write_tensors(path, population.weights, {**network_header(population, {}), **change})
    assert_refused(path)


@pytest.mark.parametrize("missing", ["network", "inputs", "actions", "subjects"])
def test_an_incomplete_header_is_refused(tmp_path: Path, draw_population: Any, missing: str) -> None:
    population = draw_population()
    header = network_header(population, {})
    del header[missing]
    path = tmp_path / "network.safetensors"
    write_tensors(path, population.weights, header)
    assert_refused(path)


@pytest.mark.parametrize("header", [None, "{", "[]", "3", '"text"', "null"])
def test_a_header_that_is_not_an_object_is_refused(tmp_path: Path, draw_population: Any, header: str | None) -> None:
    metadata = {KEY: header} if header is not None else {"other": "1"}
    path = tmp_path / "network.safetensors"
    path.write_bytes(save(dict(draw_population().weights), metadata))
    assert_refused(path)


def test_a_header_cannot_ask_for_more_memory_than_there_is(tmp_path: Path, draw_population: Any) -> None:
    population = draw_population()
    path = tmp_path / "network.safetensors"
    write_tensors(path, population.weights, {**network_header(population, {}), "inputs": 10**15})
    assert_refused(path)


@pytest.mark.parametrize("change", ["missing", "extra", "whole numbers"])
def test_other_weights_than_the_network_has_are_refused(tmp_path: Path, draw_population: Any, change: str) -> None:
    population = draw_population()
    weights = dict(population.weights)
    if change == "missing":
        del weights["head_bias"]
    elif change == "extra":
        weights["other"] = torch.zeros(2, 2)
    else:
        weights["head_bias"] = weights["head_bias"].to(torch.int64)
    path = tmp_path / "network.safetensors"
    write_tensors(path, weights, network_header(population, {}))
    assert_refused(path)


def test_a_checkpoint_is_not_a_network(tmp_path: Path, draw_population: Any) -> None:
    population = draw_population()
    path = tmp_path / "checkpoint.safetensors"
    weights = {f"weights.{name}": weight for name, weight in population.weights.items()}
    write_tensors(path, weights, {**network_header(population, {}), "update": 3})
    assert_refused(path)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path, draw_population: Any) -> None:
    (tmp_path / "file").write_text("")  # permission bits do not bind root; a file is no folder for anyone
    for path in (tmp_path / "file" / "network.safetensors", tmp_path / "missing" / "network.safetensors", tmp_path):
        with pytest.raises(OutputError) as error:
            save_population(path, draw_population(), {})
        assert "\n" not in str(error.value)


def test_saving_replaces_the_file_and_leaves_no_other(stored: Path, draw_population: Any) -> None:
    population = draw_population(seed=5)
    save_population(stored, population, {})
    assert load_population(stored)[0].fingerprints() == population.fingerprints()
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_a_network_in_training_can_be_saved(tmp_path: Path, draw_population: Any) -> None:
    population = draw_population()
    for weight in population.weights.values():
        weight.requires_grad_()
    save_population(tmp_path / "network", population, {})
    loaded, _ = load_population(tmp_path / "network")
    assert loaded.fingerprints() == population.fingerprints()
    assert not any(weight.requires_grad for weight in loaded.weights.values())


def test_the_header_is_readable_without_this_package(stored: Path) -> None:
    raw = stored.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    metadata = json.loads(raw[8 : 8 + length])["__metadata__"]
    assert json.loads(metadata[KEY])["network"]["core"] == "lstm"


def test_the_same_network_gives_the_same_bytes(tmp_path: Path, draw_population: Any) -> None:
    for name in ("one", "other"):
        save_population(tmp_path / name, draw_population(), {"b": 1, "a": 2})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()

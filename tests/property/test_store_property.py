"""Whatever network is saved is the network that is loaded; whatever bytes are read are refused in one line."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population, save_population

quick = settings(max_examples=25, deadline=None, derandomize=True)

configurations = st.builds(
    NetworkConfiguration,
    core=st.sampled_from(["lstm", "gru", "vanilla"]),
    units=st.integers(1, 9),
    initial_state=st.sampled_from(["learned", "zero"]),
    action_input=st.booleans(),
    reward_input=st.booleans(),
    time_input=st.booleans(),
    critic=st.sampled_from(["shared", "separate"]),
    image=st.sampled_from([None, (8, 16, 3)]),
    image_features=st.sampled_from([4, 8]),
)
origins = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@quick
@given(
    configuration=configurations,
    inputs=st.integers(1, 6),
    actions=st.integers(1, 4),
    subjects=st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 2**32),
    origin=origins,
)
def test_what_is_saved_is_what_is_loaded(
    configuration: NetworkConfiguration,
    inputs: int,
    actions: int,
    subjects: list[int],
    seed: int,
    origin: dict[str, Any],
) -> None:
    population = Population.draw(configuration, inputs, actions, Streams(seed, subjects))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        save_population(path, population, origin)
        loaded, loaded_origin = load_population(path)
    assert loaded.configuration == population.configuration
    assert (loaded.inputs, loaded.actions, loaded.subjects) == (inputs, actions, tuple(subjects))
    assert loaded_origin == origin
    assert loaded.weights.keys() == population.weights.keys()
    for name, weight in population.weights.items():
        assert loaded.weights[name].dtype == weight.dtype
        assert torch.equal(loaded.weights[name], weight)
    assert loaded.fingerprints() == population.fingerprints()


def refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        path.write_bytes(content)
        with pytest.raises(StoredFileError) as error:
            load_population(path)
        assert "\n" not in str(error.value)


@quick
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(content: bytes) -> None:
    refused(content)


@quick
@given(st.text(max_size=60))
def test_any_text_behind_a_plausible_length_is_refused(text: str) -> None:
    header = text.encode()
    refused(len(header).to_bytes(8, "little") + header)


@quick
@given(st.integers(0, 10_000))
def test_a_file_cut_anywhere_is_refused(cut: int) -> None:
    population = Population.draw(NetworkConfiguration(units=2), 2, 2, Streams(0, [0]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole"
        save_population(path, population, {})
        whole = path.read_bytes()
    refused(whole[: cut % len(whole)])

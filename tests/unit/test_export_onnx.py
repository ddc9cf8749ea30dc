"""A subject as ONNX, run by onnxruntime: the numbers of its plain torch layers, which are the population's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError, OutputError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.export import onnx_files
from pfc_metarl.export.onnx_files import greatest_difference, write_onnx
from pfc_metarl.export.torch_modules import as_torch_module
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.studies.registry import bundled_networks

SUBJECT = 3


def draw(**settings: Any) -> Population:
    return Population.draw(NetworkConfiguration(units=6, **settings), 9, 3, Streams(1, (1, SUBJECT)))


def bundled(name: str) -> Population:
    return load_population(bundled_networks()[name])[0]


NETWORKS = {
    "plain network": lambda: draw(core="vanilla"),
    "GRU that receives its critic's error": lambda: draw(core="gru", critic="separate", reward_signal="error"),
    "bundled LSTM that sees images": lambda: bundled("fig6/harlow"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_gives_the_networks_numbers(name: str, tmp_path: Path) -> None:
    population = NETWORKS[name]()
    path = tmp_path / "subject.onnx"
    assert write_onnx(population, SUBJECT, path, {"task": "a task"}) < 1e-5
    assert [entry.name for entry in tmp_path.iterdir()] == ["subject.onnx"], "all of it in one file"
    onnx.checker.check_model(path, full_check=True)
    module = as_torch_module(population, SUBJECT)
    session = onnxruntime.InferenceSession(path)
    state = module.initial_state(4)
    assert [given.name for given in session.get_inputs()] == [*module.channels, *state]
    assert [given.name for given in session.get_outputs()] == [
        "policy_logits",
        "value",
        *(f"next_{part}" for part in state),
    ]
    chance = torch.Generator().manual_seed(7)
    for _ in range(5):
        received = {part: torch.rand(zero.shape, generator=chance) for part, zero in module.blank(4).items()}
        fed = {part: values.detach().numpy() for part, values in {**received, **state}.items()}
        logits, value, state = module(received, state)
        for found, wanted in zip(session.run(None, fed), (logits, value, *state.values()), strict=True):
            np.testing.assert_allclose(found, wanted.detach(), rtol=1e-5, atol=1e-5)
    about = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert (about["subject"], about["task"]) == (str(SUBJECT), "a task")
    assert about["weight_hash"] == population.fingerprints()[population.subjects.index(SUBJECT)]
    initial = json.loads(about["initial_state"])
    np.testing.assert_allclose(initial["hidden"], module.initial_state(1)["hidden"][0].detach())
    assert initial.get("critic_value", "NaN") == "NaN"
    with torch.no_grad():
        module.actor.value.bias.add_(0.5)
        module.actor.policy.bias.add_(0.5)
    assert greatest_difference(module, path) > 0.01, "the check must see another network"


class Program:
    """What torch's exporter returns, as far as it is used."""

    def __init__(self) -> None:
        self.model = type("Model", (), {"metadata_props": {}})()

    def save(self, path: Path) -> None:
        path.write_bytes(b"a network")


@pytest.mark.parametrize("difference", [1e-3, float("nan")])
def test_a_file_that_differs_is_not_kept(difference: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: Program())
    monkeypatch.setattr(onnx_files, "greatest_difference", lambda *_: difference)
    with pytest.raises(OutputError, match="would differ from the network by"):
        write_onnx(draw(), SUBJECT, tmp_path / "subject.onnx", {})
    assert not list(tmp_path.iterdir())


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ConfigurationError, match=r'onnxscript is not installed: pip install "pfc-metarl\[onnx\]"'):
        write_onnx(draw(), SUBJECT, tmp_path / "subject.onnx", {})

"""A trained network reused from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from pfc_metarl.cli.main import main
from pfc_metarl.network.store import load_population

TINY = ["--subjects", "2", "--updates", "3", "--episodes", "2", "--trials", "4", "--quiet"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Networks with settings that are not the defaults."""
    words = ["train", "two-armed-bandit", *TINY, "--units", "3", "--no-time-input", "--out", str(tmp_path / "source")]
    assert main(words) == 0
    return tmp_path / "source" / "network.safetensors"


def reuse(source: Path, out: Path, *more: str) -> int:
    return main(["train", "volatility", *TINY, "--from", str(source), "--out", str(out), *more])


def test_reused_networks_keep_their_settings_and_body(source: Path, tmp_path: Path) -> None:
    assert reuse(source, tmp_path / "run", "--tune", "heads") == 0
    before, after = (load_population(path)[0] for path in (source, tmp_path / "run" / "network.safetensors"))
    assert after.configuration == before.configuration
    assert torch.equal(after.weights["weight"], before.weights["weight"])
    assert not torch.equal(after.weights["head_weight"], before.weights["head_weight"])
    written = json.loads((tmp_path / "run" / "configuration.json").read_text())
    assert list(written["source"].values()) == before.fingerprints()


def test_a_configuration_file_can_say_what_is_tuned_and_change_the_inputs(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("tune = 'inputs'\n[network]\ntime_input = true\n")
    assert reuse(source, tmp_path / "run", "--config", str(path)) == 0
    written = json.loads((tmp_path / "run" / "configuration.json").read_text())
    assert written["tune"] == "inputs"
    assert (written["network"]["time_input"], written["network"]["units"]) == (True, 3)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--units", "4"], "units 3, the new ones 4"),
        (["--subjects", "3"], "no subject 2"),
        (["--tune", "body"], "--tune"),
        (["--from", "nowhere"], "no network file at nowhere"),
    ],
)
def test_what_cannot_be_reused_gets_one_sentence(
    words: list[str], named: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    if "--from" in words:
        assert main(["train", "volatility", *TINY, *words, "--out", str(out)]) == 2
    else:
        assert reuse(source, out, *words) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.count("\n") == 1
    assert not out.exists()

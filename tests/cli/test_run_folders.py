"""A network given as the folder of its training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from pfc_metarl.cli import probe
from pfc_metarl.cli.main import main

TINY = ["--subjects", "2", "--updates", "2", "--episodes", "2", "--trials", "4", "--quiet"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Train in a folder of its own, where the commands are then typed."""
    monkeypatch.chdir(tmp_path)
    assert main(["train", "two-armed-bandit", *TINY, "--units", "3", "--out", "runs/a"]) == 0
    return "runs/a"


def test_record_takes_a_run_folder(run: str) -> None:
    words = ["record", run, "two-armed-bandit", "--trials", "4", "--episodes", "2", "--quiet", "--out", "recording.nc"]
    assert main(words) == 0
    with xr.open_dataset("recording.nc") as recording:
        assert (recording.sizes["subject"], recording.sizes["unit"]) == (2, 3)


def test_probe_takes_a_run_folder(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    probed = []
    monkeypatch.setattr(probe, "probe", lambda population, *_, **__: probed.append(population.configuration.units))
    assert main(["probe", run, "--task", "two-armed-bandit", "--quiet"]) == 0
    assert probed == [3]


def test_train_from_takes_a_run_folder(run: str) -> None:
    assert main(["train", "volatility", *TINY, "--from", run, "--out", "runs/b"]) == 0


def test_export_takes_a_run_folder(run: str) -> None:
    assert main(["export", run, "--to", "torch", "--subject", "0", "--quiet", "--out", "subject.safetensors"]) == 0
    assert Path("subject.md").exists()


def test_a_run_that_did_not_end_is_no_network_yet(
    taking: Callable[[str], list[str]], run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(run, "network.safetensors").unlink()
    assert main(taking(run)) == 2
    complaint = capsys.readouterr().err
    assert "runs/a holds no network.safetensors" in complaint
    assert "--resume" in complaint
    assert complaint.count("\n") == 1

"""The folder of a run: nothing is overwritten unasked, nothing half-written is left, a kill loses nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError, OutputError, StoredFileError, UnknownNameError
from pfc_metarl.base.files import make_folder, write_atomically
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population, read_tensors
from pfc_metarl.tasks.registry import make_task

FILES = {"configuration.json", "metrics.jsonl", "checkpoint.safetensors", "network.safetensors"}


def trained(out: Path | None, updates: int = 12, units: int = 4, trials: int = 3, **asked: Any) -> Population:
    return train(
        make_task("two-armed-bandit", trials=trials),
        subjects=asked.pop("subjects", 2),
        network=NetworkConfiguration(units=units),
        training=TrainingConfiguration(updates=updates, episodes=2, checkpoint_every=asked.pop("checkpoint_every", 5)),
        out=out,
        quiet=True,
        **asked,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_leaves_its_four_files(tmp_path: Path) -> None:
    population = trained(tmp_path / "deep" / "run")
    folder = RunFolder(tmp_path / "deep" / "run")
    assert set(contents(folder.path)) == FILES
    settings = json.loads(folder.configuration.read_text())
    assert settings["task"]["name"] == "two-armed-bandit"
    assert settings["task"]["trials"] == 3
    assert settings["network"]["units"] == 4
    assert settings["training"]["updates"] == 12
    assert settings["subjects"] == [0, 1]
    stored, origin = load_population(folder.network)
    assert stored.fingerprints() == population.fingerprints()
    assert origin == settings
    metrics = folder.read_metrics()
    updates = [line["update"] for line in metrics]
    assert updates == sorted(set(updates))
    assert updates[-1] == 12
    for name in ("reward", "regret", "loss", "entropy", "gradient_norm"):
        assert len(metrics[0][name]) == 2, name


def test_the_trained_population_is_at_rest(tmp_path: Path) -> None:
    for weight in trained(tmp_path).weights.values():
        assert not weight.requires_grad
        assert weight.is_leaf


def test_keeping_nothing_gives_the_same_network(tmp_path: Path) -> None:
    assert trained(None).fingerprints() == trained(tmp_path).fingerprints()


def test_a_run_is_not_replaced_unasked(tmp_path: Path) -> None:
    trained(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=r"--resume.*--overwrite"):
        trained(tmp_path)
    with pytest.raises(OutputError):
        trained(tmp_path, units=5)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["network.safetensors", "checkpoint.safetensors"])
def test_a_network_without_its_configuration_is_not_taken_for_this_run(tmp_path: Path, name: str) -> None:
    """A copied network in the folder is neither returned as freshly trained nor trained further."""
    trained(tmp_path / "one", seed=1)
    other = tmp_path / "other"
    other.mkdir()
    (other / name).write_bytes((tmp_path / "one" / name).read_bytes())
    with pytest.raises(OutputError):
        trained(other, seed=2)


def test_an_overwritten_run_is_as_fresh(tmp_path: Path) -> None:
    trained(tmp_path / "a", units=6, updates=21)
    replaced, fresh = trained(tmp_path / "a", overwrite=True), trained(tmp_path / "b")
    assert replaced.fingerprints() == fresh.fingerprints()
    one, other = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert one.keys() == other.keys() == FILES
    for name in ("configuration.json", "metrics.jsonl"):
        assert one[name] == other[name]


@pytest.mark.parametrize(
    ("changed", "name"), [({"units": 5}, "network.units"), ({"trials": 4}, "task.trials"), ({"seed": 3}, "seed")]
)
def test_resuming_with_other_settings_is_refused(tmp_path: Path, changed: dict[str, Any], name: str) -> None:
    trained(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(ConfigurationError, match=name) as error:
        trained(tmp_path, resume=True, **changed)
    assert "\n" not in str(error.value)
    assert contents(tmp_path) == before


def test_resuming_with_other_subjects_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    with pytest.raises(ConfigurationError, match="subjects"):
        trained(tmp_path, resume=True, subjects=3)


def test_resuming_a_finished_run_gives_its_network_and_changes_nothing(tmp_path: Path) -> None:
    population = trained(tmp_path)
    before = contents(tmp_path)
    assert trained(tmp_path, resume=True).fingerprints() == population.fingerprints()
    assert contents(tmp_path) == before


def test_resuming_where_nothing_stands_starts_a_run(tmp_path: Path) -> None:
    assert trained(tmp_path / "new", resume=True).fingerprints() == trained(None).fingerprints()


def test_resume_and_overwrite_exclude_each_other(tmp_path: Path) -> None:
    trained(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(ConfigurationError, match="exclude"):
        trained(tmp_path, resume=True, overwrite=True)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"device": "tpu"}, ConfigurationError),
        ({"subjects": 0}, ConfigurationError),
        ({"subjects": [-1]}, ConfigurationError),
        ({"subjects": [3, 3]}, ConfigurationError),
        ({"seed": -1}, ConfigurationError),
    ],
)
def test_what_cannot_be_run_is_refused_and_leaves_no_folder(
    tmp_path: Path, asked: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        trained(tmp_path / "run", **asked)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_an_unknown_task_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"three-armed.*two-armed-bandit"):
        train("three-armed", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_damaged_configuration_is_said_to_be_so(tmp_path: Path) -> None:
    trained(tmp_path)
    (tmp_path / "configuration.json").write_text("{")
    with pytest.raises(StoredFileError, match=r"configuration\.json"):
        trained(tmp_path, resume=True)


def test_a_damaged_checkpoint_is_said_to_be_so(tmp_path: Path) -> None:
    trained(tmp_path)
    (tmp_path / "network.safetensors").unlink()
    whole = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(whole[:-20])
    with pytest.raises(StoredFileError, match=r"checkpoint\.safetensors"):
        trained(tmp_path, resume=True)
    trained(tmp_path / "larger", units=5)
    (tmp_path / "checkpoint.safetensors").write_bytes((tmp_path / "larger" / "checkpoint.safetensors").read_bytes())
    with pytest.raises(StoredFileError, match="not a checkpoint of this network"):
        trained(tmp_path, resume=True)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    # Permission bits do not bind root, so the place is below a regular file.
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match="cannot write") as error:
            trained(out)
        assert "\n" not in str(error.value)
    with pytest.raises(OutputError):
        make_folder(tmp_path / "file" / "run")
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "missing" / "name", b"")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "name", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="no space left"):
        write_atomically(tmp_path / "name", b"new")
    assert contents(tmp_path) == {"name": b"old"}


def test_metrics_drop_a_torn_last_line_and_later_reports_win(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.read_metrics() == []
    for update, reward in ((1, 0.1), (11, 0.2), (21, 0.3), (11, 0.4)):
        folder.report({"update": update, "reward": [reward]})
    with folder.metrics.open("a") as file:
        file.write('{"update": 31, "rew')
    assert folder.read_metrics() == [
        {"update": 1, "reward": [0.1]},
        {"update": 11, "reward": [0.4]},
        {"update": 21, "reward": [0.3]},
    ]


def test_a_report_after_a_torn_line_is_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.report({"update": 1})
    with folder.metrics.open("a") as file:
        file.write('{"update": 11, "rew')
    folder.report({"update": 11})
    folder.report({"update": 21})
    assert [line["update"] for line in folder.read_metrics()] == [1, 11, 21]


VICTIM = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.tasks.registry import make_task
train(
    make_task("two-armed-bandit", trials=3), subjects=2, network=NetworkConfiguration(units=4),
    training=TrainingConfiguration(updates=150, episodes=2, checkpoint_every=1),
    out=Path(sys.argv[1]), resume=True, quiet=True,
)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_leaves_only_whole_files_and_resumes_bit_for_bit(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    rng = random.Random(11)
    reached = 0
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", VICTIM, str(folder.path)])
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and process.poll() is None:
                if folder.checkpoint.exists() and read_tensors(folder.checkpoint)[1]["update"] > reached:
                    break
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.1))
        finally:
            process.kill()
            process.wait()
        for path in folder.path.glob("*.safetensors"):
            tensors, header = read_tensors(path)
            assert all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())
        assert header["update"] > reached if "update" in header else True
        reached = read_tensors(folder.checkpoint)[1]["update"]
        json.loads(folder.configuration.read_text())
        folder.read_metrics()
    assert reached >= 2
    resumed = trained(folder.path, updates=150, checkpoint_every=1, resume=True)
    whole = trained(tmp_path / "whole", updates=150, checkpoint_every=1)
    assert resumed.fingerprints() == whole.fingerprints()
    assert folder.read_metrics() == RunFolder(tmp_path / "whole").read_metrics()
    assert {path.name for path in folder.path.iterdir() if not path.name.startswith(".")} == FILES


def test_leftovers_of_a_killed_write_are_swept_away_on_resuming(tmp_path: Path) -> None:
    trained(tmp_path)
    (tmp_path / ".checkpoint.safetensors.ab12cd.partial").write_bytes(b"half")
    trained(tmp_path, resume=True)
    assert set(contents(tmp_path)) == FILES

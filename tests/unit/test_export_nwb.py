"""Recordings as NWB and for pynapple, read again by the libraries that others read them with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pynapple
import pynwb
import pytest
import xarray as xr
from nwbinspector import Importance, inspect_nwbfile

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.errors import ConfigurationError, OutputError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.export import nwb_stream
from pfc_metarl.export.nwb import write_nwb
from pfc_metarl.export.pynapple_objects import to_pynapple, write_pynapple
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.recording.files import save_recording
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.streaming import open_recording
from pfc_metarl.tasks.registry import make_task

MADE = datetime(2025, 3, 1, 12, tzinfo=UTC)

# With phases; with trials of unequal length and episodes that end early.
TASKS: dict[str, dict[str, Any]] = {"two-step": {"trials": 12}, "harlow": {"trials": 4}}


def make_recording(task: str, **settings: Any) -> xr.Dataset:
    world = make_task(task, **settings)
    network = NetworkConfiguration(units=8).seeing(world)
    streams = Streams(1, (0, 2))
    population = Population.draw(network, input_size(world, network), world.actions, streams)
    recording = record(freeze(population), world, episodes=4, seed=3)
    return recording.drop_vars("observation") if task == "harlow" else recording


@pytest.fixture(scope="module", params=TASKS)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[xr.Dataset]:
    """A recording as a user has it: opened from its file."""
    path = tmp_path_factory.mktemp("recordings") / "recording.nc"
    save_recording(path, make_recording(request.param, **TASKS[request.param]))
    with open_recording(path) as recording:
        yield recording


def taken(recording: xr.Dataset, name: str) -> np.ndarray:
    """A variable of subject 2 at the steps that took place."""
    own = recording.sel(subject=2)
    return own[name].values[own["valid"].values]


def times(recording: xr.Dataset, step_seconds: float) -> np.ndarray:
    return np.flatnonzero(recording["valid"].sel(subject=2).values) * step_seconds


def test_nwb_passes_the_validator_and_the_inspector(opened: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "subject.nwb"
    write_nwb(opened, path, subject=2, session_start=MADE)
    assert pynwb.validate(path=str(path)) == []
    found = list(inspect_nwbfile(nwbfile_path=str(path)))
    worse = [message for message in found if message.importance != Importance.BEST_PRACTICE_SUGGESTION]
    assert not worse, worse


def test_nwb_holds_what_was_recorded(opened: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small chunks and buffers, so that several episodes and parts of episodes meet in each.
    monkeypatch.setattr(nwb_stream, "CHUNK_BYTES", 300)
    monkeypatch.setattr(nwb_stream, "PIECE_BYTES", 1000)
    path = tmp_path / "subject.nwb"
    told: list[int] = []
    write_nwb(opened, path, subject=2, step_seconds=0.5, session_start=MADE, advance=told.append)
    names = [str(name) for name in opened.data_vars if name != "valid"]
    assert sum(told) == sum(taken(opened, name).nbytes for name in names)
    with pynwb.NWBHDF5IO(path, "r") as stored:
        file = stored.read()
        series = {**file.processing["misc"].data_interfaces, **file.processing["behavior"].data_interfaces}
        for name in names:
            np.testing.assert_array_equal(series[name].data[:], taken(opened, name))
            np.testing.assert_allclose(series[name].get_timestamps(), times(opened, 0.5))
        assert list(series["units"].id[:]) == list(range(8))
        assert file.epochs["steps"][:].sum() == len(times(opened, 0.5))
        assert file.trials["reward"][:].sum() == pytest.approx(taken(opened, "reward").sum(), rel=1e-5)


def test_what_is_wider_than_long_stands_in_parts(tmp_path: Path) -> None:
    """4 episodes of 1 step, 8 units: an inspector would take the axes to be swapped."""
    recording = make_recording("two-armed-bandit", trials=1)
    path = tmp_path / "subject.nwb"
    write_nwb(recording, path, subject=2, session_start=MADE)
    assert pynwb.validate(path=str(path)) == []
    assert not [found for found in inspect_nwbfile(nwbfile_path=str(path)) if found.importance == Importance.CRITICAL]
    with pynwb.NWBHDF5IO(path, "r") as stored:
        series = stored.read().processing["misc"].data_interfaces
        assert "hidden" not in series
        parts = [series[name].data[:] for name in ("hidden_0", "hidden_4")]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), taken(recording, "hidden"))
        assert "recurrent unit" in series["hidden_4"].description


def test_nwb_says_what_it_is(tmp_path: Path) -> None:
    recording = make_recording("two-armed-bandit", trials=3)
    identifiers = []
    for subject in (2, 2, 0):
        write_nwb(recording, tmp_path / "subject.nwb", subject, session_start=MADE)
        with pynwb.NWBHDF5IO(tmp_path / "subject.nwb", "r") as stored:
            file = stored.read()
            identifiers.append(file.identifier)
            assert file.session_start_time == MADE
            assert "two-armed-bandit" in file.session_description
            assert recording.attrs["weight_hashes"][subject // 2] in file.experiment_description
            assert "1 step lasts 1 s" in file.notes
            assert file.was_generated_by[0][0] == "pfc_metarl"
            assert file.subject.subject_id == f"subject-{subject}"
            assert "no organism" in file.subject.description
    assert identifiers[0] == identifiers[1] != identifiers[2]


def test_the_trials_of_nwb_are_the_tasks(tmp_path: Path) -> None:
    recording = make_recording("two-step", trials=12)
    write_nwb(recording, tmp_path / "subject.nwb", subject=0)
    own = recording.sel(subject=0)
    with pynwb.NWBHDF5IO(tmp_path / "subject.nwb", "r") as stored:
        trials = stored.read().trials.to_dataframe()
    assert len(trials) == 4 * 12
    np.testing.assert_array_equal(trials["choice_phase_1"], own["choice"].values[:, 1::3].ravel())
    np.testing.assert_array_equal(trials["common_phase_2"], own["common"].values[:, 2::3].ravel())
    np.testing.assert_array_equal(trials["phase_2_time"], trials["start_time"] + 2)


def test_pynapple_loads_nwb(opened: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "subject.nwb"
    write_nwb(opened, path, subject=2, session_start=MADE)
    loaded = pynapple.load_file(path)
    assert isinstance(loaded["hidden"], pynapple.TsdFrame)
    np.testing.assert_array_equal(loaded["hidden"].values, taken(opened, "hidden"))
    with pytest.warns(UserWarning, match="Removing 1 microsecond"):
        trials = loaded["trials"]
    assert isinstance(trials, pynapple.IntervalSet)
    first = loaded["choice"].restrict(trials[0])
    assert len(first) == trials["steps"].values[0]
    loaded.close()


def test_a_pynapple_folder_holds_what_was_recorded(opened: xr.Dataset, tmp_path: Path) -> None:
    write_pynapple(opened, tmp_path / "folder", step_seconds=0.5)
    folder = pynapple.load_folder(tmp_path / "folder")
    assert list(folder.keys()) == ["subject-0", "subject-2"]
    objects = to_pynapple(opened, 2, step_seconds=0.5)
    for name, kept in objects.items():
        stored = folder["subject-2"][name]
        assert type(stored) is type(kept)
        np.testing.assert_array_equal(stored.values, kept.values)
        if name not in ("trials", "episodes"):
            np.testing.assert_array_equal(stored.values, taken(opened, name))
            np.testing.assert_allclose(stored.times(), times(opened, 0.5))
    with pytest.raises(OutputError, match="a folder of this name is there"):
        write_pynapple(opened, tmp_path / "folder")


@pytest.mark.filterwarnings("error:.*microsecond")
def test_pynapple_keeps_trials_apart() -> None:
    recording = make_recording("two-step", trials=12)
    objects = to_pynapple(recording, 0)
    choices = recording["choice"].sel(subject=0).values.reshape(-1, 3)
    assert len(objects["trials"]) == len(choices)
    for trial in (0, 11, 12, 47):
        np.testing.assert_array_equal(objects["choice"].restrict(objects["trials"][trial]).values, choices[trial])
    second = objects["choice"].restrict(objects["episodes"][1]).values
    np.testing.assert_array_equal(second, recording["choice"].sel(subject=0, episode=1).values)


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = make_recording("two-armed-bandit", trials=3)
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(ConfigurationError, match=r'pynwb is not installed: pip install "pfc-metarl\[nwb\]"'):
        write_nwb(recording, tmp_path / "subject.nwb", 0)
    assert not list(tmp_path.iterdir())
    monkeypatch.setitem(sys.modules, "pynapple", None)
    with pytest.raises(ConfigurationError, match=r'pynapple is not installed: pip install "pfc-metarl\[nwb\]"'):
        to_pynapple(recording, 0)


def test_a_failed_nwb_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> np.ndarray:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nwb_stream.StepStream, "_get_data", fail)
    with pytest.raises(OutputError, match="no space left"):
        write_nwb(make_recording("two-armed-bandit", trials=3), tmp_path / "subject.nwb", 0)
    assert not list(tmp_path.iterdir())

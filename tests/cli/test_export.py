"""``pfc-metarl export`` as a user runs it: a bundled network recorded, then every format."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pynapple
import pytest
import xarray as xr

from pfc_metarl.cli.main import main
from pfc_metarl.recording.files import save_recording
from pfc_metarl.studies.registry import STUDIES


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figure 1's networks, recorded by the command line."""
    path = tmp_path_factory.mktemp("recordings") / "recording.nc"
    assert (
        main(["record", "fig1/independent", "two-armed-bandit", "--episodes", "3", "--quiet", "--out", str(path)]) == 0
    )
    return path


@pytest.fixture(scope="module")
def nested(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Groups within groups, as those of figure 1, and one that holds no steps."""
    path = tmp_path_factory.mktemp("nested") / "recording.nc"
    with xr.open_dataset(recording) as whole:
        one = whole.isel(subject=[0]).load().assign_attrs(weight_hashes=[whole.attrs["weight_hashes"][0]])
    curve = xr.Dataset({"performance": (("subject", "point"), [[0.5, 0.6]])})
    save_recording(path, {"trained/problem": one, "trained/mirrored": one.isel(episode=[0]), "curves": curve})
    return path


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of groups without steps, as that of learners that are no networks."""
    path = tmp_path_factory.mktemp("lives") / "recording.nc"
    save_recording(path, {"maze-dqn": xr.Dataset({"performance": (("subject", "point"), [[0.5, 0.6]])})})
    return path


@pytest.fixture(scope="module")
def grouped(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings in one file, as those of ``reproduce``."""
    path = tmp_path_factory.mktemp("grouped") / "recording.nc"
    with xr.open_dataset(recording) as whole:
        hashes = whole.attrs["weight_hashes"]
        parts = {"first": [0], "second": [1, 2]}
        taken = {
            name: whole.isel(subject=subjects).load().assign_attrs(weight_hashes=[hashes[k] for k in subjects])
            for name, subjects in parts.items()
        }
    save_recording(path, taken)
    return path


def test_one_nwb_file_per_subject(
    recording: Path, grouped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(grouped), "--group", "second", "--to", "nwb", "--out", str(tmp_path / "new" / "fig1.nwb")]
    assert main(words) == 0
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["fig1-subject-1.nwb", "fig1-subject-2.nwb"]
    assert capsys.readouterr().out.splitlines() == [f"wrote {file}" for file in files]
    loaded = pynapple.load_file(files[1])
    assert loaded.nwb.session_id == "two-armed-bandit-second-seed-0"
    with xr.open_dataset(recording) as whole:
        np.testing.assert_array_equal(loaded["hidden"].values, whole["hidden"].sel(subject=2).values.reshape(-1, 48))
        assert whole.attrs["weight_hashes"][2] in loaded.nwb.experiment_description
    loaded.close()


def test_one_subject_has_the_files_own_name(recording: Path, tmp_path: Path) -> None:
    words = ["--to", "nwb", "--subject", "2", "--step-seconds", "0.25", "--quiet", "--out", str(tmp_path / "two.nwb")]
    assert main(["export", str(recording), *words]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["two.nwb"]
    loaded = pynapple.load_file(tmp_path / "two.nwb")
    assert loaded["reward"].times()[-1] == pytest.approx(299 * 0.25)
    loaded.close()


def test_a_table_of_each_kind_and_a_folder(recording: Path, tmp_path: Path) -> None:
    for kind, words in {"csv": [], "parquet": ["--activity"], "pynapple": ["--subject", "1"]}.items():
        out = tmp_path / f"fig1.{kind}"
        assert main(["export", str(recording), "--to", kind, *words, "--quiet", "--out", str(out)]) == 0
    text, binary = pd.read_csv(tmp_path / "fig1.csv"), pd.read_parquet(tmp_path / "fig1.parquet")
    assert len(text) == len(binary) == 8 * 3 * 100
    assert set(binary) - set(text) == {f"{name}_{unit}" for name in ("hidden", "cell") for unit in range(48)}
    with xr.open_dataset(recording) as whole:
        np.testing.assert_array_equal(text["choice"], whole["choice"].values.ravel())
        np.testing.assert_array_equal(binary["cell_7"], whole["cell"].values[..., 7].ravel())
        folder = pynapple.load_folder(tmp_path / "fig1.pynapple")
        np.testing.assert_array_equal(folder["subject-1"]["value"].values, whole["value"].sel(subject=1).values.ravel())


def test_a_network_becomes_weights_with_a_guide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "subject.safetensors"
    assert main(["export", "fig1/independent", "--to", "torch", "--subject", "0", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"wrote {out} and {tmp_path / 'subject.md'}\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["subject.md", "subject.safetensors"]
    assert "two-armed-bandit" in (tmp_path / "subject.md").read_text()


def test_the_first_group_is_taken_and_the_others_are_named(
    grouped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(grouped), "--to", "csv", "--out", str(tmp_path / "first.csv")]) == 0
    assert capsys.readouterr().out.startswith("exported group 'first'; --group chooses among first, second\n")
    assert (
        main(["export", str(grouped), "--to", "csv", "--group", "second", "--out", str(tmp_path / "second.csv")]) == 0
    )
    assert set(pd.read_csv(tmp_path / "first.csv")["subject"]) == {0}
    assert set(pd.read_csv(tmp_path / "second.csv")["subject"]) == {1, 2}


def test_groups_within_groups_are_named_by_their_path(
    nested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.csv"
    assert main(["export", str(nested), "--to", "csv", "--out", str(out)]) == 0
    named = "exported group 'trained/problem'; --group chooses among trained/problem, trained/mirrored\n"
    assert capsys.readouterr().out.startswith(named)
    assert pd.read_csv(out)["episode"].nunique() == 3
    words = ["export", str(nested), "--group", "trained/mirrored", "--to", "nwb", "--out", str(tmp_path / "one.nwb")]
    assert main(words) == 0
    loaded = pynapple.load_file(tmp_path / "one.nwb")
    assert loaded.nwb.session_id == "two-armed-bandit-trained-mirrored-seed-0", "a slash would divide a path"
    loaded.close()


BAD_INPUT = {
    "no such file": (
        ["none.nc", "--to", "csv"],
        "none.nc: cannot be read as a recording (there is no such file): check its path",
    ),
    "a folder": (
        ["folder", "--to", "csv"],
        "folder: cannot be read as a recording (it is a folder): give a file in it",
    ),
    "a truncated file": (
        ["short.nc", "--to", "csv"],
        "(the file is cut short): restore it from a copy or make it again",
    ),
    "a foreign netCDF": (["foreign.nc", "--to", "csv"], "holds no steps to export"),
    "not netCDF": (["words.nc", "--to", "csv"], "(it is no netCDF file): give a recording of 'pfc-metarl record'"),
    "network instead of recording": (["fig1/independent", "--to", "nwb"], "is a network, and nwb takes a recording"),
    "recording instead of network": (["RECORDING", "--to", "onnx"], "onnx takes a network"),
    "unknown format": (["RECORDING", "--to", "matlab"], "--to"),
    "unknown subject": (["RECORDING", "--to", "nwb", "--subject", "8"], "no subject 8 in this recording"),
    "unknown subject of a network": (["fig1/independent", "--to", "torch", "--subject", "8"], "no subject 8"),
    "group of an ungrouped file": (["RECORDING", "--to", "csv", "--group", "a"], "without groups"),
    "unknown group": (["GROUPED", "--to", "csv", "--group", "third"], "the groups with steps are first, second"),
    "group of groups": (
        ["NESTED", "--to", "csv", "--group", "trained"],
        "the groups with steps are trained/problem, trained/mirrored",
    ),
    "group without steps": (["NESTED", "--to", "csv", "--group", "curves"], "no group 'curves' with steps in"),
    "file without steps": (["LIVES", "--to", "csv"], "no axes subject, episode and step in it"),
    "file without steps, group": (["LIVES", "--to", "nwb", "--group", "maze-dqn"], "holds no steps to export"),
    "activity in NWB": (["RECORDING", "--to", "nwb", "--activity"], "--activity has no meaning with --to nwb"),
    "group of a network": (["fig1/independent", "--to", "onnx", "--group", "a"], "--group has no meaning"),
    "step without duration": (["RECORDING", "--to", "nwb", "--step-seconds", "0"], "--step-seconds is 0.0"),
}


@pytest.mark.parametrize(("words", "named"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    words: list[str],
    named: str,
    recording: Path,
    grouped: Path,
    nested: Path,
    lives: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf("foreign.nc", engine="h5netcdf")
    Path("words.nc").write_text("no netCDF")
    Path("folder").mkdir()
    whole = recording.read_bytes()
    Path("short.nc").write_bytes(whole[: len(whole) // 2])
    places = {"RECORDING": str(recording), "GROUPED": str(grouped), "NESTED": str(nested), "LIVES": str(lives)}
    assert main(["export", *(places.get(word, word) for word in words), "--out", "out/result"]) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.startswith("pfc-metarl: ")
    assert complaint.count("\n") == 1, complaint
    assert not [path for path in Path().glob("out/**/*") if path.is_file()]


def test_help_names_the_formats_and_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--help"]) == 0
    text = capsys.readouterr().out
    assert "pfc-metarl export recording.nc --to nwb --out recording.nwb" in text
    for kind in ("nwb", "pynapple", "csv", "parquet", "torch", "onnx"):
        assert f"\n  {kind} " in text


def test_the_documentation_tells_of_every_study_what_its_recording_holds() -> None:
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    rows = text.split("| groups |")[1].split("\n\n")[0].splitlines()[2:]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert sorted(named) == sorted(STUDIES)

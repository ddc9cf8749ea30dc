"""Where ``record``, ``probe`` and ``export`` may write: known before the work, and never over what they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pfc_metarl.cli import export, probe, recording
from pfc_metarl.cli.main import main
from pfc_metarl.studies.registry import bundled_networks

RECORD = ["record", "fig1/independent", "two-armed-bandit", "--trials", "5", "--episodes", "2", "--quiet"]
PROBE = ["probe", "fig1/independent", "--task", "two-armed-bandit", "--quiet"]
TORCH = ["export", "fig1/independent", "--to", "torch", "--subject", "0", "--quiet"]


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where the work that precedes the writing begins."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the work began before the output was looked at")

    for module, name in ((recording, "record"), (probe, "probe"), (export, "_write")):
        monkeypatch.setattr(module, name, refuse)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording, as its file's bytes."""
    path = tmp_path_factory.mktemp("recordings") / "recording.nc"
    assert main([*RECORD, "--out", str(path)]) == 0
    return path.read_bytes()


def complaint_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must be refused in one line."""
    assert main(words) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("pfc-metarl: ")
    assert complaint.count("\n") == 1, complaint
    return complaint


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("words", [RECORD, PROBE], ids=["record", "probe"])
@pytest.mark.parametrize("name", ["folder", "n" * 300], ids=["a folder", "a name too long"])
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    words: list[str], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    complaint = complaint_of([*words, "--out", str(tmp_path / name)], capsys)
    assert "cannot write" in complaint
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("kind", ["csv", "nwb"])
def test_an_export_is_refused_before_any_work(
    kind: str, recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recording.nc").write_bytes(recorded)
    (tmp_path / "folder").mkdir()
    words = ["export", str(tmp_path / "recording.nc"), "--to", kind, "--subject", "0"]
    assert "it is a folder" in complaint_of([*words, "--out", str(tmp_path / "folder")], capsys)
    assert "it is a folder" in complaint_of([*TORCH, "--out", str(tmp_path / "folder")], capsys)


def test_a_recording_is_not_exported_over_itself(
    recorded: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path("recording.nc")
    source.write_bytes(recorded)
    Path("link.nc").symlink_to(source)
    for kind in ("csv", "parquet"):
        for out in ("recording.nc", "link.nc", str(source.resolve())):
            words = ["export", "recording.nc", "--to", kind, "--out", out]
            assert "is what this command reads" in complaint_of(words, capsys)
    assert source.read_bytes() == recorded
    Path("recording-subject-1.nc").write_bytes(recorded)
    words = ["export", "recording-subject-1.nc", "--to", "nwb", "--out", "recording.nc"]
    assert "recording-subject-1.nc: it is what this command reads" in complaint_of(words, capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["export", "network.safetensors", "--to", "torch", "--subject", "0"],
        ["export", "network.safetensors", "--to", "onnx", "--subject", "0"],
        ["record", "network.safetensors", "two-armed-bandit"],
        ["probe", "network.safetensors", "--task", "two-armed-bandit"],
    ],
    ids=["torch", "onnx", "record", "probe"],
)
def test_a_network_is_not_written_over(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    network = bundled_networks()["fig1/independent"].read_bytes()
    Path("network.safetensors").write_bytes(network)
    complaint = complaint_of([*words, "--out", "network.safetensors"], capsys)
    assert "network.safetensors: it is what this command reads" in complaint
    assert Path("network.safetensors").read_bytes() == network


def test_a_donor_is_not_recorded_over(recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    donor = tmp_path / "donor.nc"
    donor.write_bytes(recorded)
    line = f"transplant-state donor={donor} steps=2"
    assert "is what this command reads" in complaint_of([*RECORD, "--intervene", line, "--out", str(donor)], capsys)
    assert donor.read_bytes() == recorded


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "words", [RECORD, ["export", "SOURCE", "--to", "csv"], TORCH], ids=["record", "export to csv", "export to torch"]
)
def test_what_is_there_already_stays_unless_it_is_to_be_replaced(
    words: list[str], recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source.nc").write_bytes(recorded)
    out = tmp_path / "result"
    out.write_text("mine")
    words = [str(tmp_path / "source.nc") if word == "SOURCE" else word for word in words]
    complaint = complaint_of([*words, "--out", str(out)], capsys)
    assert f"{out} is there already: replace it with --overwrite, or choose another place with --out" in complaint
    assert out.read_text() == "mine"


def test_overwrite_replaces_what_is_there(recorded: bytes, tmp_path: Path) -> None:
    (tmp_path / "source.nc").write_bytes(recorded)
    for name, words in {
        "again.nc": RECORD,
        "table.csv": ["export", str(tmp_path / "source.nc"), "--to", "csv", "--quiet"],
        "subject.safetensors": TORCH,
    }.items():
        out = tmp_path / name
        out.write_text("old")
        assert main([*words, "--out", str(out), "--overwrite"]) == 0
        assert out.read_bytes()[:3] != b"old"


def test_every_file_of_an_export_is_looked_at(
    recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source.nc").write_bytes(recorded)
    for name, words in {
        "subject-subject-3.nwb": ["export", str(tmp_path / "source.nc"), "--to", "nwb"],
        "subject-subject-4.md": ["export", "fig1/independent", "--to", "torch"],
    }.items():
        (tmp_path / name).write_text("mine")
        complaint = complaint_of([*words, "--out", str(tmp_path / f"subject.{words[-1]}")], capsys)
        assert f"{name} is there already" in complaint
        assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3, "nothing was written"


@pytest.mark.parametrize("name", ["file", "folder"])
def test_no_folder_is_replaced_by_one_for_pynapple(
    name: str, recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source.nc").write_bytes(recorded)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("mine")
    words = ["export", str(tmp_path / "source.nc"), "--to", "pynapple", "--out", str(tmp_path / name)]
    assert "choose another place with --out" in complaint_of(words, capsys)
    assert "--overwrite has no meaning with --to pynapple" in complaint_of([*words, "--overwrite"], capsys)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "file").read_text() == "mine"

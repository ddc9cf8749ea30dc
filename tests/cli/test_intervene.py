"""``--intervene`` of ``reproduce`` and ``record``: what a user types, and what comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.agents.language import INTERVENTIONS
from pfc_metarl.cli import reproduction
from pfc_metarl.cli.main import main
from pfc_metarl.studies.registry import STUDIES

BARCODES = ["record", "ritter2018-barcode-bandits/episodic", "barcode-bandit", "--episodes", "100", "--quiet"]

RECORD = ["record", "fig1/independent", "two-armed-bandit", "--trials", "10", "--episodes", "4", "--quiet"]

BAD_INPUT = {
    "unknown intervention": (["reproduce", "fig5", "--intervene", "lesoin units=0.3"], "unknown intervention 'lesoin'"),
    "no intervention": (["reproduce", "fig5", "--intervene", ""], "an intervention is empty"),
    "unknown setting": (["reproduce", "fig5", "--intervene", "lesion unit=0.3"], "unknown setting 'unit'"),
    "missing setting": (["reproduce", "fig5", "--intervene", "clamp units=3"], "lacks 'value'"),
    "bad value": (["reproduce", "fig5", "--intervene", "lesion units=2.5"], "from 0 to 1"),
    "unit beyond the network": (["reproduce", "fig5", "--intervene", "silence units=50"], "units 0 to 47"),
    "no prediction error": (["reproduce", "all", "--intervene", "shift-error amount=1"], "fig7"),
    "second of two": (["reproduce", "fig5", "--intervene", "lesion units=0.3", "--intervene", "x"], "'x'"),
    "untrained yet": (["reproduce", "fig5", "--retrain", "--intervene", "silence units=50"], "units 0 to 47"),
    "record, unknown": ([*RECORD, "--intervene", "lesoin"], "unknown intervention 'lesoin'"),
    "record, never": ([*RECORD, "--intervene", "reset-state steps=10-"], "steps 0 to 9"),
    "record, no donor": (
        [*RECORD, "--intervene", "transplant-state donor=none.nc"],
        "donor none.nc: cannot be read as a recording (there is no such file): check its path",
    ),
    "record, one epoch": ([*BARCODES, "--intervene", "shuffle-recall"], "record at least 2 epochs, 200 episodes"),
}


@pytest.mark.parametrize(("words", "named"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_gets_one_sentence_and_exit_code_2(
    words: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.startswith("pfc-metarl: ")
    assert complaint.count("\n") == 1, complaint
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_list_names_every_intervention_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text and example in text for name, (_, example) in INTERVENTIONS.items())


def test_a_recording_is_made_under_interventions_in_their_order(tmp_path: Path) -> None:
    out = tmp_path / "recording.nc"
    lines = ["clamp units=0-3 value=0.1", "clamp units=2-5 value=0.9 subjects=1"]
    assert main([*RECORD, "--out", str(out), "--intervene", lines[0], "--intervene", lines[1]]) == 0
    with xr.open_dataset(out, engine="h5netcdf") as recording:
        hidden = recording["hidden"].values
        assert recording.attrs["interventions"] == lines
    np.testing.assert_allclose(hidden[1, ..., :6], np.broadcast_to([0.1, 0.1, 0.9, 0.9, 0.9, 0.9], (4, 10, 6)))
    np.testing.assert_allclose(hidden[0, ..., :4], 0.1)


def test_a_recorded_state_can_be_transplanted(tmp_path: Path) -> None:
    donor, out = (tmp_path / f"{name}.nc" for name in ("donor", "out"))
    assert main([*RECORD, "--seed", "5", "--out", str(donor)]) == 0
    lines = [f"transplant-state donor={donor} steps=4", "freeze-state steps=4"]
    assert main([*RECORD, "--out", str(out), "--intervene", lines[0], "--intervene", lines[1]]) == 0
    with xr.open_dataset(donor, engine="h5netcdf") as given, xr.open_dataset(out, engine="h5netcdf") as taken:
        np.testing.assert_array_equal(taken["hidden"].values[:, :, 4], given["hidden"].values[:, :, 3])


def test_a_donor_that_is_no_recording_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    donor, out = tmp_path / "donor.nc", tmp_path / "out.nc"
    assert main([*RECORD, "--out", str(donor)]) == 0
    short, words = tmp_path / "short.nc", tmp_path / "words.nc"
    short.write_bytes(donor.read_bytes()[:2000])
    words.write_text("no netCDF")
    for line, named in {
        f"donor={short}": "short.nc: cannot be read as a recording (the file is cut short): restore",
        f"donor={words}": "words.nc: cannot be read as a recording (it is no netCDF file): give",
        f"donor={donor} group=other": "donor.nc, group 'other': cannot be read as a recording",
    }.items():
        assert main([*RECORD, "--out", str(out), "--intervene", f"transplant-state {line}"]) == 2
        complaint = capsys.readouterr().err
        assert named in complaint
        assert "Errno" not in complaint
        assert complaint.count("\n") == 1


def test_all_studies_are_shown_beside_their_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pfc_metarl.experiments.fig2 import score

    monkeypatch.setattr(score, "EVALUATION_EPISODES", 10)
    monkeypatch.setattr(score, "SHUFFLES", 4)
    monkeypatch.setattr(reproduction, "STUDIES", {"fig2": STUDIES["fig2"]})
    words = ["reproduce", "all", "--subjects", "2", "--out", str(tmp_path), "--intervene", "lesion units=0.3"]
    assert main(words) == 0
    assert (tmp_path / "fig2" / "comparison.png").exists()
    text = capsys.readouterr().out
    assert "control -> intervened" in text
    assert "replicated?" in text

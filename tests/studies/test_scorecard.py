"""The stored scorecard is the program's, and a verdict that moves is noticed."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pfc_metarl.base.errors import ScorecardError
from pfc_metarl.cli import scorecard
from pfc_metarl.cli.main import main
from pfc_metarl.cli.scorecard import markdown
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.scorecard import refuse_changes, stored_scorecard, write_scorecard


def test_every_claim_of_every_study_is_on_it() -> None:
    expected = [(name, claim.name) for name in STUDIES for claim in find_study(name).claims]
    stored = stored_scorecard()
    assert list(zip(stored["study"], stored["claim"], strict=True)) == expected


# Planners and index tables in thousands of worlds, over a minute together.
LONG = ("rl2-bandits", "rl2-mdps")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in STUDIES]
)
def test_the_bundled_networks_still_give_the_stored_verdicts(name: str, tmp_path: Path) -> None:
    path = tmp_path / "scorecard.csv"
    options = ["--check", "--write", str(path), "--studies", name, "--format", "csv", "--quiet"]
    # In a process of its own, where shapes are not checked: that takes half the time.
    program = [sys.executable, "-m", "pfc_metarl.cli.main", "scorecard", *options]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = pd.read_csv(io.StringIO(done.stdout), keep_default_na=False)
    written = pd.read_csv(path, keep_default_na=False)
    assert list(printed["study"].unique()) == [name]
    assert list(printed["verdict"]) == list(written[written["study"] == name]["verdict"])
    # All other rows are those that are stored.
    assert list(written["claim"]) == list(stored_scorecard()["claim"])
    # Last bits differ between machines; a mean that moves by a twentieth of itself is another result.
    assert list(written["mean"]) == pytest.approx(list(stored_scorecard()["mean"]), rel=0.05)


def test_an_unknown_study_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scorecard", "--check", "--studies", "fig9"]) == 2
    assert "fig9" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["verdict", "missing", "new"])
def test_a_verdict_that_moves_is_named(change: str) -> None:
    stored, measured = stored_scorecard(), stored_scorecard()
    if change == "verdict":
        measured.loc[2, "verdict"] = "partly"
    elif change == "missing":
        measured = measured.drop(index=2)
    else:
        stored = stored.drop(index=2)
    refuse_changes(stored, stored.copy())
    with pytest.raises(ScorecardError, match="claim 'correlated-regret' of fig1"):
        refuse_changes(stored, measured)


def test_writing_and_reading_is_the_identity(tmp_path: Path) -> None:
    write_scorecard(stored_scorecard(), tmp_path / "copy.csv")
    again = pd.read_csv(tmp_path / "copy.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(again, stored_scorecard())


def test_the_readme_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scorecard", "--format", "markdown"]) == 0
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out in readme


def test_a_cell_of_the_markdown_table_does_not_end_at_a_bar_within_it() -> None:
    header, _, *rows = markdown(stored_scorecard()).splitlines()
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in (header, *rows)}
    assert cells == {7}
    assert any(r"\|partial correlation\|" in row for row in rows)


@pytest.mark.parametrize("where", ["/proc/x.csv", "{folder}", "{folder}/none/x.csv", "{folder}/file/x.csv"])
def test_a_scorecard_that_cannot_be_written_is_refused_before_any_work(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(scorecard, "measure_scorecard", lambda *_: pytest.fail("evaluated all the same"))
    path = where.format(folder=tmp_path)
    assert main(["scorecard", "--write", path, "--studies", "fig1"]) == 2
    complaint = capsys.readouterr().err
    assert f"cannot write {path}" in complaint
    assert "--write" in complaint
    assert "--out" not in complaint
    assert complaint.count("\n") == 1


def test_each_format_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scorecard", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(stored_scorecard())
    assert main(["scorecard", "--format", "html"]) == 0
    assert capsys.readouterr().out.count("<tr") == len(stored_scorecard()) + 1
    assert main(["scorecard"]) == 0
    table = capsys.readouterr().out
    assert "not replicated" in table
    assert all(f"pfc-metarl reproduce {name}\n" in table for name in STUDIES)

"""What a command prints: into a pipe that somebody closes, onto a full disk, and where its arguments were forgotten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pfc_metarl.cli.main import VERBS, main

PROGRAM = [sys.executable, "-m", "pfc_metarl.cli.main"]


@pytest.mark.parametrize("words", [["list"], ["scorecard", "--format", "csv"], ["train", "two-step", "--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(
    words: list[str], unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    program = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == ""
    assert program.wait() == 141, "as a program that the closed pipe has ended"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [["scorecard"], ["list"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_told_in_one_line(words: list[str], unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("pfc-metarl: cannot write what was to be printed: no space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"list", "scorecard"}))
def test_a_verb_without_its_arguments_has_not_succeeded(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb]) == 2
    said = capsys.readouterr()
    assert f"usage: pfc-metarl {verb} " in said.err
    assert said.out == ""

"""docs/gymnasium.md tells the truth: what it shows is run as it stands, in order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pfc_metarl.cli.main import main

TEXT = (Path(__file__).parents[2] / "docs" / "gymnasium.md").read_text(encoding="utf-8")


def test_the_examples_run_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 4
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "docs/gymnasium.md", "exec"), names)
    assert "<xarray.DataArray 'reward' (subject: 2)>" in capsys.readouterr().out


def test_the_command_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = next(line for line in TEXT.splitlines() if line.startswith("pfc-metarl train gymnasium"))
    assert main([*shlex.split(command)[1:], "--quiet"]) == 0
    assert (tmp_path / "runs" / "lake" / "network.safetensors").exists()

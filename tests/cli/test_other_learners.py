"""What is no recurrent network is listed as such, and does not stop what is asked of all studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pfc_metarl.base.seeding import Streams
from pfc_metarl.cli import listing, reproduction
from pfc_metarl.cli.main import main
from pfc_metarl.meta_gradient.learners import GradientLearner
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.studies.registry import STUDIES, bundled_networks

WITH_NETWORKS, WITHOUT = "fig1", "slowness-inductive-bias"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """By study, how many subjects were asked for; nothing is evaluated, and nothing was before."""
    monkeypatch.chdir(tmp_path)
    subjects: dict[str, Any] = {}

    def reproduce(name: str, **options: Any) -> SimpleNamespace:
        subjects[name] = options["subjects"]
        claims = pd.DataFrame({name: ["replicated"] for name in ("verdict", "statement", "measured", "paper")})
        claims = claims.assign(reference="", failed="")
        return SimpleNamespace(claims=claims, comparison=None, folder=Path(), seconds=0.0)

    monkeypatch.setattr(reproduction, "reproduce", reproduce)
    monkeypatch.setattr(reproduction, "STUDIES", {name: STUDIES[name] for name in (WITH_NETWORKS, WITHOUT)})
    return subjects


def test_list_tells_networks_from_other_learners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learners = tmp_path / "maml.safetensors"
    MetaLearners.draw(GradientLearner(hidden=(4,)), Streams(0, [0])).save(learners, {})
    network = bundled_networks()["fig1/correlated"]
    monkeypatch.setattr(listing, "bundled_networks", lambda: {"fig1/correlated": network, "some-study/maml": learners})
    assert main(["list"]) == 0
    networks, others = capsys.readouterr().out.split("bundled networks (")[1].split("other bundled learners")
    assert "fig1/correlated" in networks
    assert "some-study/maml" not in networks
    assert "some-study/maml" in others
    assert "fig1/correlated" not in others


def test_list_does_not_speak_of_other_learners_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network = bundled_networks()["fig1/correlated"]
    monkeypatch.setattr(listing, "bundled_networks", lambda: {"fig1/correlated": network})
    assert main(["list"]) == 0
    assert "other bundled learners" not in capsys.readouterr().out


def test_of_all_studies_those_without_networks_are_evaluated_whole(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", "all", "--subjects", "2"]) == 0
    assert asked == {WITH_NETWORKS: 2, WITHOUT: None}
    said = [line for line in capsys.readouterr().out.splitlines() if "evaluated whole" in line]
    assert said == [f"{WITHOUT} has no networks to take 2 subjects of: it is evaluated whole"]


def test_a_study_that_is_asked_for_alone_gets_what_was_asked(asked: dict[str, Any]) -> None:
    assert main(["reproduce", WITHOUT, "--subjects", "2", "--quiet"]) == 0
    assert asked == {WITHOUT: 2}, "which it refuses itself"


@pytest.mark.parametrize("name", ["fine-tune/curves", "maml-rl/two-step", "episodic-control/maze-dqn"])
def test_what_takes_networks_refuses_other_learners_in_a_short_line(
    taking: Callable[[str], list[str]],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(taking(name)) == 2
    complaint = capsys.readouterr().err
    assert (
        "holds learners that are no recurrent networks: give one that 'pfc-metarl list' names among networks"
        in complaint
    )
    assert complaint.count("\n") == 1
    assert len(complaint) < 300
    assert "train it again" not in complaint


def test_a_checkpoint_is_no_network_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--subjects", "1", "--updates", "2", "--episodes", "2", "--trials", "4", "--units", "3", "--quiet"]
    assert main(["train", "two-armed-bandit", *tiny, "--out", str(tmp_path / "run")]) == 0
    assert main(["record", str(tmp_path / "run" / "checkpoint.safetensors"), "two-armed-bandit"]) == 2
    complaint = capsys.readouterr().err
    assert "is the checkpoint of a training: give the network.safetensors beside it" in complaint
    assert complaint.count("\n") == 1


def test_an_exported_subject_is_no_population(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "subject.safetensors")
    assert main(["export", "fig1/independent", "--to", "torch", "--subject", "0", "--quiet", "--out", out]) == 0
    assert main(["record", out, "two-armed-bandit"]) == 2
    assert "is a subject exported to torch: give the network" in capsys.readouterr().err

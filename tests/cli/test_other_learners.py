"""What is no recurrent network is listed as such, and does not stop what is asked of all studies."""

from __future__ import annotations

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

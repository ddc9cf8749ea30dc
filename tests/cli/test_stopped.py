"""After Ctrl-C: what a command says of going on is what it does when it is given again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pfc_metarl.cli import main as entry
from pfc_metarl.cli import reproduction
from pfc_metarl.cli.main import main
from pfc_metarl.studies.finished import finished_claims
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.reproduce import Reproduction, reproduce
from pfc_metarl.studies.study import Recipe

# A short study with networks, and one without any.
NAMES = ("fig5", "slowness-inductive-bias")


class Made(list[str]):
    """Names of the studies that are reproduced, in order; the one that is named in ``stop`` is stopped."""

    stop = ""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first study is finished."""
    folder = tmp_path_factory.mktemp("finished")
    reproduce("fig5", subjects=1, out=folder / "fig5", quiet=True)
    return folder


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    names = Made()
    results: dict[str, Reproduction] = {}

    def noted(name: str, **options: Any) -> Reproduction:
        names.append(name)
        if name == names.stop:
            raise KeyboardInterrupt
        return results.setdefault(name, reproduce(name, **options))

    monkeypatch.setattr(reproduction, "reproduce", noted)
    monkeypatch.setattr(reproduction, "STUDIES", {name: STUDIES[name] for name in NAMES})
    return names


def again(folder: Path, *options: str) -> int:
    return main(["reproduce", "all", "--subjects", "1", "--out", str(folder), *options])


def test_finished_studies_are_kept_and_the_others_made(
    finished: Path, tmp_path: Path, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished / "fig5", tmp_path / "fig5")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    made.stop = NAMES[1]
    assert again(tmp_path) == 130
    assert made == [NAMES[1]]
    said = capsys.readouterr()
    assert "fig5: finished before, kept (--overwrite makes it again)\n" in said.out
    assert said.err == "pfc-metarl: stopped; the same command keeps finished studies and starts this one anew\n"
    assert {path: path.stat().st_mtime_ns for path in before} == before
    made.stop = ""
    assert again(tmp_path) == 0
    made.clear()
    assert again(tmp_path) == 0
    assert made == []
    said = capsys.readouterr().out
    assert said.count("finished before, kept") == 3
    assert "all 2 studies in" in said
    assert "replicated" in said.splitlines()[-1], "claims of what was kept are counted"


OTHERS: dict[str, tuple[str, ...]] = {
    "overwritten": ("--overwrite",),
    "another seed": ("--seed", "2"),
    "other subjects": ("--subjects", "2"),
    "an intervention": ("--intervene", "lesion units=0.3"),
}


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS.keys())
def test_what_was_made_with_other_options_is_made_again(options: tuple[str, ...], finished: Path, made: Made) -> None:
    made.stop = "fig5"
    assert again(finished, *options) == 130
    assert made == ["fig5"]


def _version(content: dict[str, Any]) -> None:
    content["environment"]["versions"]["pfc-metarl"] = "0.0.1"


def _weights(content: dict[str, Any]) -> None:
    content["weight_hashes"]["two-step"] = ["0"]


def _settings(content: dict[str, Any]) -> None:
    content["configuration"]["two-step"]["training"]["updates"] += 1


@pytest.mark.parametrize("change", [_version, _weights, _settings])
def test_what_was_made_by_another_version_or_of_other_networks_is_made_again(
    change: Callable[[dict[str, Any]], None], finished: Path, tmp_path: Path, made: Made
) -> None:
    shutil.copytree(finished / "fig5", tmp_path / "fig5")
    path = tmp_path / "fig5" / "provenance.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    made.stop = "fig5"
    assert again(tmp_path) == 130
    assert made == ["fig5"]


@pytest.mark.parametrize("missing", ["figure.png", "provenance.json"])
def test_half_a_result_is_made_again(missing: str, finished: Path, tmp_path: Path, made: Made) -> None:
    shutil.copytree(finished / "fig5", tmp_path / "fig5")
    (tmp_path / "fig5" / missing).unlink()
    made.stop = "fig5"
    assert again(tmp_path) == 130
    assert made == ["fig5"]


def test_a_result_that_is_being_replaced_is_no_whole_one(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished / "fig5", tmp_path / "fig5")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pfc_metarl.studies.reproduce.write_claims", stopped)
    with pytest.raises(KeyboardInterrupt):
        reproduce("fig5", subjects=1, seed=2, out=tmp_path / "fig5", quiet=True)
    assert not (tmp_path / "fig5" / "provenance.json").exists()


def test_what_was_trained_is_kept_with_the_networks_that_stand_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = find_study("fig5")
    brief = {
        label: replace(recipe, training=recipe.training.model_copy(update={"updates": 2}))
        for label, recipe in study.presets["fast"].items()
        if isinstance(recipe, Recipe)
    }
    for module in ("reproduce", "finished"):
        monkeypatch.setattr(
            f"pfc_metarl.studies.{module}.find_study", lambda _: replace(study, presets={"fast": brief})
        )
    result = reproduce("fig5", retrain=True, subjects=1, out=tmp_path, quiet=True)
    asked: dict[str, Any] = {"preset": "fast", "seed": 1, "device": "cpu", "intervene": (), "out": tmp_path}
    kept = finished_claims("fig5", subjects=1, retrain=True, **asked)
    assert kept is not None
    assert list(kept["verdict"]) == list(result.claims["verdict"])
    assert finished_claims("fig5", subjects=1, retrain=False, **asked) is None
    assert finished_claims("fig5", subjects=2, retrain=True, **asked) is None
    next(tmp_path.glob("networks/*/network.safetensors")).unlink()
    assert finished_claims("fig5", subjects=1, retrain=True, **asked) is None


def test_a_study_alone_is_made_anew(finished: Path, made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.stop = "fig5"
    assert main(["reproduce", "fig5", "--subjects", "1", "--out", str(finished / "fig5")]) == 130
    assert made == ["fig5"]
    assert capsys.readouterr().err == "pfc-metarl: stopped; the same command starts anew\n"


ADVICE = {
    "record": (["record", "a", "b"], "the same command starts anew"),
    "train": (["train", "two-step"], "the same command with --resume goes on from the last checkpoint"),
    "train anew": (["train", "two-step", "--overwrite"], "with --resume instead of --overwrite goes on from"),
    "all, trained": (
        ["reproduce", "all", "--retrain"],
        "the same command keeps finished studies; in this one it keeps what is trained or lived to its end, and goes",
    ),
    "all, overwritten": (["reproduce", "all", "--overwrite"], "command without --overwrite keeps finished studies"),
    "one, trained": (
        ["reproduce", "fig1", "--retrain"],
        "keeps what is trained or lived to its end, and goes on with a training from its last checkpoint",
    ),
}


@pytest.mark.parametrize(("words", "advice"), ADVICE.values(), ids=ADVICE.keys())
def test_each_verb_tells_how_it_goes_on(
    words: list[str], advice: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "_dispatch", stopped)
    assert main(words) == 130
    complaint = capsys.readouterr().err
    assert advice in complaint
    assert complaint.count("\n") == 1

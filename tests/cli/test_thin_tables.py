"""Legal tables that hold little: what can be told is told, the rest is left out in a line, nothing is half-written."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pfc_metarl.analysis.learners import LEARNERS, Learner, learners_for
from pfc_metarl.cli.main import main
from pfc_metarl.recording import beliefs
from pfc_metarl.studies import people_measures

NETWORKS = {
    "two-armed-bandit": "fig1/independent",
    "two-step": "fig5/two-step",
    "foraging": "fig2/foraging",
    "volatility": "fig3/volatility",
}
ANALYSED = {"measures.csv", "by_subject.csv", "weights.csv", "learners.csv", "figure.png", "figure.svg"}
YOKED = {"regressors.csv", "yoked.nc", "likelihood.csv"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "EPISODES", 10)
    monkeypatch.setattr(beliefs, "SHUFFLES", 2)
    monkeypatch.setattr(people_measures, "SHUFFLES", 3)
    some: list[Learner] = [LEARNERS["win-stay-lose-shift"]]
    monkeypatch.setattr("pfc_metarl.cli.people.learners_for", lambda task, magnitudes: some)


def trials(people: int, length: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows = [
        {
            "subject": f"p{person}",
            "trial": trial,
            "choice": generator.integers(0, 2),
            "reward": generator.integers(0, 2),
            "common": int(generator.random() < 0.7),
            "block": "volatile" if 2 * trial > length else "stable",
        }
        for person in range(people)
        for trial in range(1, length + 1)
    ]
    return pd.DataFrame(rows)


def _each_rewarded_or_not() -> pd.DataFrame:
    table = trials(2, 8)
    return table.assign(reward=(table["subject"] == "p0").astype(int))


THIN: Mapping[str, Callable[[], pd.DataFrame]] = {
    "nobody rewarded": lambda: trials(3, 30).assign(reward=0),
    "everybody rewarded": lambda: trials(3, 30).assign(reward=1),
    "two trials": lambda: trials(3, 2),
    "fewer trials than lags": lambda: trials(3, 3),
    "more trials than some lags": lambda: trials(3, 6),
    "one person": lambda: trials(1, 30),
    "one side": lambda: trials(3, 30).assign(choice=1),
    "one always and one never rewarded": _each_rewarded_or_not,
}


def run(verb: str, task: str, table: pd.DataFrame, folder: Path) -> int:
    path = folder / "trials.csv"
    table.to_csv(path, index=False)
    words = [verb, str(path), "--task", task] if verb == "analyse" else [verb, NETWORKS[task], str(path)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return main([*words, "--out", str(folder / "out")])


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("out/*")}


@pytest.mark.parametrize("table", THIN.values(), ids=THIN.keys())
@pytest.mark.parametrize("task", NETWORKS)
def test_what_can_be_told_of_a_thin_table_is_told(
    task: str, table: Callable[[], pd.DataFrame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("analyse", task, table(), tmp_path) == 0
    assert written(tmp_path) == ANALYSED
    measures = pd.read_csv(tmp_path / "out" / "measures.csv").set_index("measure")
    untold = list(measures.index[measures["mean"].isna()])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("left out")]
    assert all(name in said[0] for name in untold)
    assert len(said) <= 1


@pytest.mark.parametrize("task", NETWORKS)
def test_of_one_trial_per_person_only_rewards_can_be_told(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("analyse", task, trials(3, 1), tmp_path)
    said = capsys.readouterr()
    if task == "two-step":
        assert code == 2
        assert "trials.csv" in said.err
        assert "two answered trials in a row" in said.err
        assert said.err.count("\n") == 1
        assert not written(tmp_path)
    else:
        assert code == 0
        (line,) = (line for line in said.out.splitlines() if line.startswith("left out"))
        assert all(name in line for name in ("stay, rewarded", "stay, unrewarded", "weights of past trials"))
        assert written(tmp_path) == ANALYSED


@pytest.mark.parametrize("task", NETWORKS)
@pytest.mark.parametrize("verb", ["analyse", "yoke"])
def test_a_table_without_any_answer_is_refused(
    verb: str, task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(verb, task, trials(3, 5).assign(choice=-1), tmp_path) == 2
    complaint = capsys.readouterr().err
    assert "trials.csv" in complaint
    assert "--columns choice=" in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("task", NETWORKS)
def test_networks_are_yoked_to_a_single_trial(task: str, tmp_path: Path) -> None:
    assert run("yoke", task, trials(2, 1), tmp_path) == 0
    assert written(tmp_path) == YOKED


@pytest.mark.parametrize("verb", ["analyse", "yoke"])
def test_nothing_is_written_where_learners_cannot_be_fitted(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heeding = learners_for("volatility", magnitudes=True)[-1:]
    monkeypatch.setattr("pfc_metarl.cli.people.learners_for", lambda task, magnitudes: heeding)
    table = trials(2, 30).assign(magnitude_0=10.0, magnitude_1=20.0)
    table.loc[4, "magnitude_0"] = np.nan
    assert run(verb, "volatility", table, tmp_path) == 2
    assert not written(tmp_path)


@pytest.mark.parametrize("verb", ["analyse", "yoke"])
def test_a_negative_seed_is_refused_before_anything_is_made(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trials.csv"
    trials(2, 10).to_csv(path, index=False)
    words = ["analyse", str(path), "--task", "bandit"] if verb == "analyse" else ["yoke", "fig1/independent", str(path)]
    assert main([*words, "--seed", "-1", "--out", str(tmp_path / "out")]) == 2
    assert "seed is -1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

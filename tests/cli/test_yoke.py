"""``yoke`` and ``analyse``: people's tables in, tables for their analyses out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pfc_metarl.analysis.learners import LEARNERS, Learner, learners_for
from pfc_metarl.cli.main import main
from pfc_metarl.cli.people import likelihood_table
from pfc_metarl.recording import beliefs
from pfc_metarl.studies import people_measures

COLUMNS = "choice=answer,session=run"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "EPISODES", 10)
    monkeypatch.setattr(beliefs, "SHUFFLES", 2)
    monkeypatch.setattr(people_measures, "SHUFFLES", 3)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three people with two runs of unequal length, who sometimes do not answer; columns for every task."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "subject": person,
            "run": run,
            "trial": trial,
            "answer": generator.integers(0, 2) if generator.random() < 0.9 else -1,
            "reward": generator.integers(0, 2),
            "common": int(generator.random() < 0.7),
            "block": "volatile" if run == "b" else "stable",
            "mood": "fine",
        }
        for person in ("p1", "p2", "p3")
        for run, length in (("a", 30), ("b", 25))
        for trial in range(1, length + 1)
    ]
    path = tmp_path / "trials.csv"
    pd.DataFrame(rows).sample(frac=1, random_state=1).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("network", ["fig1/independent", "fig2/foraging", "fig3/volatility", "fig5/two-step"])
def test_yoke_gives_regressors_that_merge_back(
    network: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["yoke", network, str(table), "--columns", COLUMNS, "--out", str(out), "--no-learners"]) == 0
    own, regressors = pd.read_csv(table), pd.read_csv(out / "regressors.csv")
    merged = own.merge(regressors, on=["subject", "run", "trial"], validate="one_to_one")
    assert len(merged) == len(own) == len(regressors)
    answered = merged["answer"] >= 0
    assert np.isfinite(merged[["value", "value_sd", "policy_0", "policy_1"]]).all(axis=None)
    np.testing.assert_array_equal(np.isfinite(merged["rpe_outcome"]), answered)
    np.testing.assert_array_equal(np.isfinite(merged["log_likelihood"]), answered)
    with xr.open_dataset(out / "yoked.nc") as yoked:
        assert dict(yoked.sizes) | {"action": 0, "belief": 0} == {
            "subject": 3, "network": 8, "episode": 2, "trial": 30, "action": 0, "unit": 48, "belief": 0,
        }  # fmt: skip
        assert np.isfinite(yoked["hidden"]).sum() == len(own) * 8 * 48
    text = capsys.readouterr().out
    assert "network, temperature fitted" in text
    assert "chance" in text


def test_fitted_learners_stand_beside_the_networks(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [LEARNERS[name] for name in ("rescorla-wagner", "win-stay-lose-shift")]
    monkeypatch.setattr("pfc_metarl.cli.people.learners_for", lambda task, magnitudes: some)
    words = ["yoke", "fig3/volatility", str(table), "--columns", COLUMNS, "--out", str(tmp_path), "--quiet"]
    assert main(words) == 0
    likelihood = pd.read_csv(tmp_path / "likelihood.csv")
    assert {"network", "network, temperature fitted", "rescorla-wagner", "win-stay-lose-shift"} <= set(
        likelihood["learner"]
    )
    assert (likelihood.groupby(["learner", "subject"])["choices"].first().groupby("subject").nunique() == 1).all()
    assert likelihood["network"].isna().equals(~likelihood["learner"].str.startswith("network"))


@pytest.mark.parametrize("shown", [False, True])
def test_learners_that_heed_magnitudes_are_fitted_where_these_were_shown(
    shown: bool, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shown:
        trials = pd.read_csv(table)
        trials["magnitude_0"], trials["magnitude_1"] = np.random.default_rng(1).integers(1, 100, (2, len(trials)))
        trials.to_csv(table, index=False)

    def compare_none(learners: list[Learner], trials: xr.Dataset, seed: int) -> pd.DataFrame:
        learners[0].sequences(trials)  # refuses trials without what the learner needs
        one = dict.fromkeys(("log_likelihood", "choices", "held_out", "parameters", "bic"), 1.0)
        return pd.DataFrame([{"subject": "p1", "learner": learners[0].name, **one}])

    monkeypatch.setattr("pfc_metarl.cli.people.compare", compare_none)
    words = ["analyse", str(table), "--task", "volatility", "--columns", COLUMNS, "--out", str(tmp_path / "out")]
    assert main([*words, "--quiet"]) == 0
    fitted = set(pd.read_csv(tmp_path / "out" / "learners.csv")["learner"])
    assert fitted == {learner.name for learner in learners_for("volatility", shown)}
    assert ("behrens-magnitudes" in fitted) == shown


@pytest.mark.parametrize("task", ["bandit", "two-step", "foraging", "volatility"])
def test_analyse_writes_measures_and_a_figure(
    task: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["analyse", str(table), "--task", task, "--columns", COLUMNS, "--out", str(out), "--no-learners"]
    assert main(words) == 0
    measures = pd.read_csv(out / "measures.csv").set_index("measure")
    expected = {
        "bandit": "stay, rewarded",
        "two-step": "model-based index",
        "foraging": "matching slope",
        "volatility": "learning rate, volatile - stable",
    }[task]
    assert np.isfinite(measures.loc[expected, ["null_low", "null_high"]].astype(float)).all()
    assert expected in capsys.readouterr().out
    assert len(pd.read_csv(out / "by_subject.csv")) == 3
    assert np.isfinite(pd.read_csv(out / "weights.csv")[["weight", "error"]]).all(axis=None)
    assert {path.name for path in out.iterdir()} >= {"figure.png", "figure.svg"}


BAD = {
    "no table": (["yoke", "fig1/independent"], "a network and a table"),
    "missing table": (["yoke", "fig1/independent", "none.csv"], "none.csv cannot be read"),
    "missing network": (["yoke", "none.safetensors", "TABLE"], "no network file"),
    "columns elsewhere": (["yoke", "fig1/independent", "TABLE"], "no column 'choice'"),
    "columns ill written": (["yoke", "fig1/independent", "TABLE", "--columns", "choice"], "OURS=YOURS"),
    "network of another kind": (["yoke", "fig6/harlow", "TABLE"], "'harlow' cannot be read"),
    "analyse without a task": (["analyse", "TABLE"], "--task"),
    "analyse another task": (["analyse", "TABLE", "--task", "harlow"], "'harlow' cannot be read"),
    "analyse nothing": (["analyse", "--task", "bandit"], "a table of trials first"),
    "two runs as one": (["analyse", "TABLE", "--task", "bandit", "--columns", "choice=answer"], "second time"),
}


@pytest.mark.parametrize(("words", "named"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_sentence_and_exit_code_2(
    words: list[str],
    named: str,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([str(table) if word == "TABLE" else word for word in words]) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.count("\n") == 1, complaint
    assert not (tmp_path / "results").exists()


def test_a_table_that_is_not_utf_8_is_to_be_saved_as_such(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table.write_bytes(table.read_bytes().replace(b"fine", "schön".encode("latin-1")))
    assert main(["analyse", str(table), "--task", "bandit", "--columns", COLUMNS, "--out", str(tmp_path / "out")]) == 2
    complaint = capsys.readouterr().err
    assert f"{table} cannot be read as a table (it is not UTF-8 text): save it as CSV in UTF-8" in complaint
    assert complaint.count("\n") == 1


def test_analyse_says_that_its_bandit_has_two_arms(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = pd.read_csv(table)
    trials.loc[0, "answer"] = 2
    trials.to_csv(table, index=False)
    assert main(["analyse", str(table), "--task", "bandit", "--columns", COLUMNS, "--out", str(tmp_path / "out")]) == 2
    assert "'2' is not understood: write 0, 1, left, right" in capsys.readouterr().err
    assert main(["analyse", "--help"]) == 0
    assert "0 or left, 1 or right; with yoke also 2, 3, ... where the network has more arms" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["yoke", "analyse"])
def test_help_shows_an_example_and_the_columns(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"pfc-metarl {verb} " in text
    assert "second_choice" in text


def test_somebody_who_never_answers_is_left_out_and_said(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = pd.read_csv(table)
    own.loc[own["subject"] == "p2", "answer"] = -1
    own.to_csv(table, index=False)
    words = ["analyse", str(table), "--task", "bandit", "--columns", COLUMNS, "--no-learners"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "left out, having answered nothing: subject p2" in capsys.readouterr().out
    assert set(pd.read_csv(tmp_path / "out" / "by_subject.csv")["subject"]) == {"p1", "p3"}


def test_a_learner_of_a_long_name_does_not_shift_the_numbers() -> None:
    names = ["win-stay-lose-shift", *(learner.name for learner in learners_for("volatility", magnitudes=True))]
    numbers = {"log_likelihood": -3.0, "choices": 5, "parameters": 2, "bic": 9.0, "held_out": -0.7}
    rows = pd.DataFrame([{"subject": "p1", "learner": name, **numbers} for name in names])
    _, heading, *lines = likelihood_table(rows, 2).splitlines()
    place = heading.index("parameters")
    assert max(map(len, names)) < place
    assert all(line[:place].strip() in {*names, "chance"} for line in lines)


def test_where_no_learner_can_be_fitted_there_is_no_empty_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, table = tmp_path / "run", tmp_path / "trials.csv"
    sizes = ["--subjects", "2", "--updates", "1", "--episodes", "2", "--trials", "4", "--units", "8", "--quiet"]
    assert main(["train", "two-armed-bandit", "--arms", "5", *sizes, "--out", str(network)]) == 0
    pd.DataFrame({"subject": 1, "trial": range(6), "choice": range(-1, 5), "reward": 1}).to_csv(table, index=False)
    capsys.readouterr()
    assert main(["yoke", str(network), str(table), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "?learner/s" not in said.err
    assert "no learner is fitted" in said.out

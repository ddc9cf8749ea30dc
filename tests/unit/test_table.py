"""Tables of people's trials: what is read, what is filled, and what is said about a wrong one."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pfc_metarl.base.errors import PfcMetaRLError, StoredFileError, TableError, UnknownNameError
from pfc_metarl.recording.columns import FAMILIES, KEYS, described
from pfc_metarl.recording.table import read_table, read_trials

BANDIT = """subject,session,trial,choice,reward
ann,1,2,1,0
ann,1,1,0,1
ann,2,1,,
bob,1,1,1,1
bob,1,2,-1,-1
bob,1,3,right,0.0
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "trials.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def test_sessions_are_padded_and_trials_put_in_order(write) -> None:
    trials = read_trials(write(BANDIT), "bandit")
    assert dict(trials.sizes) == {"subject": 2, "episode": 2, "trial": 3}
    assert list(trials["subject"].values) == ["ann", "bob"]
    np.testing.assert_array_equal(trials["choice"], [[[0, 1, -1], [-1, -1, -1]], [[1, -1, 1], [-1, -1, -1]]])
    np.testing.assert_array_equal(trials["reward"], [[[1, 0, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 0]]])
    np.testing.assert_array_equal(trials["valid"].sum("trial"), [[2, 0], [2, 0]])
    np.testing.assert_array_equal(trials["line"], [[[3, 2, 0], [4, 0, 0]], [[5, 6, 7], [0, 0, 0]]])
    np.testing.assert_array_equal(trials["session"], [[1, 2], [1, -1]])


@pytest.mark.parametrize("name", ["trials.csv", "trials.csv.gz"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_packed_tables_and_other_separators_are_the_same(write, name: str, separator: str) -> None:
    expected = read_trials(write(BANDIT, "plain.csv"), "two-armed-bandit")
    windows = "\ufeff" + BANDIT.replace(",", separator).replace("\n", "\r\n")
    xr.testing.assert_identical(read_trials(write(windows, name), "two-armed-bandit"), expected)


def test_values_go_back_beside_the_tables_own_columns(write) -> None:
    renamed = BANDIT.replace("subject,session", "who,day")
    table = read_table(write(renamed), "bandit", {"subject": "who", "session": "day"})
    tidy = table.tidy(table.trials[["choice", "reward"]].assign(half=table.trials["reward"] / 2))
    assert list(tidy.columns) == ["who", "day", "trial", "choice", "reward", "half"]
    assert list(tidy.index) == [2, 3, 4, 5, 6, 7]
    assert list(tidy["choice"]) == [1, 0, -1, 1, -1, 1]
    own = pd.read_csv(table_path := write(renamed, "again.csv"))
    merged = own.merge(tidy.astype({"day": int, "trial": int}), on=["who", "day", "trial"])
    assert len(merged) == len(own), table_path


def test_in_two_step_state_follows_from_the_transition_and_the_other_way_round(write) -> None:
    rows = "subject,trial,choice,{},reward\n1,1,0,{},1\n1,2,0,{},0\n1,3,1,{},1\n1,4,1,-1,-1\n"
    by_common = read_trials(write(rows.format("common", "common", "rare", 1)), "two-step")
    by_state = read_trials(write(rows.format("state", 0, 1, 1)), "two-step")
    xr.testing.assert_identical(by_common, by_state)
    np.testing.assert_array_equal(by_common["common"].values.ravel(), [True, False, True, False])
    np.testing.assert_array_equal(by_common["state"].values.ravel(), [0, 1, 1, -1])
    # The choice of the missed trial is not believed.
    np.testing.assert_array_equal(by_common["choice"].values.ravel(), [0, 0, 1, -1])


def test_in_volatility_the_side_that_paid_gives_the_reward(write) -> None:
    header = "subject,trial,choice,green,block,small,large\n"
    rows = header + "a,1,1.0,1,stable,.2,.3\na,2,0,1,volatile,.1,.9\na,3,,0,volatile,1,2\n"
    names = {"outcome": "green", "magnitude_0": "small", "magnitude_1": "large"}
    trials = read_trials(write(rows), "volatility", names)
    np.testing.assert_array_equal(trials["reward"].values.ravel(), [1, 0, 0])
    np.testing.assert_array_equal(trials["volatile"].values.ravel(), [False, True, True])
    np.testing.assert_array_equal(trials["magnitude_1"].values.ravel(), [0.3, 0.9, 2])
    np.testing.assert_array_equal(trials["valid"].values.ravel(), [True, True, False])


def test_further_arms_are_read_where_the_bandit_has_them(write) -> None:
    path = write(BANDIT.replace("ann,1,2,1,0", "ann,1,2,2,0"))
    assert read_trials(path, "bandit", arms=3)["choice"].max() == 2
    with pytest.raises(TableError, match="line 2, column 'choice': '2'"):
        read_trials(path, "bandit")


HEAD = "subject,trial,choice,common,reward\n"

WRONG = {
    "no such column": (
        "two-step",
        "subject,trial,choice,reward\n1,1,0,1\n",
        {},
        "no column 'common' or 'state'.*--columns",
    ),
    "renamed to nothing there": ("two-step", HEAD + "1,1,0,1,1\n", {"choice": "chosen"}, "no column 'chosen'"),
    "renamed from nothing known": ("two-step", HEAD + "1,1,0,1,1\n", {"chosen": "choice"}, "'chosen' is no column"),
    "not understood": (
        "two-step",
        HEAD + "1,1,0,1,1\n1,2,up,1,1\n",
        {},
        "line 3, column 'choice': 'up'.*0, 1, left, right",
    ),
    "reward in points": ("two-step", HEAD + "1,1,0,1,5\n", {}, "line 2, column 'reward': '5'"),
    "losses": ("two-step", HEAD + "1,1,0,1,1\n1,2,0,1,-1\n", {}, "line 3, column 'reward': '-1' means a missed"),
    "twice": (
        "two-step",
        HEAD + "1,1,0,1,1\n1,1,0,1,0\n",
        {},
        "line 3, column 'trial': '1' comes a second time.*session=",
    ),
    "no trial": ("two-step", HEAD + "1,,0,1,1\n", {}, "line 2, column 'trial': ''"),
    "nobody": ("two-step", HEAD + "1,1,0,1,1\n,2,0,1,1\n", {}, "line 3, column 'subject': '' is empty"),
    "too short": ("two-step", HEAD + "1,1,0,1,1\n1,2,0,1\n", {}, "line 3: 4 fields where the header has 5"),
    "no rows": ("two-step", HEAD, {}, "holds no trials"),
    "two alike": ("two-step", "subject,trial,choice,choice\n1,1,0,1\n", {}, "two columns 'choice'"),
    "contradiction": (
        "two-step",
        "subject,trial,choice,common,state,reward\n1,1,0,1,0,1\n1,2,0,1,1,1\n",
        {},
        "line 3, column 'state': '1' does not follow.*--columns state=",
    ),
    "other contradiction": (
        "volatility",
        "subject,trial,choice,outcome,reward\n1,1,0,0,1\n\n1,2,0,0,0\n",
        {},
        "line 4, column 'reward': '0'.*--columns outcome=",
    ),
}


@pytest.mark.parametrize(("task", "text", "columns", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_table_is_told_by_column_and_line(
    write, task: str, text: str, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(TableError, match=said) as raised:
        read_trials(write(text), task, columns)
    assert "\n" not in str(raised.value)


def test_a_column_can_be_left_out(write) -> None:
    text = "subject,trial,choice,common,state,reward\n1,1,0,1,7,1\n"
    assert read_trials(write(text), "two-step", {"state": ""})["state"].item() == 0


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x1f\x8b broken"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trials.csv.gz"
    path.write_bytes(content)
    with pytest.raises(StoredFileError, match="cannot be read as a table"):
        read_trials(path, "bandit")
    with pytest.raises(StoredFileError, match="no such file"):
        read_trials(tmp_path / "none.csv", "bandit")


def test_a_task_without_tables_is_named() -> None:
    with pytest.raises(UnknownNameError, match="harlow"):
        read_trials("any.csv", "harlow")
    assert issubclass(UnknownNameError, PfcMetaRLError)


def test_every_column_is_described_in_help_and_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()
    for name in (*KEYS, *(column for family in FAMILIES.values() for column in family.columns)):
        assert name in described()
        assert f"`{name}`" in page

"""Recordings as tables: steps, trials, episodes, CSV and Parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pfc_metarl.base.errors import ConfigurationError, OutputError
from pfc_metarl.export import tables
from pfc_metarl.export.output import written_whole
from pfc_metarl.export.steps import (
    episode_table,
    one_subject,
    step_table,
    subjects_of,
    tabular,
    trial_table,
)
from pfc_metarl.export.tables import write_csv, write_parquet

AXES = ("subject", "episode", "step")


def by_hand(**more: np.ndarray) -> xr.Dataset:
    """Subjects 3 and 7, two episodes of four steps; subject 7's second episode ends after two."""
    count = np.arange(16, dtype=np.int16).reshape(2, 2, 4)
    valid = np.ones((2, 2, 4), bool)
    valid[1, 1, 2:] = False
    policy = np.stack([count, 100 + count], axis=-1).astype(np.float32) / 3
    variables = {
        "choice": (AXES, count),
        "reward": (AXES, 10 * count.astype(np.float32)),
        "valid": (AXES, valid),
        "policy": ((*AXES, "action"), policy),
        "hidden": ((*AXES, "unit"), np.stack([count / 7, -count / 7, count / 9], axis=-1).astype(np.float32)),
        "observation": ((*AXES, "feature"), np.zeros((2, 2, 4, 65), np.float32)),
        **{name: (AXES, np.broadcast_to(values, (2, 2, 4)).astype(np.int16)) for name, values in more.items()},
    }
    attributes = {"task": "by-hand", "seed": 5, "weight_hashes": ["aaa", "bbb"]}
    return xr.Dataset(variables, coords={"subject": [3, 7]}, attrs=attributes)


def test_one_row_per_step_that_took_place() -> None:
    own = one_subject(by_hand(), 7)
    table = step_table(own, ["choice", "policy"])
    assert list(table) == ["subject", "episode", "step", "trial", "choice", "policy_0", "policy_1"]
    assert table["subject"].tolist() == [7] * 6
    assert table["episode"].tolist() == [0, 0, 0, 0, 1, 1]
    assert table["step"].tolist() == [0, 1, 2, 3, 0, 1]
    assert table["choice"].tolist() == [8, 9, 10, 11, 12, 13]
    np.testing.assert_array_equal(table["policy_1"], np.float32([108, 109, 110, 111, 112, 113]) / np.float32(3))
    assert own.attrs["weight_hash"] == "bbb"


def test_images_stay_out_of_tables_and_activity_comes_when_asked_for() -> None:
    assert tabular(by_hand()) == ["choice", "reward", "policy"]
    assert tabular(by_hand(), activity=True) == ["choice", "reward", "policy", "hidden"]


def test_phases_stand_side_by_side_in_the_trials_table() -> None:
    trials = trial_table(one_subject(by_hand(phase=np.array([0, 1, 0, 1])), 7), step_seconds=0.5)
    expected = {
        "start_time": [0.0, 1.0, 2.0],
        "stop_time": [1.0, 2.0, 3.0],
        "episode": [0, 0, 1],
        "trial": [0, 1, 0],
        "steps": [2, 2, 2],
        "reward": [170.0, 210.0, 250.0],
        "choice_phase_0": [8, 10, 12],
        "choice_phase_1": [9, 11, 13],
        "phase_0_time": [0.0, 1.0, 2.0],
        "phase_1_time": [0.5, 1.5, 2.5],
    }
    assert {name: trials[name].tolist() for name in expected} == expected
    assert list(trials)[:6] == list(expected)[:6]
    assert "policy_0_phase_0" not in trials


def test_trials_of_unequal_length_keep_their_last_step() -> None:
    trials = trial_table(one_subject(by_hand(trial=np.array([0, 0, 0, 1])), 7), step_seconds=1.0)
    assert trials["start_time"].tolist() == [0.0, 3.0, 4.0]
    assert trials["stop_time"].tolist() == [3.0, 4.0, 6.0]
    assert trials["steps"].tolist() == [3, 1, 2]
    assert trials["choice"].tolist() == [10, 11, 13]
    assert trials["reward"].tolist() == [270.0, 110.0, 250.0]


def test_without_trials_or_phases_each_step_is_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trial_table(one_subject(by_hand(), 7), step_seconds=1.0)
    assert whole["start_time"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert whole["choice"].tolist() == [8, 9, 10, 11, 12, 13]
    from pfc_metarl.export import steps
    from pfc_metarl.recording import streaming

    monkeypatch.setattr(steps, "pieces", lambda recording: streaming.pieces(recording, 1))
    pd.testing.assert_frame_equal(trial_table(one_subject(by_hand(), 7), step_seconds=1.0), whole)


def test_episodes_begin_where_the_longest_would_have_ended() -> None:
    episodes = episode_table(one_subject(by_hand(), 7), step_seconds=2.0)
    assert episodes.to_dict("list") == {
        "start_time": [0.0, 8.0],
        "stop_time": [8.0, 12.0],
        "episode": [0, 1],
        "steps": [4, 2],
    }


def test_an_unknown_subject_is_named() -> None:
    assert subjects_of(by_hand()) == [3, 7]
    with pytest.raises(ConfigurationError, match="no subject 4 in this recording: there is 3, 7"):
        subjects_of(by_hand(), 4)


@pytest.mark.parametrize(
    ("write", "read"), [(write_csv, pd.read_csv), (write_parquet, pd.read_parquet)], ids=["csv", "parquet"]
)
def test_what_is_read_again_is_what_was_recorded(
    write: Callable[..., None], read: Callable[..., pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pfc_metarl.recording import streaming

    monkeypatch.setattr(tables, "pieces", lambda recording: streaming.pieces(recording, 1))
    recording = by_hand(phase=np.array([0, 1, 0, 1]))
    told: list[int] = []
    write(recording, tmp_path / "table", activity=True, advance=told.append)
    table = read(tmp_path / "table")
    assert len(told) == 4, "two subjects, two pieces of one episode each"
    valid = recording["valid"].values
    assert len(table) == valid.sum() == 14
    assert table["subject"].tolist() == [3] * 8 + [7] * 6
    assert table["trial"].tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    for name in ("choice", "reward", "phase"):
        np.testing.assert_array_equal(table[name].astype(np.float32), recording[name].values[valid])
    for unit in range(3):
        np.testing.assert_array_equal(
            table[f"hidden_{unit}"].astype(np.float32), recording["hidden"].values[valid][:, unit]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_parquet_says_where_it_comes_from(tmp_path: Path) -> None:
    import pyarrow.parquet

    write_parquet(by_hand(), tmp_path / "table.parquet", subject=3)
    note = pyarrow.parquet.read_schema(tmp_path / "table.parquet").metadata[b"pfc_metarl"]
    assert json.loads(note) == {"task": "by-hand", "seed": 5, "weight_hashes": ["aaa", "bbb"]}


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r'pyarrow is not installed: pip install "pfc-metarl\[parquet\]"'):
        write_parquet(by_hand(), tmp_path / "table.parquet")


def test_a_broken_off_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def stop(count: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"cannot write .*table.csv: no space left"):
        write_csv(by_hand(), path, advance=stop)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]


def test_a_folder_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    with pytest.raises(OutputError, match="a folder of this name is there"), written_whole(tmp_path / "folder"):
        pytest.fail("nothing must be done before this is known")
    assert (tmp_path / "folder" / "mine").read_text() == "mine"

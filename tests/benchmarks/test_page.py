"""Page, charts and verdicts come from the tables, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import machine, speed
from benchmarks.arithmetic import bytes_per_step, operations_per_step
from benchmarks.chart import CHARTS, write_charts
from benchmarks.page import fill, markdown, read_tables
from benchmarks.targets import judge

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """What two cores might give."""
    rows = [(speed.OURS, 2.0), (speed.PLAIN_BATCHED, 1.0), (speed.PLAIN_PROCESSES, 1.25), (speed.GYMNAX_A2C, 0.5)]
    spreads = [
        {
            "subjects": 32,
            "episodes": 32,
            "contender": name,
            "Msteps/s": rate,
            "lower quartile": rate * 0.9,
            "upper quartile": rate * 1.1,
            "ours / it": 2.0 / rate,
            "share of limit": rate / 4,
        }
        for name, rate in rows
    ]
    grown = {"seconds": [0.1, 0.9], "lower quartile": [0.09, 0.8], "upper quartile": [0.11, 1.0]}
    return {
        "speed": pd.DataFrame([*spreads, {"contender": speed.PPO}]),
        "subjects": pd.DataFrame(
            {"subjects": [1, 64], **grown, "limit seconds": [0.01, 0.64], "times one subject": [1, 9.0]}
        ),
        "trials": pd.DataFrame({"trials": [25, 50, 100], "seconds": [1, 2, 4], "peak memory MB": [10.0, 20.0, 40.0]}),
        "criterion": pd.DataFrame(
            {
                "criterion": ["bandit: a", "bandit: a", "two-step: b"],
                "training seconds": [30.0, 70.0, 50.0],
                "reached": [True, True, False],
            }
        ),
        "reproduce": pd.DataFrame(
            {"part": ["imports", "arithmetic: episodes", "all"], "seconds": [1.0, 3.0, 4.0], "share": [0.25, 0.75, 1]}
        ),
    }


def test_the_page_shows_the_committed_tables() -> None:
    page = PAGE.read_text()
    assert fill(page, read_tables(RESULTS)) == page, "run: python -m benchmarks.page"


def test_the_page_states_the_costs_of_a_step() -> None:
    page = PAGE.read_text()
    assert f"{operations_per_step():,} multiplications" in page
    assert f"{bytes_per_step():,} bytes per step" in page


def test_targets_are_judged_by_the_numbers(tables: dict[str, pd.DataFrame]) -> None:
    judged = judge(tables).set_index("target")
    assert judged.loc["32 x 32, times as fast as gymnax A2C", "met"] == "yes"
    # Against the fastest of the plain loops: 2.0 / 1.25.
    assert judged.loc["32 x 32, times as fast as the fastest plain loop", "measured"] == "1.6"
    assert judged.loc["time of 64 subjects / time of 1", "met"] == "yes"
    # The slowest seed counts, and one that misses its criterion has no time.
    assert judged.loc["bandit, 8 subjects: seconds to criterion", ["measured", "met"]].tolist() == ["70", "no"]
    assert judged.loc["two-step, 8 subjects: seconds to criterion", "met"] == "not measured"
    assert judged.loc["reproduce fig1: share in arithmetic", "measured"] == "0.75"
    assert judged.loc["pfc-metarl --help, seconds", "met"] == "not measured"
    assert judged.loc["1 x 64, times as fast as gymnax A2C", "met"] == "not measured"


def test_tables_are_put_between_their_marks(tables: dict[str, pd.DataFrame]) -> None:
    page = "a\n<!-- table reproduce -->old<!-- end -->\nb <!-- table cuda --><!-- end --> c"
    filled = fill(page, tables)
    assert "| part | seconds | share |\n| --- | --- | --- |\n| imports | 1 | 0.25 |" in filled
    assert "<!-- table cuda -->\n\nNot measured yet.\n\n<!-- end --> c" in filled
    assert "old" not in filled
    assert fill(filled, tables) == filled


def test_numbers_are_short_and_gaps_are_empty() -> None:
    assert markdown(pd.DataFrame({"x": [0.123456, 1234.5, None], "y": ["a", "b", "c"]})).splitlines()[2:] == [
        "| 0.123 | a |",
        "| 1234 | b |",
        "|  | c |",
    ]


def test_charts_are_drawn_from_the_tables_that_are_there(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    written = write_charts(tables, tmp_path)
    assert [path.name for path in written] == [f"{name}.png" for name in CHARTS]
    assert all(path.stat().st_size > 5000 for path in written)
    assert write_charts({"trials": tables["trials"]}, tmp_path) == []


def test_each_part_notes_its_own_day_and_machine(tmp_path: Path) -> None:
    path = tmp_path / "machine.csv"
    machine.note(path, {**machine.describe("speed", 2, ""), "date": "2020-01-01"})
    machine.note(path, machine.describe("scaling", 2, ""))
    table = machine.note(path, machine.describe("speed", 4, "a GPU"))
    assert table["part"].tolist() == ["scaling", "speed"]
    assert table["cores"].tolist() == [2, 4]
    assert (table["date"] > "2020-01-01").all()

"""The benchmark counts what it says it counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

# The benchmarks are not installed; appended, the repository does not hide the installed package.
sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import __main__ as benchmark
from benchmarks.ceiling import matrix_product_ceiling, operations_per_step


def test_operations_are_those_of_the_products() -> None:
    # Forward: (4 + 48) x 192 gates and 48 x 3 heads, a multiplication and an addition each; backward twice that.
    assert operations_per_step(inputs=4, units=48, actions=2) == 3 * 2 * ((4 + 48) * 192 + 48 * 3) == 60_768


def test_the_ceiling_is_a_speed_of_this_machine() -> None:
    assert 1e8 < matrix_product_ceiling(size=256, repeats=3) < 1e14


def test_the_table_compares_within_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "SIZES", ((2, 2),))
    monkeypatch.setattr(benchmark, "available_cores", lambda: 1)
    threads = torch.get_num_threads()
    table = benchmark.measure(seconds=0.1)
    assert torch.get_num_threads() == threads
    assert table["loop"].iloc[0] == "pfc_metarl"
    plain = table[table["loop"] == "plain nn.LSTMCell loop"].iloc[0]
    assert plain["ratio to plain"] == 1
    assert (table["repeats"] >= 5).all()
    assert (table["share of ceiling"] > 0).all()

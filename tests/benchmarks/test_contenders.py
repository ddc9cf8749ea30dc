"""Every contender does the work that it is timed for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch

from benchmarks.arithmetic import bytes_per_step, operations_per_step
from benchmarks.contenders import matrix_product, memory_copy, ours, plain
from benchmarks.contenders.process import peak_memory, take_turn
from benchmarks.contenders.work import Size, Work
from benchmarks.setting import INPUTS, UNITS
from pfc_metarl.learning.crew import LocalBlock
from pfc_metarl.learning.worker import WorkerBlock

SMALL = Size(subjects=2, episodes=4, trials=5, cores=1)


@pytest.fixture(autouse=True)
def _threads():
    """Contenders set torch's threads, each in its own process; here they share one."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_operations_are_those_of_the_products() -> None:
    # Forward: (4 + 48) x 192 gates and 48 x 3 heads, a multiplication and an addition each; backward twice that.
    assert operations_per_step(inputs=4, units=48, actions=2) == 3 * 2 * ((4 + 48) * 192 + 48 * 3) == 60_768


def test_traffic_is_that_of_what_the_backward_pass_needs() -> None:
    # Input and state 52, gates 192, cell 48, outputs 3, and 192 gradients; 4 bytes each, written and read.
    assert bytes_per_step(inputs=4, units=48, actions=2) == (52 + 192 + 48 + 3 + 192) * 4 * 2


def test_a_turn_counts_whole_calls_and_lasts_long_enough() -> None:
    calls = []
    turn = take_turn(Work(lambda: calls.append(1), amount=7), seconds=0.01)
    assert turn["amount"] == 7 * len(calls)
    assert turn["seconds"] >= 0.01


@pytest.mark.parametrize("gradient", ["derived", "autograd"])
def test_ours_trains_ten_updates_at_a_time(gradient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = ours.make_crew(SMALL, gradient)
    monkeypatch.setattr(ours, "make_crew", lambda size, gradient: crew)
    before = crew.state()["weights.weight"].clone()
    work = ours.make(SMALL, gradient)
    work.run()
    assert crew.update == 10
    assert work.amount == 10 * SMALL.steps
    assert not torch.equal(crew.state()["weights.weight"], before)


def test_ours_gives_each_core_a_process() -> None:
    crew = ours.make_crew(Size(subjects=2, episodes=2, trials=3, cores=2), "derived")
    try:
        assert [type(block) for block in crew.blocks] == [WorkerBlock, WorkerBlock]
    finally:
        crew.close()
    one = ours.make_crew(Size(subjects=1, episodes=2, trials=3, cores=2), "derived")
    assert [type(block) for block in one.blocks] == [LocalBlock]


def test_both_plain_loops_are_the_same_network() -> None:
    one, many = plain.OneNetwork(episodes=3, trials=4), plain.Batched(subjects=2, episodes=3, trials=4)
    # torch orders the gates input, forget, candidate, output.
    order = [gate * UNITS + unit for gate in (0, 1, 3, 2) for unit in range(UNITS)]
    with torch.no_grad():
        many.weight[1] = torch.cat([one.cell.weight_ih, one.cell.weight_hh], dim=1)[order].T
        many.bias[1, 0] = (one.cell.bias_ih + one.cell.bias_hh)[order]
        many.head_weight[1], many.head_bias[1, 0] = one.heads.weight.T, one.heads.bias
    received, hidden, cell = torch.rand(3, INPUTS), torch.rand(3, UNITS), torch.rand(3, UNITS)
    expected = one.advance(received, hidden, cell)
    advanced = many.advance(*(each.expand(2, *each.shape) for each in (received, hidden, cell)))
    for ours_, theirs in zip(advanced, expected, strict=True):
        torch.testing.assert_close(ours_[1], theirs)
    torch.testing.assert_close(many.read(advanced[0])[1], one.read(expected[0]))


@pytest.mark.parametrize("kind", [plain.OneNetwork, partial(plain.Batched, 2)])
def test_a_plain_loop_learns(kind: Callable[[int, int], plain.PlainLoop]) -> None:
    torch.manual_seed(0)
    loop = kind(64, 10)
    loop.optimiser.param_groups[0]["lr"] = 0.005
    rewards = [float(loop.update()) for _ in range(300)]
    # Chance is .5; ten trials leave about .6 to be had.
    assert sum(rewards[:20]) / 20 == pytest.approx(0.5, abs=0.03)
    assert sum(rewards[-50:]) / 50 > 0.55


@pytest.mark.parametrize("variant", ["cell", "batched"])
def test_plain_work_is_an_update_of_all_subjects(variant: str) -> None:
    work = plain.make(SMALL, variant)
    work.run()
    assert work.amount == SMALL.steps == 40


def test_limits_count_what_they_do() -> None:
    product = matrix_product.make(SMALL, rows=8)
    assert product.amount == 2 * 8**3
    product.run()
    copy = memory_copy.make(SMALL, numbers=16)
    assert copy.amount == 16 * 4 * 2
    copy.run()


def test_peak_memory_grows_with_what_is_held() -> None:
    before = peak_memory()
    held = torch.ones(8 << 20)
    assert peak_memory() >= max(before, held.numel() * 4)

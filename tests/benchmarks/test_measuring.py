"""Lanes take turns, and tables say what was measured."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from benchmarks import criterion, cuda, scaling, speed
from benchmarks.contenders.work import Size
from benchmarks.lane import Contender, Lane, take_turns
from benchmarks.peers import Peer
from benchmarks.stack_times import REST, Watch, part_of
from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.registry import make_task

PRODUCT = {"rows": 64}


def test_contenders_take_turns_in_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    one = Contender("one", "matrix_product", Size(1, 1, 1, 1), PRODUCT)
    two = Contender("two", "matrix_product", Size(1, 1, 1, 1), PRODUCT, processes=2)
    assert two.cores == 2
    rates = take_turns([one, two], seconds=0.0, turn=0.01)
    assert [len(rates[name]) for name in ("one", "two")] == [3, 3]
    assert all(1e7 < rate < 1e14 for own in rates.values() for rate in own)


def test_a_contender_that_fails_is_named() -> None:
    with (
        Lane(Contender("nobody", "no_such_module", Size(1, 1, 1, 1))) as lane,
        pytest.raises(RuntimeError, match="'nobody' ended unexpectedly"),
    ):
        lane.wait_until_ready()


def pretended(rate: float) -> object:
    """Stand in for ``take_turns``: the n-th contender is n times as fast as the first."""

    def turns(contenders: Sequence[Contender], seconds: float) -> dict[str, list[float]]:
        return {each.name: [rate * (1 + n), rate * (2 + n), rate * (3 + n)] for n, each in enumerate(contenders)}

    return turns


def test_speeds_are_set_against_ours_and_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    peers = {"gymnax": Peer(sys.executable, {"gymnax": "1.2", "jax": "3.4"}), "sb3-contrib": None}
    monkeypatch.setattr(speed, "find_peer", lambda packages, interpreters: peers[packages[0]])
    monkeypatch.setattr(speed, "take_turns", pretended(1e6))
    table = speed.measure(1.0, cores=2, sizes=((1, 64), (6, 4)))
    first = table[table["subjects"] == 1].set_index("contender")
    assert list(first.index) == [
        speed.OURS, speed.OURS_ONE_CORE, speed.OURS_AUTOGRAD, speed.PLAIN_CELL, speed.GYMNAX_A2C
    ]  # fmt: skip
    assert first["Msteps/s"].tolist() == [2, 3, 4, 5, 6]
    np.testing.assert_allclose(first["ours / it"], [1, 2 / 3, 2 / 4, 2 / 5, 2 / 6])
    assert first.loc[speed.GYMNAX_A2C, "version"] == "gymnax 1.2, jax 3.4"
    # The limits come last: 8e6 and 9e6 operations per second at best, of all cores and of one.
    assert first.loc[speed.OURS, "limit GFLOP/s"] == pytest.approx(8e-3)
    assert first.loc[speed.OURS_ONE_CORE, "limit GFLOP/s"] == pytest.approx(9e-3)
    assert first.loc[speed.OURS, "share of limit"] == pytest.approx(60_768 * 2e6 / 8e6)
    second = table[table["subjects"] == 6].set_index("contender")
    assert second.loc[speed.PLAIN_PROCESSES, "cores"] == 2
    absent = table[table["contender"] == speed.PPO]
    assert absent["version"].tolist() == ["not installed"]


def test_scaling_is_told_against_one_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "take_turns", lambda contenders, _: {each.name: [1e5] for each in contenders})
    table = scaling.with_subjects(1.0, cores=2, subjects=(1, 4))
    assert table["seconds"].tolist() == [0.064, 0.256]
    assert table["times one subject"].tolist() == [1, 4]
    np.testing.assert_allclose(table["limit seconds"], [60_768 * 6400 / 1e5, 60_768 * 4 * 6400 / 1e5])


def test_lines_over_trials_give_slope_and_bytes() -> None:
    trials = np.array([25, 50, 100])
    table = pd.DataFrame({"trials": trials, "peak memory MB": 400 + 0.512 * trials})
    line = scaling.straight_line(table, "peak memory MB")
    assert line == pytest.approx({"start": 400, "slope": 0.512, "R2": 1})
    assert scaling.bytes_per_trial(table) == pytest.approx(0.512e6 / (8 * 64))


def test_a_gpu_is_set_against_both_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "take_turns", pretended(1e6))
    table = cuda.measure(1.0, sizes=((2, 2),), device="cpu")
    # Ours 2e6 steps per second; at best 5e6 operations and 6e6 bytes.
    assert table.loc[0, "share of limit"] == pytest.approx(60_768 * 2e6 / 5e6)
    assert table.loc[0, "share of bandwidth"] == pytest.approx(3896 * 2e6 / 6e6)


@pytest.mark.parametrize(
    ("task", "test"),
    [
        (make_task("two-armed-bandit"), criterion.below_thompson),
        (make_task("two-step"), criterion.close_to_bayes_filter),
        (make_task("harlow-choice"), criterion.learned_to_learn),
    ],
)
def test_untrained_networks_reach_no_criterion(task, test) -> None:
    network = NetworkConfiguration().seeing(task)
    population = Population.draw(network, input_size(task, network), task.actions, Streams(100, range(1)))
    outcome = test(freeze(population), 100)
    assert not outcome.reached
    chance = {"two-armed-bandit": 16.7, "two-step": 0.5 / 3, "harlow-choice": 0.5}
    if test is criterion.below_thompson:
        assert outcome.measured == pytest.approx(chance["two-armed-bandit"], abs=3)
        assert outcome.asked == pytest.approx(2.8, abs=0.5)


def test_a_stack_belongs_to_its_first_part() -> None:
    assert part_of({"pfc_metarl.recording.recorder", "pfc_metarl.tasks.bandit"}) == "arithmetic: episodes"
    assert part_of({"pfc_metarl.studies.results", "pfc_metarl.figures.style", "matplotlib.figure"}) == "figure"
    assert part_of({"importlib._bootstrap_external", "pfc_metarl.cli.main"}) == "imports"
    assert part_of({"pfc_metarl.cli.main"}) == REST


def test_a_watch_misses_no_time() -> None:
    with Watch() as watch:
        time.sleep(0.2)
    assert sum(watch.seconds.values()) == pytest.approx(0.2, abs=0.05)
    assert set(watch.seconds) == {REST}

"""The volatility task, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.volatility import Volatility, VolatilityConfiguration, VolatilityState

NEVER = 0.999


def begin(side: float = 0.9, volatile: float = 0.9, length: float = 0.0, **settings: Any) -> tuple[Volatility, Any]:
    task = Volatility(VolatilityConfiguration(**settings))
    state, shown = task.start(torch.tensor([[[side, volatile, length]]]))
    assert shown.observation.shape == (1, 1, 0)
    return task, state


def go(
    task: Volatility,
    state: VolatilityState,
    action: int = 0,
    chance: float = 0.0,
    swap: float = NEVER,
    length: float = 0.0,
) -> tuple[VolatilityState, float]:
    following, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[[chance, swap, length]]]))
    return following, float(shown.reward)


def session(schedule: str, **settings: Any) -> list[VolatilityState]:
    """States before every choice of a test session, and after the last."""
    task, state = begin(schedule=schedule, **settings)
    states = [state]
    for _ in range(task.steps):
        states.append(go(task, states[-1])[0])
    return states


@pytest.mark.parametrize(
    ("better", "volatile", "action", "draw", "paid"),
    [
        (0, False, 0, 0.74, 1),
        (0, False, 0, 0.76, 0),
        (0, False, 1, 0.24, 1),
        (0, False, 1, 0.26, 0),
        (0, True, 0, 0.79, 1),
        (0, True, 0, 0.81, 0),
        (1, True, 0, 0.19, 1),
        (1, True, 0, 0.21, 0),
        (1, False, 1, 0.74, 1),
    ],
)
def test_the_arms_pay_with_r_and_one_minus_r(better: int, volatile: bool, action: int, draw: float, paid: int) -> None:
    task, state = begin(side=0.9 if better == 0 else 0.1, volatile=0.1 if volatile else 0.9)
    assert (int(state.better), bool(state.volatile)) == (better, volatile)
    assert float(task.truth(state)["reward_probability"].values.sum()) == pytest.approx(1)
    assert go(task, state, action, draw)[1] == paid


def test_only_volatile_blocks_swap_the_arms() -> None:
    for volatile in (True, False):
        task, state = begin(volatile=0.1 if volatile else 0.9)
        assert int(go(task, state, swap=0.039)[0].better) == int(volatile)
        assert int(go(task, state, swap=0.041)[0].better) == 0


@pytest.mark.parametrize(("draw", "length"), [(0.0, 50), (0.5, 100), (0.9999, 150)])
def test_a_training_block_lasts_as_long_as_drawn_and_the_other_kind_follows(draw: float, length: int) -> None:
    task, state = begin(length=draw)
    for _ in range(length):
        assert (int(state.block), bool(state.volatile)) == (0, False)
        state, _ = go(task, state, length=0.5)
    assert (int(state.block), bool(state.volatile), int(state.remaining)) == (1, True, 100)


def test_a_new_block_draws_its_better_arm_anew() -> None:
    task, state = begin()
    for _ in range(49):
        state, _ = go(task, state)
    assert int(go(task, state, swap=0.49)[0].better) == 1
    assert int(go(task, state, swap=0.51)[0].better) == 0


@pytest.mark.parametrize(
    ("schedule", "swaps", "first"), [("stable-first", [125, 150, 175], False), ("volatile-first", [25, 50, 75], True)]
)
def test_a_test_session_has_two_blocks_and_swaps_at_fixed_times(schedule: str, swaps: list[int], first: bool) -> None:
    states = session(schedule)[:-1]
    better = [int(state.better) for state in states]
    assert [trial for trial in range(1, 200) if better[trial] != better[trial - 1]] == swaps
    assert [bool(state.volatile) for state in states] == [first] * 100 + [not first] * 100
    assert [int(state.block) for state in states] == [0] * 100 + [1] * 100


def test_a_session_of_other_size_keeps_the_rules() -> None:
    states = session("volatile-first", trials=10, test_block=6, swap_every=2)[:-1]
    assert [int(state.better) for state in states] == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    assert [int(state.remaining) for state in states] == [6, 5, 4, 3, 2, 1, 4, 3, 2, 1]


def test_test_sessions_take_either_order() -> None:
    for draw, volatile in ((0.4, True), (0.6, False)):
        _, state = begin(volatile=draw, schedule="test")
        assert bool(state.volatile) is volatile
        assert int(state.remaining) == 100


def test_blocks_cannot_be_shorter_than_the_shortest() -> None:
    with pytest.raises(ConfigurationError, match="shortest_block is 60 and longest_block 50"):
        VolatilityConfiguration(shortest_block=60, longest_block=50)

"""The carousel, trial by trial, against its rules."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.carousel import Carousel, CarouselConfiguration, CarouselState

ALWAYS, NEVER = 0.0, 0.999


def begin(order: float = 0.0, arm: float = 0.0, **settings: Any) -> tuple[Carousel, CarouselState]:
    task = Carousel(CarouselConfiguration(**settings))
    state, shown = task.start(torch.tensor([[[order, arm]]]))
    assert shown.observation.shape == (1, 1, 0)
    return task, state


def go(
    task: Carousel, state: CarouselState, action: int, pay: float = ALWAYS, hand_over: float = NEVER
) -> tuple[CarouselState, float]:
    state, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[[pay, hand_over]]]))
    return state, float(shown.reward)


@pytest.mark.parametrize("arms", [3, 4, 5])
def test_every_order_goes_round_all_arms_once(arms: int) -> None:
    successor = Carousel(CarouselConfiguration(arms=arms)).successor
    assert len({tuple(row) for row in successor.tolist()}) == len(successor) == math.factorial(arms - 1)
    for row in successor.tolist():
        way = [0]
        while len(way) < arms:
            way.append(row[way[-1]])
        assert sorted(way) == list(range(arms))
        assert row[way[-1]] == 0


def test_the_orders_of_three_arms_are_the_two_ways_round() -> None:
    assert Carousel(CarouselConfiguration(arms=3)).successor.tolist() == [[1, 2, 0], [2, 0, 1]]


@pytest.mark.parametrize(("action", "draw", "paid"), [(1, 0.89, 1), (1, 0.91, 0), (0, 0.19, 1), (2, 0.21, 0)])
def test_the_good_arm_pays_more(action: int, draw: float, paid: int) -> None:
    task, state = begin(arm=0.3, good_probability=0.9, other_probability=0.2)
    assert task.truth(state)["arm_probability"].values.flatten().tolist() == pytest.approx([0.2, 0.9, 0.2, 0.2])
    assert go(task, state, action, draw)[1] == paid


def test_the_good_arm_hands_over_in_the_order_of_the_episode() -> None:
    """The second order of four arms is 0, 1, 3, 2."""
    task, state = begin(order=0.17, switch_probability=0.1)
    assert int(state.order) == 1
    good = [int(state.good_arm)]
    for hand_over in (0.09, 0.11, 0.09, 0.09, 0.09):
        state, _ = go(task, state, 0, hand_over=hand_over)
        good.append(int(state.good_arm))
    assert good == [0, 1, 1, 3, 2, 0]
    assert int(state.order) == 1


def test_the_course_of_the_task_does_not_depend_on_choices() -> None:
    task, one = begin(order=0.5)
    other = one
    for step in range(20):
        hand_over = 0.0 if step % 3 == 0 else 0.9
        one, _ = go(task, one, 0, hand_over=hand_over)
        other, _ = go(task, other, step % 4, pay=NEVER, hand_over=hand_over)
        assert int(one.good_arm) == int(other.good_arm)


def test_orders_and_arms_are_drawn_equally_often_and_independently() -> None:
    task = Carousel()
    state, _ = task.start(torch.rand(1, 48_000, 2, generator=torch.Generator().manual_seed(0)))
    counts = torch.bincount((state.order * 4 + state.good_arm).flatten(), minlength=24)
    assert (counts - 2000).abs().max() < 180


def test_one_outcome_is_weighed_as_by_hand() -> None:
    """Three arms, .8 and .1: arm 0 fails, and then half of what is believed of each arm moves on."""
    task = Carousel(
        CarouselConfiguration(arms=3, good_probability=0.8, other_probability=0.1, switch_probability=0.5, trials=2)
    )
    failed = task.belief(torch.zeros(1, 1, 2, dtype=torch.int64), torch.zeros(1, 1, 2))
    # Likelihood .2 for arm 0, .9 for the others: 1/10, 9/20, 9/20. In order 0 1 2, arm 0 gets half of arm 2's.
    orders = failed["believed_order"].values[0, 0]
    torch.testing.assert_close(orders, torch.full((2, 2), 0.5))
    arms = failed["believed_good_arm"].values[0, 0]
    torch.testing.assert_close(arms[0], torch.full((3,), 1 / 3))
    torch.testing.assert_close(arms[1], torch.tensor([0.275, 0.3625, 0.3625]))
    joint = task.joint_belief(torch.zeros(1, 1, 2, dtype=torch.int64), torch.zeros(1, 1, 2))[0, 0, 1]
    torch.testing.assert_close(joint[0], torch.tensor([0.1 + 0.45, 0.45 + 0.1, 0.45 + 0.45]) / 4)
    torch.testing.assert_close(joint[1], torch.tensor([0.1 + 0.45, 0.45 + 0.45, 0.45 + 0.1]) / 4)


def test_probabilities_that_would_make_one_outcome_certain_knowledge_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="good_probability"):
        CarouselConfiguration(good_probability=1.0)
    with pytest.raises(ConfigurationError, match="other_probability"):
        CarouselConfiguration(other_probability=0.0)


@pytest.mark.parametrize("arms", [2, 6])
def test_there_are_three_to_five_arms(arms: int) -> None:
    with pytest.raises(ConfigurationError, match="arms"):
        CarouselConfiguration(arms=arms)

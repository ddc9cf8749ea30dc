"""The inferred-value task, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.inferred_value import InferredValue, InferredValueConfiguration, InferredValueState

# Uniform numbers that lead to a side.
TO = {LEFT: 0.9, RIGHT: 0.1}
BELOW_ONE = 1 - 2**-24


def begin(
    pays: int = LEFT, target: int = LEFT, reversal: float = 0.0, **settings: Any
) -> tuple[InferredValue, InferredValueState, list[float]]:
    """Start with one side paying and a first target; ``reversal`` goes through the window from 0 to 1."""
    task = InferredValue(InferredValueConfiguration(**{"trials": 8, **settings}))
    state, shown = task.start(torch.tensor([[[TO[pays], reversal, TO[target]]]]))
    return task, state, shown.observation.flatten().tolist()


def go(
    task: InferredValue, state: InferredValueState, action: int, following: int = LEFT
) -> tuple[InferredValueState, list[float], float]:
    state, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[[TO[following]]]]))
    return state, shown.observation.flatten().tolist(), float(shown.reward)


def trial(
    task: InferredValue, state: InferredValueState, answer: int, following: int = LEFT
) -> tuple[InferredValueState, float]:
    """Fixate, answer and go on to the next trial, whose target is given; returns what the answer earned."""
    state, *_ = go(task, state, CENTRE, 1 - following)
    state, _, reward = go(task, state, answer, 1 - following)
    state, *_ = go(task, state, CENTRE, following)
    return state, reward


def believed(task: InferredValue, state: InferredValueState) -> float:
    return float(task.truth(state)["believed_right"].values)


@pytest.mark.parametrize(("target", "pays", "reward"), [(LEFT, LEFT, 1), (RIGHT, LEFT, 0), (RIGHT, RIGHT, 1)])
def test_a_trial_shows_fixation_target_and_nothing(target: int, pays: int, reward: float) -> None:
    task, state, seen = begin(pays, target)
    assert seen == [1, 0, 0]
    state, seen, earned = go(task, state, CENTRE)
    assert (seen, earned) == ([0, 1, 0] if target == LEFT else [0, 0, 1], 0)
    state, seen, earned = go(task, state, target)
    assert (seen, earned) == ([0, 0, 0], reward)
    state, seen, earned = go(task, state, CENTRE)
    assert (seen, earned) == ([1, 0, 0], 0)


@pytest.mark.parametrize("following", [LEFT, RIGHT])
def test_the_next_target_is_drawn_between_trials(following: int) -> None:
    task, state, _ = begin(target=LEFT)
    state, _ = trial(task, state, LEFT, following)
    _, seen, _ = go(task, state, CENTRE)
    assert seen.index(1) == 1 + following


@pytest.mark.parametrize("action", [LEFT, RIGHT])
def test_a_wrong_fixation_costs_and_the_trial_goes_on(action: int) -> None:
    task, state, _ = begin()
    _, seen, reward = go(task, state, action)
    assert (seen, reward) == ([0, 1, 0], -1)


@pytest.mark.parametrize("action", [RIGHT, CENTRE])
def test_a_wrong_answer_costs_and_tells_nothing(action: int) -> None:
    task, state, _ = begin(target=LEFT, invalid_reward=-2.0)
    state, *_ = go(task, state, CENTRE)
    state, seen, reward = go(task, state, action)
    assert (seen, reward) == ([0, 0, 0], -2)
    assert believed(task, state) == 0.5


def test_a_trial_that_a_wrong_fixation_ended_tells_nothing() -> None:
    task, state, _ = begin(pays=LEFT, target=LEFT, invalid_ends_trial=True)
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0, 0], -1)
    assert task.expected_reward(state).flatten().tolist() == [0, 0, 0]
    # The target would have been left, and left pays.
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0, 0], 0)
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == ([1, 0, 0], 0)
    assert believed(task, state) == 0.5


@pytest.mark.parametrize("response", [LEFT, RIGHT, CENTRE])
def test_any_response_to_the_outcome_will_do(response: int) -> None:
    task, state, _ = begin()
    state, *_ = go(task, state, CENTRE)
    state, *_ = go(task, state, LEFT)
    assert bool(task.truth(state)["allowed"].values.all())
    assert go(task, state, response)[2] == 0


@pytest.mark.parametrize(("draw", "expected"), [(0.0, 2), (0.24, 2), (0.26, 3), (BELOW_ONE, 5)])
def test_the_roles_reverse_once_in_the_middle_half(draw: float, expected: int) -> None:
    task, state, _ = begin(pays=LEFT, reversal=draw)
    assert int(task.truth(state)["reversal_trial"].values) == expected
    paid = []
    for _ in range(8):
        state, reward = trial(task, state, LEFT)
        paid.append(reward)
    assert paid == [1] * expected + [0] * (8 - expected)


def test_the_window_of_the_default_has_twelve_trials_and_never_the_first() -> None:
    assert InferredValue().reversals == range(6, 18)
    always = InferredValueConfiguration(trials=5, earliest_reversal=0.0, latest_reversal=1.0)
    assert InferredValue(always).reversals == range(1, 5)


def test_one_outcome_tells_about_both_targets() -> None:
    task, state, _ = begin(pays=LEFT, target=LEFT)
    assert believed(task, state) == 0.5
    state, _ = trial(task, state, LEFT, following=RIGHT)
    # Before the window nothing can have changed: right does not pay, though it was never seen.
    assert believed(task, state) == 0
    state, _ = trial(task, state, RIGHT)
    # Trial 2 is the first of four on which the roles may reverse.
    assert believed(task, state) == 0.25


def test_after_the_reversal_nothing_is_uncertain() -> None:
    task, state, _ = begin(pays=LEFT, target=LEFT, reversal=0.0)
    for _ in range(2):
        state, _ = trial(task, state, LEFT)
    assert believed(task, state) == 0.25
    state, reward = trial(task, state, LEFT, following=RIGHT)
    assert (reward, believed(task, state)) == (0, 1)
    _, reward = trial(task, state, RIGHT)
    assert reward == 1


def test_what_each_action_earns_is_known() -> None:
    task, state, _ = begin(pays=RIGHT, target=RIGHT)
    assert task.expected_reward(state).flatten().tolist() == [-1, -1, 0]
    state, *_ = go(task, state, CENTRE)
    assert task.expected_reward(state).flatten().tolist() == [-1, 1, -1]
    state, *_ = go(task, state, RIGHT)
    assert task.expected_reward(state).flatten().tolist() == [0, 0, 0]


def test_without_outcome_step_the_reward_comes_with_the_next_fixation() -> None:
    task, state, _ = begin(outcome_step=False)
    assert task.steps == 16
    state, *_ = go(task, state, CENTRE)
    state, seen, reward = go(task, state, LEFT, following=RIGHT)
    assert (seen, reward) == ([1, 0, 0], 1)
    assert go(task, state, CENTRE)[1] == [0, 0, 1]


def test_without_fixation_a_trial_begins_with_its_target() -> None:
    task, state, seen = begin(target=RIGHT, pays=RIGHT, fixation=False)
    assert (task.steps, task.features) == (16, 2)
    assert seen == [0, 1]
    state, seen, reward = go(task, state, RIGHT)
    assert (seen, reward) == ([0, 0], 1)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot come after"):
        InferredValueConfiguration(earliest_reversal=0.8, latest_reversal=0.2)

"""The two-step task, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.two_step import NOWHERE, TwoStep, TwoStepConfiguration, TwoStepState

NEVER = 0.999


def begin(good: int = 0, **settings: Any) -> tuple[TwoStep, TwoStepState, list[float]]:
    task = TwoStep(TwoStepConfiguration(**settings))
    state, shown = task.start(torch.full((1, 1, 1), 0.9 if good == 0 else 0.1))
    assert int(state.good_state) == good
    return task, state, shown.observation.flatten().tolist()


def go(
    task: TwoStep, state: TwoStepState, action: int, chance: float = 0.0, switch: float = NEVER
) -> tuple[TwoStepState, list[float], float]:
    draws: Tensor = torch.tensor([[[chance, switch]]])
    state, shown = task.step(state, torch.tensor([[action]]), draws)
    return state, shown.observation.flatten().tolist(), float(shown.reward)


def test_a_trial_shows_fixation_cue_and_state_and_pays_at_the_end() -> None:
    task, state, seen = begin(good=1)
    assert seen == [1, 0, 0, 0]
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == ([0, 1, 0, 0], 0)
    state, seen, reward = go(task, state, RIGHT, chance=0.79)
    assert (seen, reward) == ([0, 0, 0, 1], 0)
    assert bool(state.common)
    state, seen, reward = go(task, state, CENTRE, chance=0.89)
    assert (seen, reward) == ([1, 0, 0, 0], 1)


@pytest.mark.parametrize(
    ("action", "common", "state_shown"), [(LEFT, 1, 0), (LEFT, 0, 1), (RIGHT, 1, 1), (RIGHT, 0, 0)]
)
def test_left_leads_to_a_and_right_to_b_except_for_uncommon_transitions(
    action: int, common: int, state_shown: int
) -> None:
    task, state, _ = begin()
    state, *_ = go(task, state, CENTRE)
    state, seen, _ = go(task, state, action, chance=0.79 if common else 0.81)
    assert int(state.second_state) == state_shown == seen.index(1) - 2
    assert bool(state.common) == bool(common)


@pytest.mark.parametrize(("good", "draw", "paid"), [(0, 0.89, 1), (0, 0.91, 0), (1, 0.09, 1), (1, 0.11, 0)])
def test_the_good_state_pays_more(good: int, draw: float, paid: int) -> None:
    task, state, _ = begin(good)
    state, *_ = go(task, state, CENTRE)
    state, *_ = go(task, state, LEFT)
    assert go(task, state, CENTRE, chance=draw)[2] == paid


def test_good_and_bad_swap_between_trials_only() -> None:
    task, state, _ = begin(good=0)
    state, *_ = go(task, state, CENTRE, switch=0.0)
    state, *_ = go(task, state, LEFT, switch=0.0)
    assert int(state.good_state) == 0
    swapped, *_ = go(task, state, CENTRE, switch=0.024)
    kept, *_ = go(task, state, CENTRE, switch=0.026)
    assert (int(swapped.good_state), int(kept.good_state)) == (1, 0)


@pytest.mark.parametrize("action", [LEFT, RIGHT])
def test_a_wrong_fixation_costs_and_the_trial_goes_on(action: int) -> None:
    task, state, _ = begin()
    _, seen, reward = go(task, state, action)
    assert (seen, reward) == ([0, 1, 0, 0], -1)


@pytest.mark.parametrize("response", [LEFT, RIGHT, CENTRE])
def test_a_wrong_choice_costs_and_leads_nowhere(response: int) -> None:
    task, state, _ = begin(invalid_reward=-2.0)
    state, *_ = go(task, state, CENTRE)
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == ([0, 0, 0, 0], -2)
    assert bool(task.truth(state)["allowed"].values.all())
    state, seen, reward = go(task, state, response)
    assert (seen, reward) == ([1, 0, 0, 0], 0)
    assert float(state.believed_b) == 0.5


@pytest.mark.parametrize("response", [LEFT, RIGHT, CENTRE])
def test_a_wrong_fixation_ends_the_trial_where_it_is_set_so(response: int) -> None:
    task, state, _ = begin(invalid_ends_trial=True)
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0, 0, 0], -1)
    # Each of these would pay: left leads to the good state, and the draw is below its probability.
    for following in ([0, 0, 0, 0], [1, 0, 0, 0]):
        assert bool(task.truth(state)["allowed"].values.all())
        state, seen, reward = go(task, state, response, chance=0.0)
        assert (seen, reward, int(state.second_state)) == (following, 0, NOWHERE)
    assert (float(state.believed_b), bool(state.common)) == (0.5, False)
    # The next trial is as any other.
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == ([0, 1, 0, 0], 0)
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0, 1, 0], 0)
    assert go(task, state, CENTRE)[1:] == ([1, 0, 0, 0], 1)


def test_good_and_bad_may_swap_after_a_trial_that_ended_early() -> None:
    task, state, _ = begin(good=0, invalid_ends_trial=True)
    for _ in range(3):
        state, *_ = go(task, state, LEFT, switch=0.0)
    assert int(state.good_state) == 1


@pytest.mark.parametrize("action", [LEFT, RIGHT])
def test_a_wrong_answer_to_the_second_stage_forgoes_the_outcome(action: int) -> None:
    task, state, _ = begin()
    state, *_ = go(task, state, CENTRE)
    state, *_ = go(task, state, LEFT)
    state, seen, reward = go(task, state, action, chance=0.0)
    assert (seen, reward) == ([1, 0, 0, 0], -1)
    assert float(state.believed_b) == 0.5


def test_the_belief_is_bayes_rule_by_hand() -> None:
    task, state, _ = begin()
    state, *_ = go(task, state, CENTRE)
    state, *_ = go(task, state, LEFT)
    paid, *_ = go(task, state, CENTRE, chance=0.0)
    unpaid, *_ = go(task, state, CENTRE, chance=0.99)
    # A paid: B is good with .1; then good and bad may swap.
    assert float(paid.believed_b) == pytest.approx(0.1 * 0.975 + 0.9 * 0.025)
    assert float(unpaid.believed_b) == pytest.approx(0.9 * 0.975 + 0.1 * 0.025)


def test_without_fixation_a_trial_has_two_steps() -> None:
    task, state, seen = begin(good=0, fixation=False, trials=7)
    assert (task.steps, task.features, task.actions) == (14, 3, 3)
    assert seen == [1, 0, 0]
    state, seen, _ = go(task, state, LEFT)
    assert seen == [0, 1, 0]
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == ([1, 0, 0], 1)


def test_the_truth_names_both_payoffs() -> None:
    task, state, _ = begin(good=1)
    assert task.truth(state)["reward_probability"].values.flatten().tolist() == pytest.approx([0.1, 0.9])

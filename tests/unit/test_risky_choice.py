"""The risky-choice task, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.risky_choice import RiskyChoice, RiskyChoiceConfiguration, RiskyChoiceState

FIXATION_CUE, BOTH, LEFT_ALONE, RIGHT_ALONE = ([int(place == each) for place in range(4)] for each in range(4))


def begin(
    risky: int = LEFT, blocks: tuple[float, ...] = (0.1, 0.9), **settings: Any
) -> tuple[RiskyChoice, RiskyChoiceState, list[float]]:
    """``blocks`` are the draws of the blocks' probabilities: below .5 the first, above .5 the second."""
    settings = {"forced_trials": 0, "blocks": len(blocks)} | settings
    task = RiskyChoice(RiskyChoiceConfiguration(**settings))
    state, shown = task.start(torch.tensor([[[0.9 if risky == LEFT else 0.1, *blocks]]]))
    assert int(state.risky_side) == risky
    return task, state, shown.observation.flatten().tolist()


def go(
    task: RiskyChoice, state: RiskyChoiceState, action: int, chance: float = 0.0
) -> tuple[RiskyChoiceState, list[float], float]:
    state, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[[chance]]]))
    return state, shown.observation.flatten().tolist(), float(shown.reward)


def at_choice(risky: int = LEFT, **settings: Any) -> tuple[RiskyChoice, RiskyChoiceState]:
    task, state, _ = begin(risky, **settings)
    return task, go(task, state, CENTRE)[0]


def test_a_trial_shows_fixation_then_both_levers() -> None:
    task, state, seen = begin()
    assert seen == FIXATION_CUE
    state, seen, reward = go(task, state, CENTRE)
    assert (seen, reward) == (BOTH, 0)
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == (FIXATION_CUE, 4)


@pytest.mark.parametrize(
    ("risky", "action", "chance", "pay"),
    [
        (LEFT, LEFT, 0.49, 4),
        (LEFT, LEFT, 0.51, 0),
        (LEFT, RIGHT, 0.99, 1),
        (RIGHT, RIGHT, 0.49, 4),
        (RIGHT, RIGHT, 0.51, 0),
        (RIGHT, LEFT, 0.99, 1),
    ],
)
def test_one_lever_pays_a_little_for_certain_the_other_much_by_chance(
    risky: int, action: int, chance: float, pay: float
) -> None:
    task, state = at_choice(risky)
    assert go(task, state, action, chance)[2] == pay


def test_pay_is_as_configured() -> None:
    task, state = at_choice(large=8.0, small=2.0)
    assert [go(task, state, action)[2] for action in (LEFT, RIGHT)] == [8, 2]


@pytest.mark.parametrize(("chance", "pay"), [(0.124, 4), (0.126, 0)])
def test_another_block_has_a_probability_of_its_own(chance: float, pay: float) -> None:
    task, state, _ = begin(blocks=(0.1, 0.9), free_trials=1)
    assert float(task.truth(state)["risky_probability"].values) == 0.5
    state, *_ = go(task, state, CENTRE)
    state, *_ = go(task, state, LEFT)
    truth = task.truth(state)
    assert (float(truth["risky_probability"].values), int(truth["block"].values)) == (0.125, 1)
    state, *_ = go(task, state, CENTRE)
    assert go(task, state, LEFT, chance)[2] == pay


def test_a_block_begins_with_each_lever_alone_in_turn() -> None:
    task, state, _ = begin(forced_trials=2, free_trials=1)
    shown, forced = [], []
    for _ in range(2 * 5):
        forced.append(bool(task.truth(state)["forced"].values))
        state, seen, _ = go(task, state, CENTRE)
        shown.append(seen)
        state, *_ = go(task, state, LEFT)
    assert shown == 2 * [LEFT_ALONE, RIGHT_ALONE, LEFT_ALONE, RIGHT_ALONE, BOTH]
    assert forced == 2 * [True, True, True, True, False]


def test_a_lever_that_is_not_there_costs_and_the_trial_goes_on() -> None:
    task, state = at_choice(forced_trials=1)
    assert task.truth(state)["allowed"].values.flatten().tolist() == [True, False, False]
    _, seen, reward = go(task, state, RIGHT)
    assert (seen, reward) == (FIXATION_CUE, -1)
    assert go(task, state, LEFT)[2] == 4


def test_a_wrong_response_costs_at_fixation_and_at_choice() -> None:
    task, state, _ = begin(invalid_reward=-2.0)
    for lever in (LEFT, RIGHT):
        assert go(task, state, lever)[1:] == (BOTH, -2)
    state, *_ = go(task, state, CENTRE)
    assert go(task, state, CENTRE)[1:] == (FIXATION_CUE, -2)


def test_expected_rewards_are_those_of_the_rules() -> None:
    task, state, _ = begin(forced_trials=1, blocks=(0.9,))

    def expected() -> list[float]:
        return task.expected_reward(state).flatten().tolist()

    assert expected() == [-1, -1, 0]
    state, *_ = go(task, state, CENTRE)
    assert expected() == [0.5, -1, -1]
    for action in (LEFT, CENTRE, RIGHT, CENTRE):
        state, *_ = go(task, state, action)
    assert expected() == [0.5, 1, -1]


def test_an_episode_has_the_configured_length() -> None:
    task, _, _ = begin(forced_trials=3, free_trials=7, blocks=(0.1, 0.1, 0.1))
    assert (task.steps, task.features, task.actions, task.start_draws) == (3 * 13 * 2, 4, 3, 4)


def test_without_fixation_a_trial_is_one_step() -> None:
    task, state, seen = begin(fixation=False, forced_trials=1, free_trials=2)
    assert (task.steps, seen) == (8, [0, 1, 0])
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0, 1], 4)
    assert go(task, state, RIGHT)[1:] == ([1, 0, 0], 1)


def test_every_probability_comes_equally_often() -> None:
    task = RiskyChoice(RiskyChoiceConfiguration(blocks=1, probabilities=(0.1, 0.2, 0.3)))
    draws = torch.linspace(0, 0.9999, 300)
    state, _ = task.start(torch.stack([draws, draws], dim=-1)[None])
    values, counts = state.probability.unique(return_counts=True)
    assert values.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert counts.tolist() == [100, 100, 100]
    assert int(state.risky_side.sum()) == 150


def test_a_task_without_probabilities_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="probabilities"):
        RiskyChoiceConfiguration(probabilities=())

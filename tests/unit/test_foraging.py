"""Baited foraging, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.foraging import Foraging, ForagingConfiguration, ForagingState

NEVER = 0.999


def begin(left: float = 0.1, **settings: Any) -> tuple[Foraging, ForagingState, list[float]]:
    """One episode whose left arm has this base rate."""
    task = Foraging(ForagingConfiguration(**settings))
    state, shown = task.start(torch.tensor([[[left / 0.5]]]))
    assert state.base_rate.flatten().tolist() == pytest.approx([left, 0.5 - left])
    return task, state, shown.observation.flatten().tolist()


def go(
    task: Foraging, state: ForagingState, action: int, chance: float = NEVER
) -> tuple[ForagingState, list[float], float]:
    state, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[[chance]]]))
    return state, shown.observation.flatten().tolist(), float(shown.reward)


def trial(task: Foraging, state: ForagingState, action: int) -> ForagingState:
    return go(task, go(task, state, CENTRE)[0], action)[0]


def probability(task: Foraging, state: ForagingState) -> list[float]:
    return task.truth(state)["arm_probability"].values.flatten().tolist()


def left_rates(uniform: list[float], **settings: Any) -> list[float]:
    state, _ = Foraging(ForagingConfiguration(**settings)).start(torch.tensor(uniform)[None, :, None])
    return state.base_rate[0, :, 0].tolist()


def test_a_trial_shows_fixation_then_stimulus_and_pays_for_the_choice() -> None:
    task, state, seen = begin(left=0.1)
    assert seen == [1, 0]
    state, seen, reward = go(task, state, CENTRE, chance=0.0)
    assert (seen, reward) == ([0, 1], 0)
    assert go(task, state, LEFT, chance=0.09)[1:] == ([1, 0], 1)
    assert go(task, state, LEFT, chance=0.11)[2] == 0
    assert go(task, state, RIGHT, chance=0.39)[2] == 1
    assert go(task, state, RIGHT, chance=0.41)[2] == 0


def test_an_arm_left_alone_becomes_likelier_to_pay() -> None:
    task, state, _ = begin(left=0.1)
    assert probability(task, state) == pytest.approx([0.1, 0.4])
    state = trial(task, state, LEFT)
    assert probability(task, state) == pytest.approx([0.1, 1 - 0.6**2])
    state = trial(task, state, LEFT)
    assert probability(task, state) == pytest.approx([0.1, 1 - 0.6**3])
    state = trial(task, state, RIGHT)
    assert probability(task, state) == pytest.approx([1 - 0.9**2, 0.4])
    assert task.truth(state)["trials_since_chosen"].values.flatten().tolist() == [1, 0]


def test_fixation_changes_no_bait() -> None:
    task, state, _ = begin()
    state = trial(task, state, LEFT)
    fixated, *_ = go(task, state, LEFT)
    assert probability(task, fixated) == probability(task, state)


@pytest.mark.parametrize("action", [LEFT, RIGHT])
def test_a_wrong_fixation_costs_and_the_trial_goes_on(action: int) -> None:
    task, state, _ = begin()
    assert go(task, state, action, chance=0.0)[1:] == ([0, 1], -1)


def test_no_choice_costs_and_leaves_both_arms_alone() -> None:
    task, state, _ = begin(left=0.1, invalid_reward=-2.0)
    state, seen, reward = go(task, go(task, state, CENTRE)[0], CENTRE, chance=0.0)
    assert (seen, reward) == ([1, 0], -2)
    assert probability(task, state) == pytest.approx([1 - 0.9**2, 1 - 0.6**2])


def test_a_trial_that_a_wrong_fixation_ended_leaves_both_arms_alone() -> None:
    task, state, _ = begin(left=0.1, invalid_ends_trial=True)
    state, seen, reward = go(task, state, LEFT)
    assert (seen, reward) == ([0, 0], -1)
    assert task.expected_reward(state).flatten().tolist() == [0, 0, 0]
    for response in (LEFT, RIGHT, CENTRE):
        following, seen, reward = go(task, state, response, chance=0.0)
        assert (seen, reward) == ([1, 0], 0)
        assert probability(task, following) == pytest.approx([1 - 0.9**2, 1 - 0.6**2])


def test_each_step_says_what_it_wants_and_what_it_is_worth() -> None:
    task, state, _ = begin(left=0.1)
    assert task.truth(state)["allowed"].values.flatten().tolist() == [False, False, True]
    assert task.expected_reward(state).flatten().tolist() == [-1, -1, 0]
    state, *_ = go(task, state, CENTRE)
    assert task.truth(state)["allowed"].values.flatten().tolist() == [True, True, False]
    assert task.expected_reward(state).flatten().tolist() == pytest.approx([0.1, 0.4, -1])


def test_training_leaves_out_the_held_out_base_rates() -> None:
    # A third of the draws each falls in [0, .1), [.2, .3) and [.4, .5).
    uniform = [0.0, 0.3, 0.34, 0.6, 0.7, 0.99]
    assert left_rates(uniform, base_rates="training") == pytest.approx([0.0, 0.09, 0.202, 0.28, 0.41, 0.497])
    assert left_rates(uniform) == pytest.approx([0.0, 0.15, 0.17, 0.3, 0.35, 0.495])


def test_no_training_episode_is_held_out_and_two_fifths_of_all_are() -> None:
    uniform = torch.rand(1, 20_000, 1, generator=torch.Generator().manual_seed(0))
    for rates, share in (("training", 0.0), ("all", 0.4)):
        task = Foraging(ForagingConfiguration(base_rates=rates))
        state, _ = task.start(uniform)
        held_out = task.truth(state)["held_out"].values
        assert float(held_out.float().mean()) == pytest.approx(share, abs=0.015 * (share > 0))
        assert float(state.base_rate.min()) >= 0


@pytest.mark.parametrize(("left", "held_out"), [(0.09, 0), (0.11, 1), (0.19, 1), (0.21, 0), (0.31, 1), (0.41, 0)])
def test_the_truth_names_held_out_episodes(left: float, held_out: int) -> None:
    task, state, _ = begin(left)
    assert bool(task.truth(state)["held_out"].values) == bool(held_out)


def test_episodes_of_training_end_after_their_own_number_of_trials() -> None:
    task = Foraging(ForagingConfiguration(trials=6, minimum_trials=3))
    lengths = torch.tensor([0.0, 0.26, 0.51, 0.999])
    state, _ = task.start(torch.stack([torch.full_like(lengths, 0.5), lengths], -1)[None])
    assert state.trials.tolist() == [[3, 4, 5, 6]]
    steps_run, earned_after = torch.zeros(1, 4), torch.zeros(1, 4)
    over = torch.zeros(1, 4, dtype=torch.bool)
    for step in range(task.steps):
        steps_run += ~over
        # Left always pays at a draw of 0, and an unwanted response always costs.
        action = torch.full((1, 4), LEFT if step % 2 else CENTRE)
        state, shown = task.step(state, action, torch.zeros(1, 4, 1))
        earned_after += shown.reward.abs() * over
        over = shown.ended
    assert steps_run.tolist() == [[6, 8, 10, 12]]
    assert not bool(earned_after.any())
    assert bool(over.all())


def test_every_length_is_equally_likely() -> None:
    task = Foraging(ForagingConfiguration(minimum_trials=50))
    uniform = torch.rand(1, 51_000, 2, generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(task.start(uniform)[0].trials.flatten())
    assert counts[:50].sum() == 0
    assert len(counts) == 101
    assert (counts[50:] - 1000).abs().max() < 160


def test_the_fewest_trials_are_no_more_than_the_most() -> None:
    with pytest.raises(ConfigurationError, match="minimum_trials is 60 and trials 50"):
        ForagingConfiguration(trials=50, minimum_trials=60)


def test_without_fixation_a_trial_has_one_step() -> None:
    task, state, seen = begin(left=0.1, fixation=False, trials=7)
    assert (task.steps, task.features, task.actions) == (7, 1, 3)
    assert seen == [1]
    state, seen, reward = go(task, state, RIGHT, chance=0.39)
    assert (seen, reward) == ([1], 1)
    assert probability(task, state) == pytest.approx([1 - 0.9**2, 0.4])

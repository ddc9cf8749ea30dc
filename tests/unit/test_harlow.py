"""Harlow's task, step by step: what is seen, what a shift of the gaze does, what it earns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.harlow import HarlowGaze, HarlowGazeConfiguration, HarlowState
from pfc_metarl.tasks.harlow_choice import HarlowChoice
from pfc_metarl.tasks.harlow_scene import CROSS, HEIGHT, OBJECT, STRAIGHT, SWAPPED, WIDTH, draw_pair, window_views
from pfc_metarl.tasks.stimuli import BACKGROUND
from pfc_metarl.tasks.task import TimeStep

NOTHING = torch.empty(1, 1, 0)

# Objects 0 and 1; the first is rewarded; it is left, right, right, ... from trial to trial.
FIRST_SIDES = (0, 1, 1, 0, 1, 0)


def start(gaze: int = 0, shifts: int = 1, **settings: Any) -> tuple[HarlowGaze, HarlowState, TimeStep]:
    task = HarlowGaze(HarlowGazeConfiguration(objects=4, shifts=shifts, **settings))
    position = (gaze + shifts + 0.5) / (2 * shifts + 1)
    sides = [0.9 if side == 0 else 0.1 for side in FIRST_SIDES]
    uniform = torch.tensor([0.0, 0.0, 0.9, position, *sides])[None, None]
    return (task, *task.start(uniform))


def picture(shown: TimeStep) -> Tensor:
    """What is seen, as brightness from 0 to 1."""
    return (shown.observation.view(-1, HEIGHT, WIDTH, 3)[0] + 1) / 2


def live(
    task: HarlowGaze, state: HarlowState, actions: list[int]
) -> tuple[HarlowState, list[float], list[Tensor], bool]:
    rewards, views, ended = [], [], False
    for action in actions:
        state, shown = task.step(state, torch.tensor([[action]]), NOTHING)
        rewards.append(round(float(shown.reward), 3))
        views.append(picture(shown))
        ended = bool(shown.ended)
    return state, rewards, views, ended


def test_a_trial_by_hand() -> None:
    """From the far right: nothing, fixation (.2), rewarded left object (+1), a look at it that nothing moves,
    back (.2), the other object (-1)."""
    task, state, _ = start(gaze=1)
    state, rewards, _, ended = live(task, state, [CENTRE, LEFT, LEFT, RIGHT, RIGHT, LEFT])
    assert rewards == [0.0, 0.2, 1.0, 0.0, 0.2, -1.0]
    assert int(state.trial) == 1
    state, rewards, _, ended = live(task, state, [RIGHT])
    assert (rewards, int(state.trial), ended) == ([0.0], 2, False)
    assert int(state.gaze) == -1


def test_without_dwelling_the_cross_is_back_at_once() -> None:
    task, state, _ = start(gaze=1, dwell=0)
    state, rewards, _, ended = live(task, state, [CENTRE, LEFT, LEFT, RIGHT, LEFT])
    assert rewards == [0.0, 0.2, 1.0, 0.2, -1.0]
    assert int(state.trial) == 2
    assert not ended


def test_looking_nowhere_new_waits() -> None:
    task, state, _ = start(gaze=-1)
    state, rewards, _, _ = live(task, state, [LEFT, LEFT, RIGHT, CENTRE, CENTRE])
    assert rewards == [0.0, 0.0, 0.2, 0.0, 0.0]
    assert bool(state.choosing)


def test_an_ideal_subject_needs_three_steps_a_trial_and_then_the_episode_is_over() -> None:
    task, state, _ = start(gaze=-1)
    actions, gaze = [], -1
    for side in FIRST_SIDES:
        target = -1 if side == 0 else 1
        actions += [RIGHT if gaze < 0 else LEFT, RIGHT if target > 0 else LEFT, CENTRE]
        gaze = target
    state, rewards, _, ended = live(task, state, actions)
    assert rewards == [0.2, 1.0, 0.0] * 6
    assert ended
    _, rewards, _, ended = live(task, state, [LEFT, RIGHT, RIGHT])
    assert rewards == [0.0] * 3
    assert ended


def test_an_episode_ends_after_its_longest_time() -> None:
    task, state, _ = start(longest=3)
    assert not live(task, state, [LEFT, LEFT])[3]
    assert live(task, state, [LEFT, LEFT, LEFT])[3]


def test_with_two_shifts_an_object_is_chosen_only_when_fixated() -> None:
    task, state, _ = start(gaze=2, shifts=2)
    _, rewards, _, _ = live(task, state, [LEFT, LEFT, RIGHT, CENTRE, RIGHT])
    assert rewards == [0.0, 0.2, 0.0, 0.0, -1.0]


def test_reward_sizes_of_the_released_level() -> None:
    task, state, _ = start(gaze=1, fixation_reward=1.0, correct_reward=5.0, wrong_reward=-5.0)
    assert live(task, state, [LEFT, LEFT, CENTRE, RIGHT, LEFT])[1] == [1.0, 5.0, 0.0, 1.0, -5.0]


def test_what_is_seen() -> None:
    """The cross and the objects stay in the scene while the window moves by 8 pixels a shift."""
    task, state, shown = start(gaze=1)
    first = picture(shown)
    _, _, views, _ = live(task, state, [LEFT, RIGHT, LEFT])
    objects, chosen, back = views
    one, other = (image.numpy() for image in task.objects[:2])
    middle, top = WIDTH // 2, (HEIGHT - OBJECT) // 2
    # From one shift right of it the cross lies 8 pixels left of the view's middle.
    rows, columns = (first.sum(-1) == 0).nonzero(as_tuple=True)
    assert (rows.float().mean() + 0.5, columns.float().mean() + 0.5) == (HEIGHT // 2, middle - 8)
    # The first object is left: its middle lies 8 pixels left of the view's, the other's 8 pixels right.
    place = slice(top, top + OBJECT)
    np.testing.assert_allclose(objects[place, middle - 14 : middle - 2].numpy(), one, atol=1e-6)
    np.testing.assert_allclose(objects[place, middle + 2 : middle + 14].numpy(), other, atol=1e-6)
    assert bool((objects[:top] == BACKGROUND).all())
    # Choosing the right one moves the window there: it stands in the middle, with its outcome.
    np.testing.assert_allclose(chosen[place, middle - 6 : middle + 6].numpy(), other, atol=1e-6)
    # Then the cross is back, seen from there, as it was at first.
    assert torch.equal(back, first)


def test_views_are_ordered_by_scene_and_position() -> None:
    pair = torch.rand(1, 1, 2, OBJECT, OBJECT, 3)
    views = window_views(pair, shifts=2).view(3, 5, HEIGHT, WIDTH, 3)
    assert bool((views[CROSS, 2] == -1).any())
    assert bool((views[CROSS] <= 0).all())
    for position in range(4):
        assert torch.equal(views[STRAIGHT, position, :, 4:], views[STRAIGHT, position + 1, :, :-4])
    mirrored = torch.stack([pair[:, :, 1], pair[:, :, 0]], dim=2)
    assert torch.equal(views[SWAPPED], window_views(mirrored, shifts=2).view(3, 5, HEIGHT, WIDTH, 3)[STRAIGHT])


def test_a_pair_is_two_objects_and_every_pair_is_as_likely() -> None:
    uniform = torch.rand(1, 60_000, 2, generator=torch.Generator().manual_seed(0))
    pair = draw_pair(uniform, 3)[0]
    assert bool((pair[:, 0] != pair[:, 1]).all())
    counts = torch.bincount(pair[:, 0] * 3 + pair[:, 1], minlength=9).view(3, 3)
    expected = 10_000 * (1 - torch.eye(3))
    assert bool(((counts - expected).abs() < 400).all())
    edge = draw_pair(torch.full((1, 1, 2), 1 - 1e-8), 3)[0, 0]
    assert sorted(edge.tolist()) == [1, 2]


@pytest.mark.parametrize("rewarded", [0.1, 0.9])
def test_the_truth_tells_the_rewarded_side(rewarded: float) -> None:
    task = HarlowGaze(HarlowGazeConfiguration(objects=4))
    uniform = torch.tensor([0.0, 0.0, rewarded, 0.5, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1])[None, None]
    state, _ = task.start(uniform)
    side = int(task.truth(state)["rewarded_side"].values)
    state, _ = task.step(state, torch.tensor([[CENTRE]]), NOTHING)
    _, shown = task.step(state, torch.tensor([[side]]), NOTHING)
    assert float(shown.reward) == 1.0


def test_the_choice_version_shows_both_objects_and_pays_at_once() -> None:
    task = HarlowChoice()
    uniform = torch.rand(1, 50, task.start_draws, generator=torch.Generator().manual_seed(0))
    state, shown = task.start(uniform)
    for trial in range(6):
        side = task.truth(state)["rewarded_side"].values
        expected = task.expected_reward(state)
        assert torch.equal(expected.argmax(-1), side)
        assert not bool(shown.ended.any())
        state, shown = task.step(state, side if trial % 2 else 1 - side, torch.empty(1, 50, 0))
        assert bool((shown.reward == (1.0 if trial % 2 else -1.0)).all())
    assert bool(shown.ended.all())


def test_the_choice_version_keeps_the_rewarded_object_and_not_its_side() -> None:
    task = HarlowChoice()
    state, shown = task.start(torch.rand(1, 200, task.start_draws, generator=torch.Generator().manual_seed(1)))
    looks, sides = [], []
    for _ in range(6):
        side = task.truth(state)["rewarded_side"].values[0]
        left = shown.observation.view(200, HEIGHT, WIDTH, 3)[:, 2:14, 2:14]
        right = shown.observation.view(200, HEIGHT, WIDTH, 3)[:, 2:14, 18:30]
        looks.append(torch.where(side[:, None, None, None] == 0, left, right))
        sides.append(side)
        state, shown = task.step(state, side[None], torch.empty(1, 200, 0))
    assert all(torch.equal(look, looks[0]) for look in looks)
    assert abs(float(torch.stack(sides).float().mean()) - 0.5) < 0.06

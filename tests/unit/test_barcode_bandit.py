"""Barcode bandits, pull by pull, against their rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit, BarcodeBanditConfiguration
from pfc_metarl.tasks.episode import draw_chance

SUBJECTS, EPOCHS = 2, 30


def make(**settings: Any) -> BarcodeBandit:
    return BarcodeBandit(BarcodeBanditConfiguration(**settings))


def epoch(task: BarcodeBandit, name: str, epochs: int = EPOCHS) -> Tensor:
    """One hidden variable in all episodes of several epochs, as training and recording draw them."""
    streams, values = Streams(0, range(SUBJECTS)), []
    for counter in range(task.epoch):
        chance = draw_chance(task, streams, counter, epochs)
        values.append(task.truth(task.start_at(chance.position, chance.start)[0])[name].values)
    return torch.stack(values, dim=-1)


def test_an_epoch_is_a_hundred_episodes_of_ten_pulls() -> None:
    task = make()
    assert (task.epoch, task.steps, task.actions, task.features) == (100, 10, 10, 10)
    assert task.remembering is not None
    assert task.remembering.storing == (9,)
    assert task.remembering.cue == task.remembering.context == range(10)


def test_every_arm_is_good_in_one_of_ten_contexts() -> None:
    task = make()
    context, good = epoch(task, "context"), epoch(task, "good_arm")
    first = torch.stack([good.gather(-1, (context == each).int().argmax(-1, keepdim=True)) for each in range(10)], -1)
    assert bool((first.flatten(0, -2).sort(-1).values == torch.arange(10)).all())


def test_every_arm_is_good_somewhere_where_contexts_outnumber_arms() -> None:
    task = make(arms=3, contexts=8, exposures=2)
    good = epoch(task, "good_arm")
    assert all(bool((good == arm).any(-1).all()) for arm in range(3))
    assert len((good == 0).sum(-1).unique()) > 1


def test_a_barcode_keeps_its_arm_for_an_epoch_and_not_beyond() -> None:
    task = make(exposures=3, bits=4)
    barcode, good = epoch(task, "barcode"), epoch(task, "good_arm")
    arm_of = torch.full((SUBJECTS, EPOCHS, 16), -1)
    for position in range(task.epoch):
        here, arm = barcode[..., position, None], good[..., position, None]
        known = arm_of.gather(-1, here)
        assert bool(((known == -1) | (known == arm)).all())
        arm_of.scatter_(-1, here, arm)
    assert all(len(arm_of[..., each].unique()) > 5 for each in range(16))


def test_an_arm_says_nothing_about_a_barcode() -> None:
    task = make(contexts=2, arms=2, exposures=1, bits=1)
    code, good = epoch(task, "barcode", 2000)[..., 0], epoch(task, "good_arm", 2000)[..., 0]
    same = (code == good).float().mean()
    assert abs(float(same) - 0.5) < 5 * 0.5 / (SUBJECTS * 2000) ** 0.5


def test_arms_pay_as_said_and_the_barcode_stays() -> None:
    task = make()
    state, shown = task.start_at(3, torch.rand(1, 1, task.start_draws, generator=torch.Generator().manual_seed(0)))
    good = int(task.truth(state)["good_arm"].values)
    for arm, chance, reward in (
        (good, 0.89, 1),
        (good, 0.91, 0),
        ((good + 1) % 10, 0.09, 1),
        ((good + 1) % 10, 0.11, 0),
    ):
        following, then = task.step(state, torch.tensor([[arm]]), torch.tensor([[[chance]]]))
        assert float(then.reward) == reward
        assert torch.equal(then.observation, shown.observation)
        assert following.pull == 1
    payoff = task.expected_reward(state).flatten().tolist()
    assert payoff == pytest.approx([0.9 if arm == good else 0.1 for arm in range(10)])


def test_the_belief_is_bayes_rule() -> None:
    task = make(arms=3, contexts=3)
    action, reward = torch.tensor([[[0, 1, 1, 2]]]), torch.tensor([[[1.0, 0.0, 1.0, 0.0]]])
    believed = task.belief(action, reward)["believed_good_arm"].values[0, 0]
    prior = torch.tensor([1 / 3] * 3)
    # Likelihood of each outcome under each arm being the good one.
    likelihood = torch.tensor([[0.9, 0.1, 0.1], [0.9, 0.1, 0.9], [0.1, 0.9, 0.1]])
    for step in range(4):
        torch.testing.assert_close(believed[step], prior)
        prior = prior * likelihood[step] if step < 3 else prior
        prior = prior / prior.sum()


def test_pictures_take_the_place_of_barcodes() -> None:
    task, plain = make(picture=True), make()
    assert (task.image, task.features, plain.image) == ((8, 8, 1), 64, None)
    uniform = torch.rand(1, 4, task.start_draws, generator=torch.Generator().manual_seed(0))
    (state, shown), (other, _) = task.start_at(7, uniform), plain.start_at(7, uniform)
    assert torch.equal(state.good_arm, other.good_arm)
    assert torch.equal(shown.observation, task.recurrence.looks[state.meeting.code])


def test_arms_need_contexts() -> None:
    with pytest.raises(ConfigurationError, match="9 contexts cannot each have one of 10 arms"):
        make(contexts=9)

"""The contextual bandit: contexts that differ, arms that share them, payoffs, and what an epoch keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.contextual_bandit import ContextualBandit, ContextualBanditConfiguration
from pfc_metarl.tasks.episode import draw_chance


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape, np.float32))


@pytest.mark.parametrize(("contexts", "bits"), [(16, 4), (20, 5), (100, 16), (1, 1)])
def test_no_two_contexts_look_the_same(contexts: int, bits: int) -> None:
    task = ContextualBandit(ContextualBanditConfiguration(contexts=contexts, bits=bits))
    state, _ = task.start(uniform(2, 20, task.start_draws))
    looks = []
    for context in range(contexts):
        state = replace(state, context=torch.full_like(state.context, context), trial=0)
        looks.append(task._show(state, torch.zeros(2, 20)).observation)
    shown = torch.stack(looks, dim=2)
    assert shown.shape == (2, 20, contexts, bits)
    for own in shown.flatten(0, 1):
        assert len(own.unique(dim=0)) == contexts


def test_more_contexts_than_bits_can_tell_apart_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="4 bits tell 16 contexts apart, not 17"):
        ContextualBanditConfiguration(contexts=17, bits=4)


def test_arms_share_the_contexts_evenly_and_at_random() -> None:
    task = ContextualBandit(ContextualBanditConfiguration(contexts=12, arms=5))
    state, _ = task.start(uniform(1, 2000, task.start_draws))
    arms = state.better_arm[0]
    counts = torch.stack([(arms == arm).sum(dim=-1) for arm in range(5)], dim=-1)
    assert counts.sort(dim=-1).values.unique(dim=0).tolist() == [[2, 2, 2, 3, 3]]
    first = torch.bincount(arms[:, 0], minlength=5) / 2000
    # The two arms that have a third context are the first two.
    np.testing.assert_allclose(first, np.array([3, 3, 2, 2, 2]) / 12, atol=4 * np.sqrt(0.25 * 0.75 / 2000))


def test_the_shown_bits_are_those_of_the_context_and_payoffs_those_of_its_arm() -> None:
    task = ContextualBandit(ContextualBanditConfiguration(better=0.8, worse=0.3, trials=4))
    state, shown = task.start(uniform(2, 500, task.start_draws))
    right = wrong = 0.0
    for step in range(4):
        truth = task.truth(state)
        code = state.code.gather(-1, truth["context"].values[..., None])
        bits = (code >> torch.arange(task.features)) & 1
        assert torch.equal(shown.observation, 2.0 * bits - 1)
        better = truth["better_arm"].values
        action = better if step % 2 else (better + 1) % task.actions
        state, shown = task.step(state, action, uniform(2, 500, 2, seed=step + 1))
        assert bool(shown.ended.all()) == (step == 3)
        right += float(shown.reward.mean()) * (step % 2) / 2
        wrong += float(shown.reward.mean()) * (1 - step % 2) / 2
    assert right == pytest.approx(0.8, abs=0.04)
    assert wrong == pytest.approx(0.3, abs=0.04)


def test_an_epoch_keeps_contexts_and_arms_and_begins_with_each_in_turn() -> None:
    task = ContextualBandit(ContextualBanditConfiguration(contexts=4, epoch=5))
    streams, states = Streams(0, [0, 1]), []
    for episode in range(6):
        chance = draw_chance(task, streams, episode, 1)
        states.append(task.start_at(chance.position, chance.start)[0])
    for state in states[1:5]:
        assert torch.equal(state.code, states[0].code)
        assert torch.equal(state.better_arm, states[0].better_arm)
    contexts = torch.stack([state.context[:, 0] for state in states[:5]], dim=-1)
    assert (contexts[:, 1:] - contexts[:, :-1]).remainder(4).eq(1).all()
    assert not torch.equal(states[5].code, states[0].code)

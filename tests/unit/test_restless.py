"""Restless bandits, step by step, and the filter that follows them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import norm

from pfc_metarl.agents.reference.restless import WalkOptimalAgent, WalkThompsonAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.restless import (
    RestlessBandit,
    RestlessBanditConfiguration,
    RestlessBanditState,
    reflected,
)
from pfc_metarl.tasks.walk_filter import WalkFilter


def begin(probability: float, volatile: bool, **settings: float) -> tuple[RestlessBandit, RestlessBanditState]:
    task = RestlessBandit(RestlessBanditConfiguration.model_validate(settings))
    state, _ = task.start(torch.tensor([[[probability, 0.0 if volatile else 0.9]]]))
    return task, state


def go(
    task: RestlessBandit, state: RestlessBanditState, arm: int, chance: float, quantile: float = 0.5
) -> tuple[float, float]:
    """Reward, and the first arm's probability afterwards."""
    following, shown = task.step(state, torch.tensor([[arm]]), torch.tensor([[[chance, quantile]]]))
    return float(shown.reward), float(following.probability)


def test_the_arms_pay_with_p_and_1_minus_p() -> None:
    task, state = begin(0.3, volatile=False)
    assert [go(task, state, 0, chance)[0] for chance in (0.0, 0.29, 0.31)] == [1, 1, 0]
    assert [go(task, state, 1, chance)[0] for chance in (0.0, 0.69, 0.71)] == [1, 1, 0]
    truth = task.truth(state)
    assert truth["arm_probability"].values.flatten().tolist() == pytest.approx([0.3, 0.7])
    assert int(truth["better_arm"].values) == 1


@pytest.mark.parametrize(("volatile", "size"), [(False, 0.02), (True, 0.2)])
def test_a_step_is_a_normal_quantile_times_the_episodes_size(volatile: bool, size: float) -> None:
    task, state = begin(0.5, volatile)
    assert bool(task.truth(state)["volatile"].values) == volatile
    for quantile in (0.05, 0.5, 0.9):
        assert go(task, state, 0, 0.5, quantile)[1] == pytest.approx(0.5 + size * norm.ppf(quantile), abs=1e-6)


def test_the_walk_is_reflected_as_often_as_it_must_be() -> None:
    moved = torch.tensor([-0.2, 0.0, 0.4, 1.0, 1.3, 2.1, -1.4, -2.3])
    np.testing.assert_allclose(reflected(moved), [0.2, 0.0, 0.4, 1.0, 0.7, 0.1, 0.6, 0.3], atol=1e-6)


def test_a_fast_walk_forgets_where_it_began_and_visits_everywhere_alike() -> None:
    task = RestlessBandit(RestlessBanditConfiguration(volatility="high"))
    generator = torch.Generator().manual_seed(0)
    state, _ = task.start(torch.zeros(1, 4000, 2))
    for _ in range(60):
        state, _ = task.step(state, torch.zeros(1, 4000, dtype=torch.long), torch.rand(1, 4000, 2, generator=generator))
    counts = np.histogram(state.probability.numpy(), bins=10, range=(0, 1))[0]
    assert np.abs(counts - 400).max() < 5 * 400**0.5


@pytest.mark.parametrize(("volatility", "share"), [("low", 0.0), ("high", 1.0), ("either", 0.5)])
def test_the_setting_says_which_episodes_there_are(volatility: str, share: float) -> None:
    task = RestlessBandit(RestlessBanditConfiguration.model_validate({"volatility": volatility}))
    state, _ = task.start(torch.rand(1, 2000, 2, generator=torch.Generator().manual_seed(0)))
    assert float(state.volatile.float().mean()) == pytest.approx(share, abs=0.05 * (0 < share < 1))


def test_a_step_of_the_filter_keeps_all_belief_and_a_flat_one_stays_flat() -> None:
    filter_ = WalkFilter([0.02, 0.5], points=40)
    flat = filter_.prior(1, 1)
    for outcomes in itertools.product([True, False], repeat=3):
        belief = flat
        for outcome in outcomes:
            belief = filter_.following(belief, torch.tensor([[outcome]]))
            assert float(belief.sum()) == pytest.approx(1, abs=1e-5)
            assert float(belief.min()) >= 0
    moved = flat.movedim(-2, 0).flatten(1, 2) @ filter_._transition
    np.testing.assert_allclose(moved, 1 / 80, rtol=1e-3)


def test_the_first_beliefs_are_those_of_a_counted_posterior_where_nothing_moves() -> None:
    filter_ = WalkFilter([1e-6], points=400)
    belief, heads = filter_.prior(1, 1), 0
    for trial, outcome in enumerate([True, True, False, True]):
        mean = float(filter_.where(belief) @ filter_.position)
        assert mean == pytest.approx((1 + heads) / (2 + trial), abs=1e-4)
        belief = filter_.following(belief, torch.tensor([[outcome]]))
        heads += outcome


def test_the_learners_play_the_restless_bandit_only() -> None:
    for kind in (WalkOptimalAgent, WalkThompsonAgent):
        with pytest.raises(ConfigurationError, match="plays the restless bandit only"):
            record(kind(1, [0.1]), Bandit(), 1)


def test_the_best_learner_takes_the_arm_it_believes_in() -> None:
    recording = record(WalkOptimalAgent(2, (0.02, 0.2)), RestlessBandit(), 30, 3)
    believed = recording["believed_probability"].values
    clear = np.abs(believed - 0.5) > 1e-4
    np.testing.assert_array_equal((recording["choice"].values == 0)[clear], (believed > 0.5)[clear])


def test_thompson_sampling_takes_an_arm_as_often_as_it_is_the_better_one() -> None:
    agent = WalkThompsonAgent(1, [0.1])
    where = agent.filter.where(agent.filter.following(agent.filter.prior(1, 1), torch.tensor([[True]])))
    uniform = ((torch.arange(1000) + 0.5) / 1000)[None, :, None]
    chosen = agent.decide(where.expand(1, 1000, -1), uniform)
    first_better = float(where[..., agent.filter.position > 0.5].sum())
    assert float((chosen == 0).float().mean()) == pytest.approx(first_better, abs=0.002)

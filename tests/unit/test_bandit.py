"""The Bernoulli bandit, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration
from pfc_metarl.tasks.episode import Row, Senses, draw_chance, run_episodes


def started(episodes: int = 500, **settings: object) -> tuple[Bandit, Tensor]:
    task = Bandit(BanditConfiguration(**settings))
    state, _ = task.start(draw_chance(task, Streams(0, [0, 1]), 0, episodes).start)
    return task, state.probability


def random_rows(task: Bandit, episodes: int = 3) -> list[Row]:
    def act(senses: Senses, uniform: Tensor) -> Tensor:
        return (uniform[..., 0] * task.actions).long()

    return list(run_episodes(task, act, draw_chance(task, Streams(1, [0, 1]), 0, episodes)))


def test_a_fixed_problem_is_the_same_in_every_episode() -> None:
    _, probability = started(probabilities=(0.2, 0.9, 0.4), arms=3)
    assert torch.equal(probability, torch.tensor([0.2, 0.9, 0.4]).expand(2, 500, 3))


def test_a_fixed_problem_overrides_the_distribution() -> None:
    _, probability = started(probabilities=(0.2, 0.9), distribution="correlated")
    assert torch.equal(probability, torch.tensor([0.2, 0.9]).expand(2, 500, 2))


def test_independent_arms_are_uniform_and_independent() -> None:
    _, probability = started(episodes=4000, arms=3)
    flat = probability.reshape(-1, 3).numpy()
    np.testing.assert_allclose(flat.mean(0), 0.5, atol=0.02)
    np.testing.assert_allclose(flat.var(0), 1 / 12, atol=0.005)
    correlation = np.corrcoef(flat.T)
    assert np.abs(correlation - np.eye(3)).max() < 0.05


def test_correlated_arms_sum_to_one() -> None:
    _, probability = started(distribution="correlated")
    torch.testing.assert_close(probability.sum(-1), torch.ones(2, 500))
    assert probability[..., 0].std() > 0.25


@pytest.mark.parametrize(("distribution", "better"), [("easy", 0.9), ("medium", 0.75), ("hard", 0.6)])
def test_a_graded_problem_has_its_two_payoffs_with_the_better_side_at_random(distribution: str, better: float) -> None:
    _, probability = started(distribution=distribution)
    torch.testing.assert_close(probability.max(-1).values, torch.full((2, 500), better))
    torch.testing.assert_close(probability.min(-1).values, torch.full((2, 500), 1 - better))
    left = (probability[..., 0] > probability[..., 1]).float().mean()
    assert 0.43 < left < 0.57


def test_an_arm_pays_where_the_draw_falls_below_its_probability() -> None:
    task = Bandit(BanditConfiguration(probabilities=(0.0, 1.0, 0.5), arms=3))
    state, _ = task.start(torch.zeros(1, 3, 3))
    action = torch.tensor([[0, 1, 2]])
    for draw, paid in ((0.0, [0, 1, 1]), (0.4999, [0, 1, 1]), (0.5, [0, 1, 0]), (0.9999, [0, 1, 0])):
        _, shown = task.step(state, action, torch.full((1, 3, 1), draw))
        assert shown.reward.tolist() == [paid]


def test_payoffs_do_not_change_within_an_episode() -> None:
    rows = random_rows(Bandit(BanditConfiguration(trials=6)))
    for row in rows:
        assert torch.equal(row.state.probability, rows[0].state.probability)


def test_the_truth_is_the_payoffs_and_the_better_arm() -> None:
    task, probability = started(arms=4)
    state, _ = task.start(probability)
    truth = task.truth(state)
    assert torch.equal(truth["arm_probability"].values, probability)
    assert truth["arm_probability"].axes == ("arm",)
    assert torch.equal(truth["better_arm"].values, probability.argmax(-1))


@pytest.mark.parametrize("distribution", ["independent", "correlated"])
def test_the_belief_is_the_hand_counted_posterior_mean(distribution: str) -> None:
    task = Bandit(BanditConfiguration(trials=8, distribution=distribution))
    rows = random_rows(task)
    action, reward = (torch.stack([getattr(row, name) for row in rows], dim=-1) for name in ("action", "reward"))
    belief = task.belief(action, reward)["believed_probability"].values
    for subject in range(2):
        for episode in range(3):
            heads, tails = [1, 1], [1, 1]  # a uniform prior counts as one success and one failure
            for step in range(8):
                expected = [heads[arm] / (heads[arm] + tails[arm]) for arm in (0, 1)]
                np.testing.assert_allclose(belief[subject, episode, step], expected, rtol=1e-6)
                arm, won = int(action[subject, episode, step]), bool(reward[subject, episode, step])
                (heads if won else tails)[arm] += 1
                if distribution == "correlated":
                    (tails if won else heads)[1 - arm] += 1


@pytest.mark.parametrize("settings", [{"distribution": "easy"}, {"probabilities": (0.25, 0.75)}])
def test_no_belief_is_claimed_where_none_is_known(settings: dict[str, object]) -> None:
    task = Bandit(BanditConfiguration(**settings))
    assert task.belief(torch.zeros(1, 1, 4, dtype=torch.int64), torch.zeros(1, 1, 4)) == {}

"""Policy gradients of first and second order against worlds small enough to enumerate."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import comb
from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.func import grad, hessian, jacrev

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.experience import Encounter, Episodes, live, shared
from pfc_metarl.meta_gradient.maml import gradient_step
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.policy_gradient import RIDGE, SMALLEST_SPREAD, advantages, baseline, surrogate
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner

RATE = 0.7

# A bandit with certain payoffs, and a policy that takes its arms with 1/2, 1/4 and 1/4.
PAYOFF = torch.tensor([0.2, 1.0, 0.5], dtype=torch.float64)
LOGITS = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64).log()
ARMS = torch.tensor([0, 0, 1, 2])


def expected(logits: Tensor) -> Tensor:
    """The bandit's expected reward."""
    return torch.softmax(logits, dim=-1) @ PAYOFF


def estimated(weights: Mapping[str, Tensor], level: float) -> Tensor:
    """The surrogate on four one-step episodes, whose arms are as frequent as they are likely."""
    log_probability = torch.log_softmax(weights["logits"], dim=-1)[ARMS, None]
    return surrogate(log_probability, (PAYOFF[ARMS] - level)[:, None], torch.ones(4, 1, dtype=torch.bool))


@pytest.mark.parametrize("level", [0.0, 0.475, 3.0])
def test_in_a_bandit_both_derivatives_are_those_of_the_expected_reward(level: float) -> None:
    """Whatever the baseline is, as long as the action does not change it."""
    weights = {"logits": LOGITS}
    torch.testing.assert_close(grad(estimated)(weights, level)["logits"], grad(expected)(LOGITS))
    second = hessian(lambda logits: estimated({"logits": logits}, level))(LOGITS)
    torch.testing.assert_close(second, hessian(expected)(LOGITS))
    assert float(estimated(weights, level)) == 0


def test_in_a_bandit_the_meta_gradient_is_that_of_the_adapted_expected_reward() -> None:
    def adapted(logits: Tensor) -> Tensor:
        loss = lambda weights, level: -estimated(weights, level)  # noqa: E731
        return expected(gradient_step(loss, {"logits": logits}, 0.4, RATE)["logits"])

    def closed_form(logits: Tensor) -> Tensor:
        probability = torch.softmax(logits, dim=-1)
        return expected(logits + RATE * probability * (PAYOFF - probability @ PAYOFF))

    torch.testing.assert_close(adapted(LOGITS), closed_form(LOGITS))
    torch.testing.assert_close(grad(adapted)(LOGITS), grad(closed_form)(LOGITS))


def test_in_several_steps_the_second_derivatives_lack_what_joins_two_steps() -> None:
    """Three steps, two actions, what is seen is the place; the baseline differs from place to place."""
    generator = torch.Generator().manual_seed(0)
    table, rewards, levels = (torch.rand(shape, generator=generator, dtype=torch.float64) for shape in ((8, 2), 16, 8))
    # Places are the histories of actions, numbered as in a binary tree.
    paths = [[2**step - 1 + int("0" + "".join(map(str, acts[:step])), 2) for step in range(3)] for acts in ACTIONS]
    place, action = torch.tensor(paths), torch.tensor(ACTIONS)
    reward = rewards[2 * place + action]
    following = reward.flip(-1).cumsum(-1).flip(-1) - levels[place]

    def log_probability(logits: Tensor) -> Tensor:
        return torch.log_softmax(logits, dim=-1)[place, action]

    def exact(logits: Tensor) -> Tensor:
        return (log_probability(logits).sum(-1).exp() * reward.sum(-1)).sum()

    # Episodes count as often as they are likely, and the surrogate is a mean over eight of three steps.
    likely = log_probability(table).sum(-1, keepdim=True).exp()

    def ours(logits: Tensor) -> Tensor:
        return surrogate(log_probability(logits), 24 * likely * following, torch.ones(8, 3, dtype=torch.bool))

    torch.testing.assert_close(grad(ours)(table), grad(exact)(table))
    score = jacrev(log_probability)(table)
    before = score.cumsum(1) - score
    joint = torch.einsum("et,etij,etkl->ijkl", likely * following, before, score)
    torch.testing.assert_close(hessian(ours)(table) + joint + joint.permute(2, 3, 0, 1), hessian(exact)(table))


ACTIONS = list(product((0, 1), repeat=3))


def test_with_few_episodes_the_meta_gradient_errs_by_one_over_their_number() -> None:
    """Of the expectation, over all that could have been lived through, of the return after one step."""
    errors = [abs(_own_slope(episodes) - _true_slope(episodes)) for episodes in (8, 16, 32)]
    assert errors[0] < 0.1 * abs(_true_slope(8))
    for more, fewer in zip(errors[1:], errors, strict=False):
        assert more == pytest.approx(fewer / 2, rel=0.1)


def _stepped(logit: Tensor, first: int, episodes: int, own: Any) -> Tensor:
    """Logit of the first of two arms, paying .9 and .2, after a step on episodes of which so many chose the first."""
    arms = torch.tensor([0] * first + [1] * (episodes - first))
    above = torch.tensor([0.9, 0.2], dtype=torch.float64)[arms] - 0.5
    return logit + RATE * grad(lambda at: own(_chosen(at, arms), above))(logit)


def _chosen(logit: Tensor, arms: Tensor) -> Tensor:
    return torch.nn.functional.logsigmoid(torch.where(arms == 0, logit, -logit))


def _payoff(logit: Tensor) -> Tensor:
    return 0.2 + 0.7 * torch.sigmoid(logit)


def _likely(logit: Tensor, first: int, episodes: int) -> Tensor:
    p = torch.sigmoid(logit)
    return comb(episodes, first) * p**first * (1 - p) ** (episodes - first)


START = torch.tensor(0.3, dtype=torch.float64)


def _true_slope(episodes: int) -> float:
    """Here the estimated gradient is a plain function of the logit, and the episodes' probability another."""

    def plain(chosen: Tensor, above: Tensor) -> Tensor:
        return (chosen * above).mean()

    def mean_return(logit: Tensor) -> Tensor:
        after = [_payoff(_stepped(logit, first, episodes, plain)) for first in range(episodes + 1)]
        return sum(_likely(logit, first, episodes) * each for first, each in enumerate(after))

    return float(grad(mean_return)(START))


def _own_slope(episodes: int) -> float:
    def own(chosen: Tensor, above: Tensor) -> Tensor:
        return surrogate(chosen[:, None], above[:, None], torch.ones(len(chosen), 1, dtype=torch.bool))

    slopes = [
        _likely(START, first, episodes) * grad(lambda at, n=first: _payoff(_stepped(at, n, episodes, own)))(START)
        for first in range(episodes + 1)
    ]
    return float(sum(slopes))


def test_subjects_and_problems_side_by_side_give_the_gradient_of_a_loop() -> None:
    """Of two gradient steps, by plain autograd, one subject, problem and step after the other."""
    learner = PolicyGradientLearner(
        task="two-step", task_settings={"trials": 2}, hidden=(6,), inner_steps=2, inner_rate=0.5
    )
    streams = Streams(0, range(2))
    encounter = Encounter(streams, 3, problems=3, episodes=4)
    weights = MetaLearners.draw(learner, streams).weights
    together = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    learner.loss(together, encounter).sum().backward()
    alone = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    fast = [[{name: leaf[s] for name, leaf in alone.items()} for _ in range(3)] for s in range(2)]
    for stage in range(3):
        stacked = {name: torch.stack([torch.stack([own[name] for own in row]) for row in fast]) for name in weights}
        lived = live(learner.world, learner.policy, stacked, encounter, stage)
        above = advantages(lived, learner.discount)
        objective = [[_ratios(fast[s][p], lived, above, s, p) for p in range(3)] for s in range(2)]
        if stage < 2:
            fast = [[_moved(fast[s][p], objective[s][p]) for p in range(3)] for s in range(2)]
    total = sum(map(sum, objective))
    (-cast(Tensor, total)).backward()
    for name, leaf in alone.items():
        torch.testing.assert_close(together[name].grad, cast(Tensor, leaf.grad), rtol=1e-4, atol=1e-6, msg=name)


def _ratios(weights: dict[str, Tensor], lived: Episodes, above: Tensor, subject: int, problem: int) -> Tensor:
    """The surrogate written out step by step."""
    total = torch.zeros(())
    for episode, step in product(range(4), range(6)):
        place = (subject, problem, episode, step)
        hidden = torch.relu(lived.observation[place] @ weights["weight_0"] + weights["bias_0"])
        logits = (hidden @ weights["weight_1"] + weights["bias_1"])[:3]
        probability = torch.softmax(logits, dim=-1)[lived.action[place]]
        total = total + (probability / probability.detach() - 1) * above[place]
    return total / 24


def _moved(weights: dict[str, Tensor], objective: Tensor) -> dict[str, Tensor]:
    slopes = torch.autograd.grad(objective, list(weights.values()), create_graph=True)
    return {name: weight + 0.5 * slope for (name, weight), slope in zip(weights.items(), slopes, strict=True)}


@pytest.fixture
def lived() -> Episodes:
    """Navigation with a goal near enough for some episodes to end."""
    learner = PolicyGradientLearner(task_settings={"steps": 12, "arrival": 0.25}, hidden=(8,))
    streams = Streams(0, range(2))
    weights = shared(MetaLearners.draw(learner, streams).weights, 3)
    return live(learner.world, learner.policy, weights, Encounter(streams, 0, 3, 5), 0)


def test_the_baseline_is_a_ridge_regression_in_each_problem(lived: Episodes) -> None:
    returns = torch.rand(lived.reward.shape)
    found = baseline(lived, returns)
    time = np.arange(12) / 100
    for subject, problem in product(range(2), range(3)):
        seen = lived.observation[subject, problem].double().numpy()
        powers = np.broadcast_to(np.stack([time, time**2, time**3], -1), (5, 12, 3))
        features = np.concatenate([np.ones((5, 12, 1)), seen, seen**2, powers], -1)
        valid = lived.valid[subject, problem].numpy()
        ridge = Ridge(RIDGE, fit_intercept=False, solver="cholesky")
        ridge.fit(features[valid], returns[subject, problem].double().numpy()[valid])
        np.testing.assert_allclose(found[subject, problem], features @ ridge.coef_, atol=1e-5)


def test_advantages_are_standardised_returns_above_the_baseline(lived: Episodes) -> None:
    assert not lived.valid.all(), "some episodes have ended"
    found = advantages(lived, discount=0.9)
    returns = torch.zeros_like(lived.reward)
    for step in reversed(range(12)):
        later = returns[..., step + 1] if step < 11 else 0
        returns[..., step] = lived.reward[..., step] + 0.9 * later
    above = returns - baseline(lived, returns)
    for subject, problem in product(range(2), range(3)):
        valid = lived.valid[subject, problem]
        own = above[subject, problem][valid].numpy()
        expected_own = (own - own.mean()) / (own.std() + SMALLEST_SPREAD)
        np.testing.assert_allclose(found[subject, problem][valid], expected_own, atol=1e-4)
        assert not found[subject, problem][~valid].any()


def test_the_gradient_of_a_step_is_reinforce() -> None:
    table = torch.rand(4, 6, 3, dtype=torch.float64)
    above, action = torch.rand(4, 6, dtype=torch.float64), torch.randint(3, (4, 6))
    valid = torch.rand(4, 6).argsort(-1).sort().values < 4

    def chosen(logits: Tensor) -> Tensor:
        return torch.log_softmax(logits, dim=-1).gather(-1, action[..., None])[..., 0]

    found = grad(lambda logits: surrogate(chosen(logits), above, valid))(table)
    scores = jacrev(chosen)(table)
    torch.testing.assert_close(found, ((above * valid)[..., None, None, None] * scores).sum((0, 1)) / valid.sum())

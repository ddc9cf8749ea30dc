"""Reference learners for tabular worlds against hand-computed numbers, linear programs and a published table."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.optimize import linprog
from torch import Tensor

from pfc_metarl.agents.planning import (
    BonusPlanner,
    EpsilonGreedyPlanner,
    Experience,
    GreedyPlanner,
    Planner,
    PosteriorSamplingPlanner,
    Prior,
    RandomPlanner,
    UpperConfidencePlanner,
    optimistic_transition,
    sample_world,
)
from pfc_metarl.agents.reference import GreedyAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.tabular_mdp import TabularMDP, TabularMDPConfiguration

SMALL = Prior(states=2, actions=2)

PLANNERS: dict[str, Callable[..., Planner]] = {
    "random": RandomPlanner,
    "greedy": GreedyPlanner,
    "epsilon-greedy": EpsilonGreedyPlanner,
    "psrl": PosteriorSamplingPlanner,
    "opsrl": lambda *given: PosteriorSamplingPlanner(*given, samples=3),
    "beb": BonusPlanner,
    "ucrl2": lambda *given: UpperConfidencePlanner(*given, confidence=0.1),
}


def after(*steps: tuple[int, int, float, int | None], prior: Prior = SMALL, episodes: int = 1) -> Experience:
    """One subject's experience after steps of (state, action, reward, following state or None)."""
    experience = Experience.none(prior, 1, episodes)
    for place, action, reward, following in steps:
        led = None if following is None else torch.full((1, episodes), following)
        experience = experience.add(
            torch.full((1, episodes), place), torch.full((1, episodes), action), torch.full((1, episodes), reward), led
        )
    return experience


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape, dtype=np.float32))


def test_the_posterior_by_hand() -> None:
    seen = after((0, 1, 3.0, 1), (1, 0, -1.0, 1), (1, 0, 0.0, None), (0, 1, 2.0, 0))
    # Normal prior (1, 1) and unit noise: (1 + sum) / (1 + n). Dirichlet prior of ones: (1 + n') / (2 + n).
    np.testing.assert_allclose(seen.mean_reward[0, 0], [[1, (1 + 5) / 3], [(1 - 1) / 3, 1]])
    np.testing.assert_allclose(seen.mean_transition[0, 0, 0], [[1 / 2, 1 / 2], [2 / 4, 2 / 4]])
    # The way back at a trial's end tells nothing of the world.
    np.testing.assert_allclose(seen.mean_transition[0, 0, 1], [[1 / 3, 2 / 3], [1 / 2, 1 / 2]])
    assert seen.choices[0, 0].tolist() == [[0, 2], [2, 0]]


def test_counting_leaves_earlier_experience_as_it_was() -> None:
    before = after((0, 1, 3.0, 1))
    before.add(torch.tensor([[0]]), torch.tensor([[1]]), torch.tensor([[1.0]]), torch.tensor([[1]]))
    assert before.choices.sum() == before.transitions.sum() == 1


def test_a_greedy_plan_by_hand() -> None:
    seen = after((0, 1, 3.0, 1), (1, 0, 4.0, 1))
    plan = GreedyPlanner(1, SMALL).plan(seen, 2, torch.empty(1, 1, 0))[0, 0]
    reward = np.array([[1, 2], [2.5, 1]])
    np.testing.assert_allclose(plan[1], reward)
    # The best that follows is 2 in state 0 and 2.5 in state 1; led there with 1/2 each, or 1/3 and 2/3 once seen.
    np.testing.assert_allclose(plan[0], reward + np.array([[2.25, 7 / 3], [7 / 3, 2.25]]))


def test_an_exploration_bonus_by_hand() -> None:
    seen = after((0, 1, 3.0, 1), (0, 1, 3.0, 1))
    plan = BonusPlanner(1, SMALL, bonus=6.0).plan(seen, 1, torch.empty(1, 1, 0))
    np.testing.assert_allclose(plan[0, 0, 0], [[1 + 6, 7 / 3 + 2], [7, 7]])


def test_confidence_bounds_by_hand() -> None:
    seen = after((0, 1, 3.0, 1), (0, 1, 3.0, 1))
    plan = UpperConfidencePlanner(1, SMALL, confidence=0.5).plan(seen, 1, torch.empty(1, 1, 0))
    # S = A = 2, t = 2, risk .05: 7 ln(2 S A t / .05) / (2 n).
    width = [0.5 * math.sqrt(7 * math.log(16 / 0.05) / (2 * n)) for n in (1, 2)]
    np.testing.assert_allclose(plan[0, 0, 0, 0], [1 + width[0], 7 / 3 + width[1]])


def test_without_width_bounds_are_the_greedy_plan() -> None:
    seen = after((0, 1, 3.0, 1), (1, 0, 4.0, 1))
    plans = [planner.plan(seen, 5, torch.empty(1, 1, 0)) for planner in (
        UpperConfidencePlanner(1, SMALL, confidence=0.0), BonusPlanner(1, SMALL, bonus=0.0), GreedyPlanner(1, SMALL)
    )]  # fmt: skip
    for plan in plans[1:]:
        np.testing.assert_allclose(plan, plans[0])


def test_the_optimistic_transition_solves_its_linear_program() -> None:
    generator = np.random.default_rng(1)
    states = 6
    transition = generator.dirichlet(np.ones(states), (4, 2, 3))
    distance = generator.uniform(0, 2.2, (4, 2, 3))
    value = generator.normal(size=(4, states))
    value[0, 2] = value[0, 4]
    found = optimistic_transition(*(torch.from_numpy(each) for each in (transition, distance, value))).numpy()
    np.testing.assert_allclose(found.sum(-1), 1)
    assert (found >= 0).all()
    assert (abs(found - transition).sum(-1) <= distance + 1e-12).all()
    for batch, state, action in np.ndindex(4, 2, 3):
        own = transition[batch, state, action]
        # Unknown: the probabilities and the absolute differences from their estimates.
        above = np.block([[np.eye(states), -np.eye(states)], [-np.eye(states), -np.eye(states)]])
        best = linprog(
            np.concatenate([-value[batch], np.zeros(states)]),
            A_ub=np.vstack([above, np.concatenate([np.zeros(states), np.ones(states)])]),
            b_ub=np.concatenate([own, -own, [distance[batch, state, action]]]),
            A_eq=np.concatenate([np.ones(states), np.zeros(states)])[None],
            b_eq=[1],
        )
        assert found[batch, state, action] @ value[batch] == pytest.approx(-best.fun)


def test_sampled_worlds_follow_the_posterior() -> None:
    episodes = 4000
    seen = after((0, 1, 3.0, 1), (0, 1, 2.0, 1), (0, 1, 2.0, 0), (1, 0, 4.0, 1), episodes=episodes)
    reward, transition = sample_world(seen, draws(1, episodes, 2), samples=2)
    assert reward.shape == (1, episodes, 2, 2, 2)
    for sample in range(2):
        own = transition[0, :, sample, :, :, 1].numpy()
        assert stats.kstest(own[:, 0, 1], stats.beta(3, 2).cdf).pvalue > 0.01
        assert stats.kstest(own[:, 1, 0], stats.beta(2, 1).cdf).pvalue > 0.01
        assert stats.kstest(own[:, 1, 1], stats.beta(1, 1).cdf).pvalue > 0.01
        found = reward[0, :, sample].numpy()
        assert stats.kstest(found[:, 0, 1], stats.norm(8 / 4, 1 / math.sqrt(4)).cdf).pvalue > 0.01
        assert stats.kstest(found[:, 0, 0], stats.norm(1, 1).cdf).pvalue > 0.01
    samples = transition[0, :, :, 0, 0, 1].numpy()
    assert abs(np.corrcoef(samples[:, 0], samples[:, 1])[0, 1]) < 4 / math.sqrt(episodes)


def test_several_samples_promise_at_least_what_one_of_them_does() -> None:
    seen, uniform = after((0, 1, 3.0, 1)), draws(1, 1, 2)
    planner = PosteriorSamplingPlanner(1, SMALL, samples=5)
    plan = planner.plan(seen, 4, uniform)
    reward, _ = sample_world(seen, uniform, 5)
    np.testing.assert_allclose(plan[:, :, -1], reward.amax(2))
    assert (plan[:, :, 0] > plan[:, :, -1]).all()


# Table 2 of Duan et al. (2016), n = 10. Their learners expected mean rewards around 0 or nothing of them, as TabulaRL's
# do by default; settings are the best of a small grid.
AROUND_ZERO, NEXT_TO_NONE = Prior(mean_reward=0.0), Prior(mean_reward=0.0, weight=1e-4)
PUBLISHED = {
    "random": (100.1, RandomPlanner(8)),
    "psrl": (138.1, PosteriorSamplingPlanner(8, AROUND_ZERO)),
    "opsrl": (144.1, PosteriorSamplingPlanner(8, AROUND_ZERO, samples=10)),
    "ucrl2": (146.6, UpperConfidencePlanner(8, NEXT_TO_NONE, confidence=0.05)),
    "epsilon-greedy": (132.8, EpsilonGreedyPlanner(8, NEXT_TO_NONE, exploration=0.05)),
    "greedy": (134.8, GreedyPlanner(8, NEXT_TO_NONE)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_rewards_are_the_published_ones(name: str) -> None:
    published, planner = PUBLISHED[name]
    reward = record(planner, TabularMDP(), episodes=125, seed=2016, variables=("place",)).reward
    total = reward.astype(float).sum("step").values.ravel()
    # As many problems as in the paper, whose numbers have the same sampling error.
    error = total.std() / math.sqrt(total.size)
    assert abs(total.mean() - published) < 3 * math.hypot(error, error)


@pytest.mark.parametrize("name", PLANNERS)
def test_a_subject_is_the_same_alone_and_in_company(name: str) -> None:
    task = TabularMDP(TabularMDPConfiguration(trials=3))
    company = record(PLANNERS[name]([0, 1, 2]), task, episodes=20, seed=3)
    alone = record(PLANNERS[name]([2]), task, episodes=20, seed=3)
    np.testing.assert_array_equal(company.choice.sel(subject=[2]), alone.choice)
    assert not np.array_equal(company.choice.sel(subject=1), alone.choice.sel(subject=2))


def test_a_planner_begins_each_episode_without_knowledge() -> None:
    planner = GreedyPlanner(1, SMALL)
    memory = planner.begin(3)
    assert memory.plan is None
    assert not memory.experience.choices.any()


@pytest.mark.parametrize(
    ("planner", "task"),
    [
        (GreedyPlanner(1, SMALL), TabularMDP()),
        (GreedyPlanner(1), Bandit()),
    ],
)
def test_a_task_that_does_not_fit_is_refused(planner: Planner, task: Bandit | TabularMDP) -> None:
    with pytest.raises(ConfigurationError):
        record(planner, task, episodes=2)


def test_bandit_learners_refuse_tabular_worlds() -> None:
    with pytest.raises(ConfigurationError):
        record(GreedyAgent(1, 5), TabularMDP(TabularMDPConfiguration(trials=1)), episodes=2)


@pytest.mark.parametrize(
    "build",
    [
        lambda: GreedyPlanner(0),
        lambda: EpsilonGreedyPlanner(1, exploration=1.5),
        lambda: PosteriorSamplingPlanner(1, samples=0),
        lambda: BonusPlanner(1, bonus=-1.0),
        lambda: UpperConfidencePlanner(1, confidence=-1.0),
    ],
)
def test_settings_out_of_range_are_refused(build: Callable[[], Planner]) -> None:
    with pytest.raises(ConfigurationError):
        build()

"""Random tabular worlds: their priors, their trials, and plans in them against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from pfc_metarl.agents.planning import RandomPlanner
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import trial_of_step
from pfc_metarl.tasks.planning import optimal_action_values
from pfc_metarl.tasks.tabular_mdp import TabularMDP, TabularMDPConfiguration, TabularMDPState, TabularWorld

SUBJECTS, EPISODES = 2, 400


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape, dtype=np.float32))


def started(**settings: int) -> tuple[TabularMDP, TabularMDPState]:
    task = TabularMDP(TabularMDPConfiguration(**settings))
    return task, task.start(uniform(SUBJECTS, EPISODES, task.start_draws))[0]


def test_mean_rewards_are_normal_around_one() -> None:
    _, state = started()
    assert state.world.mean_reward.shape == (SUBJECTS, EPISODES, 10, 5)
    assert stats.kstest(state.world.mean_reward.flatten().numpy(), stats.norm(1, 1).cdf).pvalue > 0.01


def test_transitions_come_from_a_flat_dirichlet_distribution() -> None:
    _, state = started()
    transition = state.world.transition.double()
    assert torch.allclose(transition.sum(-1), torch.ones(SUBJECTS, EPISODES, 10, 5).double(), atol=1e-5)
    for following in (0, 9):
        share = transition[:, :, :, :, following].flatten().numpy()
        assert stats.kstest(share, stats.beta(1, 9).cdf).pvalue > 0.01
    # Of a flat Dirichlet distribution over 10, two components correlate with -1/9.
    found = np.corrcoef(transition[..., 0].flatten().numpy(), transition[..., 1].flatten().numpy())[0, 1]
    assert found == pytest.approx(-1 / 9, abs=0.02)


def test_a_step_pays_and_leads_as_the_world_says() -> None:
    world = TabularWorld(
        mean_reward=torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]),
        transition=torch.tensor([[[[[0.3, 0.7], [1.0, 0.0]], [[0.0, 1.0], [0.5, 0.5]]]]]),
        horizon=3,
    )
    task = TabularMDP(TabularMDPConfiguration(states=2, actions=2, horizon=3, trials=2))
    first = TabularMDPState(world, torch.tensor([[0]]), step=0)

    def go(state: TabularMDPState, action: int, *draws: float) -> tuple[TabularMDPState, list[float], float]:
        state, shown = task.step(state, torch.tensor([[action]]), torch.tensor([[draws]]))
        return state, shown.observation.flatten().tolist(), float(shown.reward)

    # One standard deviation above the mean comes with probability .8413.
    state, seen, reward = go(first, 0, 0.31, float(stats.norm.cdf(1.0)))
    assert seen == [0, 1, 0]
    assert reward == pytest.approx(2, abs=1e-5)
    assert go(first, 0, 0.29, 0.5)[1] == [1, 0, 0]
    state, seen, reward = go(state, 1, 0.6, 0.5)
    assert (seen, reward) == ([0, 1, 0], pytest.approx(4, abs=1e-6))
    # The third step ends the trial: back to the first state, and this is shown.
    state, seen, reward = go(state, 0, 0.6, 0.5)
    assert (seen, reward) == ([1, 0, 1], pytest.approx(3, abs=1e-6))
    assert go(state, 0, 0.31, 0.5)[1] == [0, 1, 0]


def test_the_world_lasts_for_an_episode_and_trials_begin_anew() -> None:
    task = TabularMDP(TabularMDPConfiguration(trials=3, horizon=4))
    recording = record(RandomPlanner(SUBJECTS), task, episodes=20)
    assert recording.sizes["step"] == 12
    np.testing.assert_array_equal(trial_of_step(recording)[0, 0], np.repeat([0, 1, 2], 4))
    start = recording.isel(step=[0, 4, 8])
    assert not start.place.any()
    np.testing.assert_array_equal(start.mean_reward.isel(step=0), start.mean_reward.isel(step=2))
    returned = recording.observation.isel(feature=-1)
    np.testing.assert_array_equal(returned[0, 0], [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
    assert len(np.unique(recording.mean_reward.isel(step=0, action=0))) == SUBJECTS * 20


def test_plans_are_the_best_of_all_policies() -> None:
    # Two states, two actions, three stages: every stage has 4 rules, so there are 64 policies.
    states = actions = 2
    horizon = 3
    generator = np.random.default_rng(3)
    reward = generator.normal(1, 1, (states, actions))
    transition = generator.dirichlet(np.ones(states), (states, actions))
    rules = list(itertools.product(range(actions), repeat=states))
    best = np.full(states, -np.inf)
    for policy in itertools.product(rules, repeat=horizon):
        value = np.zeros(states)
        for rule in reversed(policy):
            value = np.array([reward[s, a] + transition[s, a] @ value for s, a in enumerate(rule)])
        best = np.maximum(best, value)
    planned = optimal_action_values(torch.from_numpy(reward), torch.from_numpy(transition), horizon)
    assert planned.shape == (horizon, states, actions)
    np.testing.assert_allclose(planned[0].amax(-1).numpy(), best)
    np.testing.assert_allclose(planned[-1].numpy(), reward)


def test_what_is_given_up_of_the_optimal_value_accounts_for_the_reward() -> None:
    recording = record(RandomPlanner(SUBJECTS), TabularMDP(TabularMDPConfiguration(trials=2)), episodes=500)
    chosen = recording.optimal_value.isel(action=recording.choice.astype(int))
    given_up = (recording.optimal_value.max("action") - chosen).sum("step")
    best = recording.optimal_value.max("action").isel(step=[0, 10]).sum("step")
    surprise = (recording.reward.sum("step") - (best - given_up)).values.ravel()
    assert (given_up >= 0).all()
    assert abs(surprise.mean()) < 4 * surprise.std() / np.sqrt(surprise.size)


def test_random_choices_earn_the_mean_of_the_prior() -> None:
    # Duan et al. (2016), Table 2: 100.1 in 10 trials of 10 steps.
    reward = record(RandomPlanner(4), TabularMDP(), episodes=250).reward.sum("step").values
    assert abs(reward.mean() - 100) < 4 * reward.std() / np.sqrt(reward.size)

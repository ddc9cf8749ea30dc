"""Scripted agents earn and match in baited foraging what independent simulations say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.analysis.foraging import lagged_weights, matching, matching_slope
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import draw_chance
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.foraging import Foraging, ForagingConfiguration, ForagingState

SUBJECTS, EPISODES, TRIALS = 2, 2500, 100

# From 20,000 simulated episodes of other code: reward per trial (three decimals) and matching slope (two).
REWARD = {"greedy": 0.451, "probability-matching": 0.430, "better-base-rate": 0.372, "random": 0.377}
SLOPE = {"greedy": 0.94, "probability-matching": 0.84}

Rule = Callable[[Foraging, ForagingState, Tensor], Tensor]


def greedy(task: Foraging, state: ForagingState, uniform: Tensor) -> Tensor:
    """Know what each arm would pay now; break ties at random."""
    left, right = task.truth(state)["arm_probability"].values.unbind(-1)
    return torch.where(left == right, uniform < 0.5, right > left).long()


def probability_matching(task: Foraging, state: ForagingState, uniform: Tensor) -> Tensor:
    return (uniform < state.base_rate[..., 1] / 0.5).long()


def better_base_rate(task: Foraging, state: ForagingState, uniform: Tensor) -> Tensor:
    return state.base_rate.argmax(-1)


def at_random(task: Foraging, state: ForagingState, uniform: Tensor) -> Tensor:
    return (uniform < 0.5).long()


class Filter:
    """Bayes' rule over the left base rate, on a grid, from choices and rewards alone; then greedy."""

    def __init__(self) -> None:
        left = (torch.arange(50, dtype=torch.float64) + 0.5) / 100
        self.miss = 1 - torch.stack([left, 0.5 - left])
        self.weight = torch.ones(SUBJECTS, EPISODES, 50, dtype=torch.float64)
        self.alone = torch.zeros(SUBJECTS, EPISODES, 2)

    def __call__(self, task: Foraging, state: ForagingState, uniform: Tensor) -> Tensor:
        # What each arm would pay under each base rate, then on average.
        self.payoff = 1 - self.miss ** (self.alone[..., None] + 1)
        left, right = (self.payoff * self.weight[..., None, :]).sum(-1).unbind(-1)
        self.choice = torch.where((left - right).abs() < 1e-9, uniform < 0.5, right > left).long()
        return self.choice

    def learn(self, reward: Tensor) -> None:
        paid = self.payoff.gather(2, self.choice[..., None, None].expand(-1, -1, 1, 50))[:, :, 0]
        self.weight = self.weight * torch.where(reward[..., None] == 1, paid, 1 - paid)
        self.weight = self.weight / self.weight.sum(-1, keepdim=True)
        self.alone = torch.where(self.choice[..., None] == torch.arange(2), 0, self.alone + 1)


def live(rule: Rule | Filter) -> xr.Dataset:
    """Trials as the analysis reads them; each fixation is answered centrally."""
    task = Foraging(ForagingConfiguration(trials=TRIALS))
    chance = draw_chance(task, Streams(5, range(SUBJECTS)), 0, EPISODES)
    state, _ = task.start(chance.start)
    held_out = task.truth(state)["held_out"].values
    choices, rewards = [], []
    for step in range(0, task.steps, 2):
        state, _ = task.step(state, torch.full((SUBJECTS, EPISODES), CENTRE), chance.world[:, step])
        choices.append(rule(task, state, chance.choice[:, step, :, 0]))
        state, shown = task.step(state, choices[-1], chance.world[:, step + 1])
        rewards.append(shown.reward)
        if isinstance(rule, Filter):
            rule.learn(shown.reward)
    axes = ("subject", "episode", "trial")
    choice, reward = torch.stack(choices, -1).numpy(), torch.stack(rewards, -1).numpy()
    columns = {"choice": choice, "reward": reward, "valid": np.ones(choice.shape, dtype=bool)}
    data = {name: (axes, values) for name, values in columns.items()}
    return xr.Dataset({**data, "held_out": (axes[:2], held_out.numpy())}, coords={"subject": range(SUBJECTS)})


def assert_reward(table: xr.Dataset, expected: float) -> None:
    per_trial = table["reward"].astype(float).mean("trial").values.ravel()
    error = per_trial.std() / len(per_trial) ** 0.5
    # The expected numbers are rounded to three decimals.
    assert abs(per_trial.mean() - expected) < 3 * error + 0.0005, per_trial.mean()


@pytest.mark.parametrize("rule", [greedy, probability_matching, better_base_rate, at_random])
def test_each_rule_earns_its_worth(rule: Rule) -> None:
    name = {"at_random": "random"}.get(rule.__name__, rule.__name__.replace("_", "-"))
    table = live(rule)
    assert_reward(table, REWARD[name])
    slope = matching_slope(matching(table)).values
    if name in SLOPE:
        np.testing.assert_allclose(slope, SLOPE[name], atol=0.03)
    if name == "random":
        np.testing.assert_allclose(slope, 0, atol=0.03)


@pytest.fixture(scope="module")
def observed() -> xr.Dataset:
    return live(Filter())


def test_an_ideal_observer_earns_and_matches_as_the_claims_say(observed: xr.Dataset) -> None:
    assert_reward(observed, 0.445)
    np.testing.assert_allclose(matching_slope(matching(observed)), 0.76, atol=0.03)


def test_an_ideal_observer_shows_the_papers_kernels(observed: xr.Dataset) -> None:
    weight = lagged_weights(observed).mean("subject")
    rewards, choices = weight.sel(event="reward"), weight.sel(event="choice")
    early, middle, late = (float(rewards.sel(lag=slice(*lags)).mean()) for lags in ((1, 3), (4, 8), (9, 15)))
    assert early > middle + 0.2 > late + 0.4
    assert abs(late) < 0.3
    assert float(choices.sel(lag=1)) < -3
    assert float(choices.sel(lag=slice(6, 12)).min()) > 0

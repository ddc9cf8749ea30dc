"""The volatility task pays scripted learners what independent simulations say, and its training law is as stated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.analysis.learners import RescorlaWagner, every_step_a_trial, fit
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import Row, Senses, draw_chance, run_episodes
from pfc_metarl.tasks.volatility import Schedule, Volatility, VolatilityConfiguration

SUBJECTS = 2
AXES = ("subject", "episode", "step")

# Reward per trial of the delta rule with inverse temperature 10 in blocks of 100 trials, by other code.
DELTA_RULE = {("stable", 0.1): 0.718, ("stable", 0.3): 0.684, ("volatile", 0.05): 0.585, ("volatile", 0.3): 0.705}

# Rates fitted to a greedy ideal observer of 400 sessions simulated by other code.
IDEAL_RATES = {(False, 0): 0.141, (True, 0): 0.198, (True, 1): 0.184, (False, 1): 0.155}


class Scripted:
    """Learns from what it receives, and chooses by its expectation of r."""

    def __init__(self, episodes: int, inverse_temperature: float | None) -> None:
        self.shape = (SUBJECTS, episodes)
        self.inverse_temperature = inverse_temperature
        self.last: Tensor | None = None

    def expected(self) -> Tensor:
        raise NotImplementedError

    def learn(self, favours_0: Tensor) -> None:
        raise NotImplementedError

    def __call__(self, senses: Senses, uniform: Tensor) -> Tensor:
        if self.last is not None:
            self.learn((self.last == 0) == (senses.previous_reward == 1))
        preference = 2 * self.expected() - 1
        if self.inverse_temperature is None:
            certain = torch.where(preference > 0, 1.0, 0.0)
            first = uniform[..., 0] < torch.where(preference.abs() < 1e-9, 0.5, certain)
        else:
            first = uniform[..., 0] < torch.sigmoid(self.inverse_temperature * preference)
        self.last = torch.where(first, 0, 1)
        return self.last


class DeltaRule(Scripted):
    def __init__(self, episodes: int, rate: float) -> None:
        super().__init__(episodes, 10.0)
        self.rate = rate
        self.estimate = torch.full(self.shape, 0.5)

    def expected(self) -> Tensor:
        return self.estimate

    def learn(self, favours_0: Tensor) -> None:
        self.estimate = self.estimate + self.rate * (favours_0.float() - self.estimate)


class IdealObserver(Scripted):
    """Filters the kind of block and the better arm; blocks end with 1/100, as long as they are on average."""

    payoff = torch.tensor([0.75, 0.25, 0.8, 0.2], dtype=torch.float64)

    def __init__(self, episodes: int) -> None:
        super().__init__(episodes, None)
        self.belief = torch.full((*self.shape, 4), 0.25, dtype=torch.float64)
        stay, swap, end = 0.99, 0.04, 0.01 / 2
        self.following = torch.tensor(
            [
                [stay, 0, end, end],
                [0, stay, end, end],
                [end, end, stay * (1 - swap), stay * swap],
                [end, end, stay * swap, stay * (1 - swap)],
            ],
            dtype=torch.float64,
        )

    def expected(self) -> Tensor:
        return self.belief @ self.payoff

    def learn(self, favours_0: Tensor) -> None:
        likelihood = torch.where(favours_0[..., None], self.payoff, 1 - self.payoff)
        joint = self.belief * likelihood
        self.belief = (joint / joint.sum(-1, keepdim=True)) @ self.following


def live(act: Callable[[Senses, Tensor], Tensor], episodes: int, schedule: Schedule, trials: int = 200) -> list[Row]:
    task = Volatility(VolatilityConfiguration(schedule=schedule, trials=trials))
    return list(run_episodes(task, act, draw_chance(task, Streams(5, range(SUBJECTS)), 0, episodes)))


@pytest.mark.parametrize(("kind", "rate"), list(DELTA_RULE))
def test_the_delta_rule_earns_its_worth(kind: str, rate: float) -> None:
    rows = live(DeltaRule(2000, rate), 2000, "stable-first" if kind == "stable" else "volatile-first", trials=100)
    per_trial = torch.stack([row.reward for row in rows]).mean(0).numpy().ravel()
    error = per_trial.std() / len(per_trial) ** 0.5
    assert abs(per_trial.mean() - DELTA_RULE[kind, rate]) < 3 * error + 0.0015, per_trial.mean()


def test_knowing_the_better_arm_earns_its_probability() -> None:
    task = Volatility(VolatilityConfiguration(schedule="test"))
    chance = draw_chance(task, Streams(5, range(SUBJECTS)), 0, 2000)
    state, _ = task.start(chance.start)
    earned = []
    for step in range(task.steps):
        state, shown = task.step(state, state.better, chance.world[:, step])
        earned.append(shown.reward)
    assert float(torch.stack(earned).mean()) == pytest.approx(0.775, abs=0.002)


def test_an_ideal_observer_learns_faster_when_volatile() -> None:
    rows = live(IdealObserver(200), 200, "test")

    def stacked(values: list[Tensor]) -> tuple[tuple[str, ...], np.ndarray]:
        return AXES, torch.stack(values, dim=-1).numpy()

    recording = xr.Dataset(
        {
            "choice": stacked([row.action for row in rows]),
            "reward": stacked([row.reward for row in rows]),
            "volatile": stacked([row.state.volatile for row in rows]),
            "block": stacked([row.state.block for row in rows]),
        },
        coords={"subject": range(SUBJECTS)},
    )
    learner, trials = RescorlaWagner(anticorrelated=True), every_step_a_trial(recording)
    for (volatile, before), expected in IDEAL_RATES.items():
        counted = ((recording["volatile"] == volatile) & (recording["block"] == before)).rename(step="trial")
        rates = fit(learner, trials, starts=2, counted=counted)["learning_rate"]
        np.testing.assert_allclose(rates, expected, atol=0.015)


@pytest.fixture(scope="module")
def long_episodes() -> list[Row]:
    def at_random(senses: Senses, uniform: Tensor) -> Tensor:
        return (uniform[..., 0] < 0.5).long()

    return live(at_random, 100, "training", trials=1500)


def test_training_blocks_take_turns_and_their_lengths_are_uniform(long_episodes: list[Row]) -> None:
    volatile = torch.stack([row.state.volatile for row in long_episodes], -1).numpy().reshape(-1, 1500)
    block = torch.stack([row.state.block for row in long_episodes], -1).numpy().reshape(-1, 1500)
    starts = volatile[:, 0].mean()
    assert abs(starts - 0.5) < 4 * 0.5 / len(volatile) ** 0.5
    assert ((block + volatile[:, :1]) % 2 == volatile).all()
    lengths = np.concatenate([np.bincount(episode)[:-1] for episode in block])
    assert (lengths.min(), lengths.max()) == (50, 150)
    # Whole blocks of a finite episode are a little short on average; their first ones are not.
    first = np.array([np.bincount(episode)[0] for episode in block])
    assert abs(first.mean() - 100) < 4 * np.sqrt((101**2 - 1) / 12 / len(first))


def test_training_swaps_come_with_the_hazard_and_only_when_volatile(long_episodes: list[Row]) -> None:
    better, volatile, block = (
        torch.stack([getattr(row.state, name) for row in long_episodes], -1).numpy()
        for name in ("better", "volatile", "block")
    )
    swapped, same_block = better[..., 1:] != better[..., :-1], block[..., 1:] == block[..., :-1]
    assert not swapped[same_block & ~volatile[..., :-1]].any()
    within = swapped[same_block & volatile[..., :-1]]
    assert abs(within.mean() - 1 / 25) < 4 * np.sqrt(0.04 * 0.96 / len(within))
    between = swapped[~same_block]
    assert abs(between.mean() - 0.5) < 4 * 0.5 / len(between) ** 0.5

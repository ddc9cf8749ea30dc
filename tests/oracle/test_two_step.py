"""Scripted agents earn and repeat in the two-step task what independent simulations say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import Row, Senses, draw_chance, run_episodes
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.two_step import STAGE_1, STAGE_2, TwoStep, TwoStepConfiguration

SUBJECTS, EPISODES = 2, 5000

# From 20,000 simulated episodes of other code, printed to three decimals (rewards) or two (stay probabilities).
REWARD = {"oracle": 0.740, "bayes": 0.706, "random": 0.500}
STAY = {("rewarded", "common"): 1.00, ("rewarded", "uncommon"): 0.67} | {
    ("unrewarded", "common"): 0.66, ("unrewarded", "uncommon"): 1.00
}  # fmt: skip
ROUNDING = {"reward": 0.0005, "stay": 0.005}


class Scripted:
    """Answers centrally where that is wanted, and at stage 1 as its rule says.

    ``believed`` is its own Bayes filter over B being good, from what it receives alone.
    """

    def __init__(self, rule: Callable[[Scripted, Tensor], Tensor], fixation: bool = True) -> None:
        self.rule = rule
        self.phases = 3 if fixation else 2
        self.believed = torch.full((SUBJECTS, EPISODES), 0.5, dtype=torch.float64)
        self.seen = torch.zeros(SUBJECTS, EPISODES, dtype=torch.bool)
        self.history: list[Tensor] = []

    def __call__(self, senses: Senses, uniform: Tensor) -> Tensor:
        phase = senses.step % self.phases + (3 - self.phases)
        if senses.step and senses.step % self.phases == 0:
            self._learn(senses.previous_reward)
        self.history.append(self.believed)
        if phase == STAGE_2:
            self.seen = senses.observation[..., -1] == 1
        central = torch.full(uniform.shape[:2], CENTRE)
        return self.rule(self, uniform[..., 0]) if phase == STAGE_1 else central

    def _learn(self, reward: Tensor) -> None:
        # B pays with .9 if it is good; A pays with .1 then.
        if_b = torch.where((reward == 1) == self.seen, 0.9, 0.1).double()
        b_good = self.believed * if_b / (self.believed * if_b + (1 - self.believed) * (1 - if_b))
        self.believed = b_good * 0.975 + (1 - b_good) * 0.025


def bayes(agent: Scripted, uniform: Tensor) -> Tensor:
    # Exact ties, as at the first trial, are broken at random.
    tie = (agent.believed - 0.5).abs() < 1e-9
    return torch.where(tie, uniform < 0.5, agent.believed > 0.5).long()


def at_random(agent: Scripted, uniform: Tensor) -> Tensor:
    return (uniform < 0.5).long()


def live(act: Callable[[Senses, Tensor], Tensor], fixation: bool = True) -> list[Row]:
    task = TwoStep(TwoStepConfiguration(fixation=fixation))
    return list(run_episodes(task, act, draw_chance(task, Streams(5, range(SUBJECTS)), 0, EPISODES)))


def rewards(rows: list[Row]) -> list[Tensor]:
    return [row.reward for row in rows]


def rewards_of_knowing(fixation: bool) -> list[Tensor]:
    """Choose by the hidden truth."""
    task = TwoStep(TwoStepConfiguration(fixation=fixation))
    chance = draw_chance(task, Streams(5, range(SUBJECTS)), 0, EPISODES)
    state, _ = task.start(chance.start)
    earned = []
    for step in range(task.steps):
        phase = int(task.truth(state)["phase"].values[0, 0])
        action = state.good_state if phase == STAGE_1 else torch.full_like(state.good_state, CENTRE)
        state, shown = task.step(state, action, chance.world[:, step])
        earned.append(shown.reward)
    return earned


def assert_reward(earned: list[Tensor], expected: float) -> None:
    per_trial = torch.stack(earned).sum(0).numpy().ravel() / 100
    error = per_trial.std() / len(per_trial) ** 0.5
    assert abs(per_trial.mean() - expected) < 3 * error + ROUNDING["reward"], per_trial.mean()


@pytest.mark.parametrize("fixation", [True, False])
def test_knowing_the_good_state_earns_its_worth(fixation: bool) -> None:
    assert_reward(rewards_of_knowing(fixation), REWARD["oracle"])


@pytest.mark.parametrize("fixation", [True, False])
def test_the_bayes_filter_earns_its_worth(fixation: bool) -> None:
    assert_reward(rewards(live(Scripted(bayes, fixation), fixation)), REWARD["bayes"])


def test_choosing_at_random_earns_its_worth() -> None:
    assert_reward(rewards(live(Scripted(at_random))), REWARD["random"])


def test_the_bayes_filter_stays_as_it_should() -> None:
    rows = live(Scripted(bayes))
    choice = torch.stack([row.action for row in rows[1::3]], -1).numpy()
    common = torch.stack([row.state.common for row in rows[2::3]], -1).numpy()
    rewarded = torch.stack([row.reward for row in rows[2::3]], -1).numpy() == 1
    stay = choice[..., 1:] == choice[..., :-1]
    for (outcome, transition), expected in STAY.items():
        kind = (rewarded == (outcome == "rewarded")) & (common == (transition == "common"))
        # Trials of one episode are not independent: the spread is that of episodes.
        ran, stayed = kind[..., :-1].sum(-1).ravel(), (stay & kind[..., :-1]).sum(-1).ravel()
        probability = stayed.sum() / ran.sum()
        error = (stayed - probability * ran).std() * len(ran) ** 0.5 / ran.sum()
        assert abs(probability - expected) < 3 * error + ROUNDING["stay"], (outcome, transition, probability)


def test_the_task_reveals_the_same_belief_as_an_independent_filter() -> None:
    agent = Scripted(bayes)
    rows = live(agent)
    for row, believed in zip(rows, agent.history, strict=True):
        np.testing.assert_allclose(row.state.believed_b.numpy(), believed.numpy(), atol=1e-4)


def test_the_belief_is_calibrated() -> None:
    rows = live(Scripted(bayes))[::3]
    believed = torch.stack([row.state.believed_b for row in rows]).numpy().ravel()
    good = torch.stack([row.state.good_state for row in rows]).numpy().ravel()
    for low in np.arange(0, 1, 0.1):
        inside = (believed >= low) & (believed < low + 0.1)
        if inside.sum() > 2000:
            assert abs(good[inside].mean() - believed[inside].mean()) < 0.02

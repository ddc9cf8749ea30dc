"""Scripted agents earn and risk in the risky-choice task what can be worked out without it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import Row, Senses, draw_chance, run_episodes
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.risky_choice import RiskyChoice, RiskyChoiceConfiguration

SUBJECTS, EPISODES = 2, 4000
FORCED, FREE, BLOCKS = 5, 20, 2
RICH, POOR = 0.5, 0.125

TRIALS = 2 * FORCED + FREE


class Scripted:
    """Presses the lever that is alone, and where both are there follows a rule.

    It counts the wins and losses of the lever that does not pay 1, from what it receives alone.
    """

    def __init__(self, rule: Callable[[Scripted, Tensor], Tensor]) -> None:
        self.rule = rule
        self.certain = torch.zeros(SUBJECTS, EPISODES, dtype=torch.long)
        self.wins, self.losses = (torch.zeros(SUBJECTS, EPISODES) for _ in range(2))

    def __call__(self, senses: Senses, uniform: Tensor) -> Tensor:
        if senses.step % (2 * TRIALS) == 0:
            self.wins, self.losses = torch.zeros_like(self.wins), torch.zeros_like(self.losses)
        elif senses.step % 2 == 0:
            self._count(senses)
        if senses.step % 2 == 0:
            return torch.full(uniform.shape[:2], CENTRE)
        _, _, only_left, only_right = senses.observation.unbind(-1)
        choice = self.rule(self, uniform[..., 0])
        return torch.where(only_left == 1, LEFT, torch.where(only_right == 1, RIGHT, choice))

    def _count(self, senses: Senses) -> None:
        reward = senses.previous_reward
        self.wins += reward == 4
        self.losses += reward == 0
        self.certain = torch.where(reward == 1, senses.previous_action.argmax(-1), self.certain)


def believed_rich(wins: Tensor, losses: Tensor) -> Tensor:
    odds = (RICH / POOR) ** wins * ((1 - RICH) / (1 - POOR)) ** losses
    return odds / (1 + odds)


def greedy_bayes(agent: Scripted, uniform: Tensor) -> Tensor:
    """Risk where the risky lever is expected to pay more than 1."""
    rich = believed_rich(agent.wins.double(), agent.losses.double())
    risk = 4 * (RICH * rich + POOR * (1 - rich)) > 1
    return torch.where(risk, 1 - agent.certain, agent.certain)


def at_random(agent: Scripted, uniform: Tensor) -> Tensor:
    return (uniform < 0.5).long()


def live(act: Callable[[Senses, Tensor], Tensor]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reward, risky choice, probability and whether the choice was free, over ``subject episode trial``."""
    settings = RiskyChoiceConfiguration(forced_trials=FORCED, free_trials=FREE, blocks=BLOCKS)
    task = RiskyChoice(settings)
    chance = draw_chance(task, Streams(5, range(SUBJECTS)), 0, EPISODES)
    rows = list(run_episodes(task, act, chance))[1::2]

    def gathered(read: Callable[[Row], Tensor]) -> np.ndarray:
        return torch.stack([read(row) for row in rows], dim=-1).numpy()

    return (
        gathered(lambda row: row.reward),
        gathered(lambda row: row.action == row.state.risky_side),
        gathered(lambda row: task.truth(row.state)["risky_probability"].values),
        gathered(lambda row: ~task.truth(row.state)["forced"].values),
    )


@cache
def greedy_share(probability: float) -> float:
    """Share of free choices that the greedy filter risks, by adding up all its histories."""

    @cache
    def risked(wins: int, losses: int, left: int) -> float:
        odds = (RICH / POOR) ** wins * ((1 - RICH) / (1 - POOR)) ** losses
        rich = odds / (1 + odds)
        # A filter that once prefers the certain lever learns nothing more and stays with it.
        if left == 0 or 4 * (RICH * rich + POOR * (1 - rich)) <= 1:
            return 0.0
        won, lost = risked(wins + 1, losses, left - 1), risked(wins, losses + 1, left - 1)
        return 1 + probability * won + (1 - probability) * lost

    def forced(wins: int, losses: int) -> float:
        if wins + losses == FORCED:
            return risked(wins, losses, FREE)
        return probability * forced(wins + 1, losses) + (1 - probability) * forced(wins, losses + 1)

    return forced(0, 0) / FREE


def assert_mean(values: np.ndarray, expected: float) -> None:
    error = values.std() / len(values) ** 0.5
    assert abs(values.mean() - expected) < 4 * error + 1e-6, values.mean()


@pytest.mark.parametrize("probability", [RICH, POOR])
def test_the_greedy_filter_risks_as_often_as_its_histories_say(probability: float) -> None:
    _, risky, truth, free = live(Scripted(greedy_bayes))
    # Trials of one block are not independent: blocks are the sample.
    by_block = risky[free].reshape(-1, FREE).mean(-1)
    assert_mean(by_block[truth[free].reshape(-1, FREE)[:, 0] == probability], greedy_share(probability))


def test_the_greedy_filter_prefers_risk_where_the_claim_says() -> None:
    assert greedy_share(RICH) - greedy_share(POOR) == pytest.approx(0.74, abs=0.005)


def test_choosing_at_random_earns_the_mean_of_both_levers() -> None:
    reward, risky, _, free = live(Scripted(at_random))
    assert_mean(risky[free].reshape(-1, FREE).mean(-1), 0.5)
    # 4 x .3125, the mean of both probabilities, and 1.
    assert_mean(reward.reshape(-1, TRIALS).mean(-1), (4 * (RICH + POOR) / 2 + 1) / 2)


def test_forced_trials_pay_as_free_ones_do() -> None:
    reward, risky, truth, free = live(Scripted(at_random))
    for probability in (RICH, POOR):
        assert_mean(reward[~free & risky & (truth == probability)], 4 * probability)
    assert set(reward[~risky]) == {1.0}
    assert risky[~free].mean() == 0.5

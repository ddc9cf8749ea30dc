"""Dopamine is shifted at the chosen events, by the chosen amount, in the policy network alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import Moment, ShiftError
from pfc_metarl.agents.interventions.dopamine import lever_paid
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.registry import make_task

NOTHING_DONE = -1


def sensed(action: int, reward: float) -> Senses:
    taken = torch.zeros(1, 1, 3)
    if action != NOTHING_DONE:
        taken[..., action] = 1
    return Senses(4, 10, torch.zeros(1, 1, 4), taken, torch.full((1, 1), reward))


@pytest.mark.parametrize("lever", [LEFT, RIGHT])
@pytest.mark.parametrize("paid", [4.0, 1.0, 0.0, -1.0])
def test_a_lever_has_paid_what_it_paid(lever: int, paid: float) -> None:
    happened = [each for each in (4.0, 1.0, 0.0) if bool(lever_paid(sensed(lever, paid), each))]
    assert happened == ([paid] if paid >= 0 else [])


@pytest.mark.parametrize("action", [CENTRE, NOTHING_DONE])
def test_nothing_earned_at_fixation_is_no_omitted_reward(action: int) -> None:
    assert not bool(lever_paid(sensed(action, 0.0), 0.0))


def test_the_shift_falls_on_the_event_only(agent: FrozenAgent) -> None:
    taken = torch.nn.functional.one_hot(torch.tensor([[LEFT, RIGHT, CENTRE, LEFT]]), 3).float()
    senses = Senses(4, 10, torch.zeros(1, 4, 4), taken, torch.tensor([[0.0, 4.0, 0.0, 1.0]]))
    error = torch.tensor([[-2.0, 3.0, 0.5, 0.0]])
    moment = Moment(agent.population, False, lambda: (), senses=senses)
    assert ShiftError(4.0, paid=0.0).on_error(error, moment).tolist() == [[2.0, 3.0, 0.5, 0.0]]
    assert ShiftError(-4.0, paid=4.0).on_error(error, moment).tolist() == [[-2.0, -1.0, 0.5, 0.0]]
    assert ShiftError(1.0).on_error(error, moment).tolist() == [[-1.0, 4.0, 1.5, 1.0]]
    assert error.tolist() == [[-2.0, 3.0, 0.5, 0.0]]


@pytest.fixture
def task() -> Any:
    return make_task("risky-choice", forced_trials=1, free_trials=4)


@pytest.fixture
def agent(task: Any, draw_population: Any) -> FrozenAgent:
    return freeze(draw_population(task, time_input=False, critic="separate", reward_signal="error"))


def test_the_policy_network_receives_the_shifted_error_and_the_critic_the_true_reward(
    agent: FrozenAgent, task: Any
) -> None:
    control = record(agent, task, episodes=20)
    shifted = record(agent.perturbed(ShiftError(-4.0, paid=4.0)), task, episodes=20)
    won = (shifted["previous_reward"] == 4).values
    assert won.any()
    value = shifted["value"].values.astype(float)
    true_error = shifted["previous_reward"].values[..., 1:] + 0.9 * value[..., 1:] - value[..., :-1]
    np.testing.assert_allclose(shifted["error"].values[..., 1:], true_error - 4 * won[..., 1:], atol=1e-5)
    # Until the first shifted error arrives, nothing differs; afterwards the policy does.
    before = np.cumsum(won, axis=-1) == 0
    np.testing.assert_array_equal(shifted["policy"].values[before], control["policy"].values[before])
    assert (shifted["policy"].values[won] != control["policy"].values[won]).any()


def test_a_shift_of_nothing_changes_nothing(agent: FrozenAgent, task: Any) -> None:
    control = record(agent, task, episodes=5)
    assert record(agent.perturbed(ShiftError(0.0, paid=4.0)), task, episodes=5).identical(control)

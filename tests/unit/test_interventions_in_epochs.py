"""Interventions where an epoch has several episodes: what belongs to which episode, and who can exchange."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import (
    AddNoise,
    Clamp,
    Intervention,
    Moment,
    ResetState,
    ShuffleInput,
    ShuffleRecall,
    SwapState,
    TransplantState,
)
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import make_task

EPOCHS, EPOCH, STEPS, UNITS = 2, 3, 5, 8


@pytest.fixture
def task() -> Any:
    return make_task("contextual-bandit", trials=STEPS, epoch=EPOCH)


@pytest.fixture
def agent(draw_population: Any, task: Any) -> FrozenAgent:
    return freeze(draw_population(task, core="episodic", units=UNITS))


class Watching(Intervention):
    """Notes the states that reach a network, episode after episode of all epochs at once."""

    def __init__(self) -> None:
        self.states: list[np.ndarray] = []

    def on_state(self, state: tuple[torch.Tensor, ...], moment: Moment) -> tuple[torch.Tensor, ...]:
        self.states.append(state[0].numpy())
        return state


def watched(agent: FrozenAgent, task: Any, *interventions: Intervention) -> np.ndarray:
    """The states in which inputs are received: ``position step subject epoch unit``."""
    watching = Watching()
    record(agent.perturbed(*interventions, watching), task, EPOCHS * task.epoch, seed=3)
    return np.reshape(watching.states, (task.epoch, STEPS, *watching.states[0].shape))


# Noise


def noise_alone(agent: FrozenAgent, task: Any) -> np.ndarray:
    """What is added to units that would be silent: ``subject epoch position step unit``."""
    noisy = record(agent.perturbed(Clamp(0.0), AddNoise(1.0)), task, EPOCHS * task.epoch, seed=3)["hidden"].values
    return noisy.reshape(len(noisy), EPOCHS, task.epoch, STEPS, UNITS)


def test_noise_is_new_in_every_episode_of_an_epoch(agent: FrozenAgent, task: Any) -> None:
    noise = noise_alone(agent, task)
    assert len(np.unique(noise)) == noise.size


def test_an_epochs_first_episode_has_the_noise_of_a_task_without_epochs(agent: FrozenAgent, task: Any) -> None:
    alone = make_task("contextual-bandit", trials=STEPS)
    assert alone.epoch == 1
    np.testing.assert_array_equal(noise_alone(agent, task)[:, :, :1], noise_alone(agent, alone))


def test_every_episode_starts_with_noise_of_its_own_and_is_reset_to_it(agent: FrozenAgent, task: Any) -> None:
    states = watched(agent, task, AddNoise(1.0), ResetState(steps=3))
    starts = states[:, 0]
    assert len(np.unique(starts)) == starts.size
    np.testing.assert_array_equal(states[:, 3], starts)


# Transplants


def test_ones_own_past_transplanted_changes_nothing(agent: FrozenAgent, task: Any) -> None:
    control = record(agent, task, EPOCHS * EPOCH, seed=3)
    assert record(agent.perturbed(TransplantState(control)), task, EPOCHS * EPOCH, seed=3).identical(control)


def test_each_episode_gets_the_state_of_the_donors_episode_of_its_number(agent: FrozenAgent, task: Any) -> None:
    donor = record(agent, task, EPOCHS * EPOCH, seed=9).isel(episode=slice(4))
    states = watched(agent, task, TransplantState(donor, steps=2))
    for position in range(EPOCH):
        for epoch in range(EPOCHS):
            given = donor["hidden"].isel(episode=(epoch * EPOCH + position) % 4, step=1).values
            np.testing.assert_array_equal(states[position, 2, :, epoch], given)


# Exchange


@pytest.mark.parametrize(
    ("exchange", "line"),
    [
        (SwapState(), "swap-state"),
        (ShuffleRecall(seed=2), "shuffle-recall seed=2"),
        (ShuffleInput("reward"), "shuffle-input channel=reward"),
    ],
)
def test_an_epoch_alone_has_none_to_exchange_with(draw_population: Any, exchange: Intervention, line: str) -> None:
    task = make_task("barcode-bandit", arms=3, contexts=3, exposures=2, pulls=STEPS)
    agent = freeze(draw_population(task, core="episodic", units=UNITS)).perturbed(exchange)
    said = f"'{line}' .* one epoch alone .* record at least 2 epochs, 12 episodes"
    for episodes in (1, task.epoch):
        with pytest.raises(ConfigurationError, match=said):
            record(agent, task, episodes)
    record(agent, task, task.epoch + 1)


def test_an_episode_alone_has_none_to_exchange_with(draw_population: Any) -> None:
    task = make_task("two-armed-bandit", trials=STEPS)
    swapped = freeze(draw_population(task)).perturbed(SwapState(steps=2))
    with pytest.raises(ConfigurationError, match=r"one episode alone .* record at least 2 episodes"):
        record(swapped, task, 1)

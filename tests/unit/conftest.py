"""A hand-made task whose every number can be foretold, and small helpers shared by the unit tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks import registry
from pfc_metarl.tasks.task import Task, TimeStep, Truth


class CountingConfiguration(Configuration):
    trials: int = 3
    actions: int = 3
    payoff: float = 1.0
    lucky_position: int = -1
    ending_action: int = -1


@dataclass(frozen=True)
class CountingState:
    step: int
    ended: Tensor


class Counting(Task[CountingState]):
    """Pays 10 * step + action and shows 100 * (step + 1); no chance at all.

    ``ending_action`` ends an episode early; ``payoff`` multiplies the rewards, of the
    subject at ``lucky_position`` only where that is given.
    """

    configuration_type = CountingConfiguration
    summary = "pays 10 * step + action"

    def __init__(self, configuration: CountingConfiguration | None = None) -> None:
        super().__init__(configuration or CountingConfiguration())
        self.actions = self.configuration.actions
        self.features = 1
        self.steps = self.configuration.trials
        self.start_draws = 0
        self.step_draws = 0

    def start(self, uniform: Tensor) -> tuple[CountingState, TimeStep]:
        ended = torch.zeros(uniform.shape[:2], dtype=torch.bool)
        return CountingState(0, ended), self._show(0, torch.zeros(uniform.shape[:2]), ended)

    def step(self, state: CountingState, action: Tensor, uniform: Tensor) -> tuple[CountingState, TimeStep]:
        paid = (10.0 * state.step + action).to(torch.float32)
        if self.configuration.lucky_position < 0:
            paid = paid * self.configuration.payoff
        else:
            paid[self.configuration.lucky_position] *= self.configuration.payoff
        ended = state.ended | (action == self.configuration.ending_action)
        if state.step + 1 == self.steps:
            ended = torch.ones_like(ended)
        return CountingState(state.step + 1, ended), self._show(state.step + 1, paid, ended)

    def truth(self, state: CountingState) -> Mapping[str, Truth]:
        return {"count": Truth(torch.full(state.ended.shape, float(state.step)))}

    @staticmethod
    def _show(step: int, reward: Tensor, ended: Tensor) -> TimeStep:
        return TimeStep(torch.full((*reward.shape, 1), 100.0 * (step + 1)), reward, ended)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    """The counting task, registered for the length of one test."""
    monkeypatch.setitem(registry.TASKS, "counting", (Counting.__module__, Counting.__qualname__, Counting.summary))
    return Counting


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def draw_population() -> Any:
    """Make a small population; its learned initial states and biases are not left at zero."""

    def draw(
        task: Task[Any] | None = None,
        subjects: int = 2,
        units: int = 5,
        core: str = "lstm",
        initial_state: str = "learned",
        inputs: int = 4,
        actions: int = 3,
        dtype: torch.dtype = torch.float32,
        seed: int = 0,
        **channels: Any,
    ) -> Population:
        configuration = NetworkConfiguration(core=core, units=units, initial_state=initial_state, **channels)
        if task is not None:
            inputs, actions = input_size(task, configuration), task.actions
        population = Population.draw(configuration, inputs, actions, Streams(seed, range(subjects)))
        generator = np.random.default_rng(1)
        for name, weight in population.weights.items():
            shake = torch.from_numpy(generator.normal(0, 0.3, tuple(weight.shape)))
            population.weights[name] = (weight.double() + shake).to(dtype)
        return population

    return draw

"""A trained network whose weights cannot change any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.core import State
from pfc_metarl.network.inputs import build_input, input_size
from pfc_metarl.network.population import Population, choose
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task


class FrozenAgent(Agent):
    """A population that learns by its activity alone.

    The weights are copied as inference tensors: torch itself refuses to record a gradient
    through them or to change them in place.

    Parameters
    ----------
    population : whose weights are copied.
    interventions : applied at every step, in order.
    """

    def __init__(self, population: Population, interventions: Sequence[Intervention] = ()) -> None:
        with torch.inference_mode():
            weights = {name: weight.detach().clone() for name, weight in population.weights.items()}
        self.population = Population(
            population.configuration, population.inputs, population.actions, population.subjects, weights
        )
        self.interventions = tuple(interventions)
        self.subjects = population.subjects

    def perturbed(self, *interventions: Intervention) -> FrozenAgent:
        """Return the same agent with further interventions."""
        return FrozenAgent(self.population, (*self.interventions, *interventions))

    def select(self, positions: Sequence[int]) -> FrozenAgent:
        """Return some of the subjects, by position."""
        return FrozenAgent(self.population.select(positions), self.interventions)

    def refuse_unfit(self, task: Task[Any]) -> None:
        population = self.population
        inputs = input_size(task, population.configuration)
        if (inputs, task.actions) != (population.inputs, population.actions):
            raise ConfigurationError(
                f"the network has {population.inputs} inputs and {population.actions} actions, the task needs "
                f"{inputs} inputs and {task.actions} actions: record it on a task like the one it was trained on"
            )

    def fingerprints(self) -> list[str]:
        return self.population.fingerprints()

    @torch.inference_mode()
    def begin(self, episodes: int) -> State:
        return self.population.initial_state(episodes)

    @torch.inference_mode()
    def respond(self, memory: State, senses: Senses, uniform: Tensor) -> Response:
        for intervention in self.interventions:
            senses = intervention.on_senses(senses)
            memory = intervention.on_state(memory, senses, self.population)
        received = build_input(senses, self.population.configuration)
        state = self.population.core.step(self.population.weights, received, memory)
        logits, value = self.population.heads(state[0])
        readout = {
            "value": value,
            "policy": torch.softmax(logits, dim=-1),
            **dict(zip(self.population.core.state_names, state, strict=True)),
        }
        return Response(choose(logits, uniform[..., 0]), state, readout)


def untrained_like(population: Population, seed: int) -> FrozenAgent:
    """Networks of the same kind before any training: the null of whatever training is said to have brought."""
    streams = Streams(seed, population.subjects)
    return freeze(Population.draw(population.configuration, population.inputs, population.actions, streams))


def freeze(population: Population) -> FrozenAgent:
    """Fix a population's weights, so that what it still learns it learns by activity."""
    return FrozenAgent(population)

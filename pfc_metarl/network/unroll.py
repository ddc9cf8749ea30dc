"""A pass through an episode that can be differentiated afterwards.

Acting and learning share one forward pass: the unroll keeps what the backward pass will
need while the subject acts. ``AutogradUnroll`` is the plain path for any core, and the
oracle for the derived one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.fast.gradient import make_trace, traced_output
from pfc_metarl.network.fast.trace import Trace
from pfc_metarl.network.inputs import build_input, input_places, write_input
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Remembering


class Unroll(ABC):
    """One batch of episodes through a population's core and heads."""

    @abstractmethod
    def step(self, senses: Senses) -> Float[Tensor, "subject episode column"]:
        """Receive one input; return what the heads say (``Population.read``), detached."""

    @abstractmethod
    def output(self) -> Float[Tensor, "subject step episode column"]:
        """What the heads say at all steps, differentiable in every weight."""


class AutogradUnroll(Unroll):
    """Any core, differentiated by autograd."""

    def __init__(self, unroller: Unroller) -> None:
        self.unroller = unroller
        self.population = unroller.population
        with torch.enable_grad():
            self.state = self.population.initial_state(unroller.episodes)
        self.collected: list[Tensor] = []

    def step(self, senses: Senses) -> Float[Tensor, "subject episode column"]:
        population = self.population
        with torch.enable_grad():
            senses = population.perceive(senses)
            received = build_input(senses, population.configuration)
            if population.core.recalls:
                received = torch.cat([received, population.recall(self.unroller.memory, senses)], dim=-1)
            self.state = population.core.step(population.weights, received, self.state)
        self.unroller.memory = population.remember(self.unroller.memory, senses, self.state)
        self.collected.append(self.state[0])
        return population.read(self.state[0].detach()).detach()

    def output(self) -> Float[Tensor, "subject step episode column"]:
        """One product over all steps; its rows are those of ``step`` to the last bits, not beyond."""
        hidden = torch.stack(self.collected, dim=1)
        return self.population.read(hidden.flatten(1, 2)).view(*hidden.shape[:3], -1)


class DerivedUnroll(Unroll):
    """A core with its backward pass derived by hand; buffers are reused from batch to batch."""

    def __init__(self, unroller: Unroller, trace: Trace) -> None:
        self.unroller = unroller
        self.population = unroller.population
        self.trace = trace
        with torch.enable_grad():
            self.initial = self.population.initial_state(trace.episodes)
            self.weights = self.population.core.joint_weights(self.population.weights)
        trace.begin(self.weights, *self.initial)
        self.images: list[Tensor] = []

    def step(self, senses: Senses) -> Float[Tensor, "subject episode column"]:
        if self.population.encoder is not None:
            self.images.append(senses.observation)
            senses = self.population.perceive(senses)
        write_input(senses, self.unroller.places[senses.step])
        if not self.population.core.recalls:
            return self.trace.step(senses.step)
        self.trace.recall(senses.step, self.population.recall(self.unroller.memory, senses))
        said = self.trace.step(senses.step)
        self.unroller.memory = self.population.remember(self.unroller.memory, senses, self.trace.state(senses.step))
        return said

    def output(self) -> Float[Tensor, "subject step episode column"]:
        return traced_output(self.trace, self.weights, self.initial, self._encoded())

    def _encoded(self) -> Float[Tensor, "subject step episode encoded"] | None:
        """What the encoder made of every step's image.

        Encoding all steps once more, together, is cheaper than keeping a graph per step.
        """
        encoder = self.population.encoder
        if encoder is None:
            return None
        return encoder.encode(self.population.weights, torch.stack(self.images, dim=1))


class Unroller:
    """Makes the unroll of each batch: derived where the core allows it, autograd otherwise.

    Parameters
    ----------
    population : whose core is unrolled.
    steps, episodes : size of a batch.
    remembering : what of the observation addresses an episodic memory.
    derived : use the hand-derived gradient where the core has one; false forces autograd.

    Attributes
    ----------
    memory : what the network remembers after the last batch, where it has an episodic memory.
    """

    def __init__(
        self,
        population: Population,
        steps: int,
        episodes: int,
        remembering: Remembering | None = None,
        derived: bool = True,
    ) -> None:
        self.population = population
        self.episodes = episodes
        self.memory = self._empty = population.empty_memory(episodes, remembering)
        self.trace = make_trace(population.core, population.weights, steps, episodes) if derived else None
        if self.trace is not None:
            self.places = [
                input_places(received, population.configuration, population.actions) for received in self.trace.received
            ]

    def begin(self, position: int = 0) -> Unroll:
        """Start the batch at this position of its epoch; the first one finds the memory empty."""
        if position == 0:
            self.memory = self._empty
        if self.trace is not None:
            return DerivedUnroll(self, self.trace)
        return AutogradUnroll(self)

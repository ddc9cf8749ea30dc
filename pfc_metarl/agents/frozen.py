"""A trained network whose weights cannot change any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.interventions.intervention import Intervention, Moment, through
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.core import State
from pfc_metarl.network.inputs import build_input, input_size, prediction_error
from pfc_metarl.network.memory import EpisodicMemory
from pfc_metarl.network.population import Population, choose
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class FrozenMemory:
    """What a frozen network carries from step to step: its activity, and what it has stored of it.

    Attributes
    ----------
    actor : state of the policy's recurrent layer, and the value's where they share one.
    critic, value : state and last output of a separate critic.
    actor_store, critic_store : what they have stored since the epoch began; None before the first step, and
        always in networks without episodic memory.
    position : place of the episode in its epoch.
    """

    actor: State
    critic: State | None = None
    value: Tensor | None = None
    actor_store: EpisodicMemory | None = None
    critic_store: EpisodicMemory | None = None
    position: int = 0


@dataclass(frozen=True)
class _Advanced:
    """One network after a step: its state and store, what its heads say, and what is recorded of it."""

    state: State
    store: EpisodicMemory | None
    logits: Tensor
    value: Tensor
    readout: dict[str, Tensor]


class FrozenAgent(Agent):
    """A population that learns by its activity alone.

    The weights are copied as inference tensors: torch itself refuses to record a gradient
    through them or to change them in place.

    Parameters
    ----------
    population : whose weights are copied.
    interventions : what is done to it at every step (``pfc_metarl.agents.interventions``).
    """

    def __init__(self, population: Population, interventions: Sequence[Intervention] = ()) -> None:
        with torch.inference_mode():
            weights = {name: weight.detach().clone() for name, weight in population.weights.items()}
        self.population = Population(
            population.configuration, population.inputs, population.actions, population.subjects, weights
        )
        self.critic = self.population.critic
        self.interventions = tuple(interventions)
        self.subjects = population.subjects

    def perturbed(self, *interventions: Intervention) -> FrozenAgent:
        """Return the same agent with further interventions, which act after those that it has.

        Raises
        ------
        ConfigurationError
            If one makes no sense in these networks.
        """
        for intervention in interventions:
            intervention.refuse_network(self.population)
        return FrozenAgent(self.population, (*self.interventions, *interventions))

    def select(self, positions: Sequence[int]) -> FrozenAgent:
        """Return some of the subjects, by position."""
        return FrozenAgent(self.population.select(positions), self.interventions)

    def with_slots(self, slots: int) -> FrozenAgent:
        """Return the same networks with room for this many stored states, where they have an episodic memory."""
        own = self.population
        configuration = own.configuration.model_copy(update={"memory_slots": slots})
        population = Population(configuration, own.inputs, own.actions, own.subjects, own.weights)
        return FrozenAgent(population, self.interventions)

    def refuse_unfit(self, task: Task[Any]) -> None:
        population = self.population
        inputs = input_size(task, population.configuration)
        if (inputs, task.actions) != (population.inputs, population.actions):
            raise ConfigurationError(
                f"the network has {population.inputs} inputs and {population.actions} actions, the task needs "
                f"{inputs} inputs and {task.actions} actions: record it on a task like the one it was trained on"
            )
        for intervention in self.interventions:
            intervention.refuse_task(task)

    def fingerprints(self) -> list[str]:
        return self.population.fingerprints()

    @torch.inference_mode()
    def begin(self, episodes: int) -> FrozenMemory:
        return self._begin(episodes, position=0)

    @torch.inference_mode()
    def begin_next(self, memory: FrozenMemory, episodes: int) -> FrozenMemory:
        begun = self._begin(episodes, memory.position + 1)
        return replace(begun, actor_store=memory.actor_store, critic_store=memory.critic_store)

    def _begin(self, episodes: int, position: int) -> FrozenMemory:
        critic = None if self.critic is None else self._initial(self.critic, episodes, position)
        return FrozenMemory(self._initial(self.population, episodes, position), critic, position=position)

    @torch.inference_mode()
    def respond(self, memory: FrozenMemory, senses: Senses, uniform: Tensor) -> Response:
        if self.critic is None:
            actor = self._advance(self.population, memory.actor, memory.actor_store, senses)
            value, readout = actor.value, {}
            judged = FrozenMemory(actor.state, actor_store=actor.store, position=senses.position)
        else:
            critic = self._advance(self.critic, memory.critic, memory.critic_store, senses)
            value = critic.value
            received, readout = self._signalled(senses, value, memory)
            actor = self._advance(self.population, memory.actor, memory.actor_store, senses, received)
            judged = FrozenMemory(actor.state, critic.state, value, actor.store, critic.store, senses.position)
        readout |= {"value": value, "policy": torch.softmax(actor.logits, dim=-1), **actor.readout}
        return Response(choose(actor.logits, uniform[..., 0]), judged, readout)

    def _advance(
        self,
        network: Population,
        state: State | None,
        store: EpisodicMemory | None,
        senses: Senses,
        received: Senses | None = None,
    ) -> _Advanced:
        """Let one network receive a step.

        ``received`` is what it receives of what the subject senses, where that is something else.
        """
        assert state is not None, "memory comes from this agent's own begin"
        core = network.core
        moment = self._moment(network, senses, state)
        state = through(self.interventions, "on_state", state, moment)
        moment = replace(moment, before=state)
        perceived = network.perceive(received or senses)
        joined = build_input(perceived, network.configuration)
        joined = through(self.interventions, "on_input", joined, moment)
        readout: dict[str, Tensor] = {}
        if core.recalls:
            if store is None:
                store = network.empty_memory(state[0].shape[1], senses.remembering)
            recalled = through(self.interventions, "on_recall", network.recall(store, perceived), moment)
            joined, readout["recalled"] = torch.cat([joined, recalled], dim=-1), recalled
        gates = through(self.interventions, "on_gates", core.gates(network.weights, joined, state), moment)
        if core.recalls:
            readout["reinstatement"] = gates[core.gate_names.index("reinstatement")]
        state = through(self.interventions, "on_activity", core.update(gates, state), moment)
        store = network.remember(store, perceived, state)
        logits, value = network.heads(state[0])
        return _Advanced(state, store, logits, value, readout | dict(zip(core.state_names, state, strict=True)))

    def _initial(self, network: Population, episodes: int, position: int) -> State:
        """One network's state at an episode's start, as the interventions leave it."""
        state = network.initial_state(episodes)
        moment = Moment(network, network is self.critic, lambda: state, position)
        return through(self.interventions, "on_activity", state, moment)

    def _moment(self, network: Population, senses: Senses, state: State) -> Moment:
        initial = partial(self._initial, network, state[0].shape[1], senses.position)
        return Moment(network, network is self.critic, initial, senses.position, senses, state)

    def _signalled(self, senses: Senses, value: Tensor, memory: FrozenMemory) -> tuple[Senses, dict[str, Tensor]]:
        """Put the prediction error in the reward's place, where the policy network receives it."""
        configuration = self.population.configuration
        if configuration.reward_signal == "reward":
            return senses, {}
        error = prediction_error(senses, value, memory.value, configuration.error_discount)
        moment = self._moment(self.population, senses, memory.actor)
        error = through(self.interventions, "on_error", error, moment)
        return replace(senses, previous_reward=error), {"error": error}


def untrained_like(population: Population, seed: int) -> FrozenAgent:
    """Networks of the same kind before any training: the null of whatever training is said to have brought."""
    streams = Streams(seed, population.subjects)
    return freeze(Population.draw(population.configuration, population.inputs, population.actions, streams))


def freeze(population: Population) -> FrozenAgent:
    """Fix a population's weights, so that what it still learns it learns by activity."""
    return FrozenAgent(population)

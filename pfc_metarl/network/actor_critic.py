"""Actor and critic through one batch of episodes: on one recurrent layer, or on one each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.inputs import prediction_error
from pfc_metarl.network.population import Population
from pfc_metarl.network.unroll import Unroll, Unroller
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task


class ActorCriticUnroll:
    """One batch of episodes; like ``Unroll``, but from what is received to policy and value.

    Parameters
    ----------
    population : whose networks are unrolled.
    actor : the policy's recurrent layer, and the value's where they share one.
    critic : the value's own network with its unroll, or None.
    """

    def __init__(self, population: Population, actor: Unroll, critic: tuple[Population, Unroll] | None) -> None:
        self.population = population
        self.actor = actor
        self.critic = critic
        self._value: Tensor | None = None

    def step(self, senses: Senses) -> Float[Tensor, "subject episode action"]:
        """Receive one input; return the policy's logits, detached."""
        if self.critic is not None:
            senses = self._judge(*self.critic, senses)
        return self.actor.step(senses)[..., : self.population.actions]

    def _judge(self, network: Population, unroll: Unroll, senses: Senses) -> Senses:
        """Let the critic receive the step; put its error in the reward's place, where the policy is to see it."""
        value = network.policy_and_value(unroll.step(senses))[1]
        previous, self._value = self._value, value
        configuration = self.population.configuration
        if configuration.reward_signal == "reward":
            return senses
        error = prediction_error(senses, value, previous, configuration.error_discount)
        return replace(senses, previous_reward=error)

    def outputs(
        self,
    ) -> tuple[Float[Tensor, "subject step episode action"], Float[Tensor, "subject step episode"]]:
        """Logits and value of all steps, differentiable in every weight."""
        logits, value = self.population.policy_and_value(self.actor.output())
        if self.critic is not None:
            network, unroll = self.critic
            value = network.policy_and_value(unroll.output())[1]
        return logits, value


class ActorCriticUnroller:
    """Makes the unroll of each batch.

    Parameters
    ----------
    population : trained in place.
    task : the world.
    episodes : in a batch.
    derived : use the hand-derived gradient where the core has one; false forces autograd.
    """

    def __init__(self, population: Population, task: Task[Any], episodes: int, derived: bool = True) -> None:
        self.population = population
        size, critic = (task.steps, episodes, task.remembering), population.critic
        self.actor = Unroller(population, *size, derived)
        self.critic = None if critic is None else (critic, Unroller(critic, *size, derived))

    def begin(self, position: int) -> ActorCriticUnroll:
        """Start a batch of episodes, at this position of their epochs."""
        critic = None if self.critic is None else (self.critic[0], self.critic[1].begin(position))
        return ActorCriticUnroll(self.population, self.actor.begin(position), critic)

    def memories(self) -> dict[str, Tensor]:
        """What the networks remember of this epoch, by name; empty without episodic memory."""
        return {
            f"{name}.{part}": tensor
            for name, unroller in self._unrollers().items()
            if unroller.memory is not None
            for part, tensor in unroller.memory.tensors().items()
        }

    def restore_memories(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up an epoch where a checkpoint left it."""
        for name, unroller in self._unrollers().items():
            if unroller.memory is not None:
                held = unroller.memory.tensors()
                unroller.memory = unroller.memory.holding({part: tensors[f"{name}.{part}"] for part in held})

    def _unrollers(self) -> dict[str, Unroller]:
        return {"actor": self.actor} | ({} if self.critic is None else {"critic": self.critic[1]})

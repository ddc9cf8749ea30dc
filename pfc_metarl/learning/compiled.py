"""Updates without a torch operation between the first step of an episode and the gradient, where all has kernels."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.kernels import judge, life_in
from pfc_metarl.learning.returns import n_step_share
from pfc_metarl.learning.rollout import Rollout, shortfall
from pfc_metarl.network.core import RecurrentCore
from pfc_metarl.network.fast.compiled import CompiledTrace, KernelWeights, on_kernels
from pfc_metarl.network.fast.kernels import PASSES
from pfc_metarl.network.inputs import input_channels
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.fast.registry import compiled_world
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.task import Task

NO_CHANNEL = range(0)

Arrays = tuple[Any, ...]


class CompiledLessons:
    """Lives on kernels what ``rollout.collect`` defines, and learns from it what ``loss.actor_critic_loss`` defines.

    Its memory serves the next batch as well, and the largest part of it one subject after the other.

    Parameters
    ----------
    task, population : the world, and the networks in it.
    configuration : the training's settings.
    world : the same world on kernels.
    """

    def __init__(
        self, task: Task[Any], population: Population, configuration: TrainingConfiguration, world: CompiledWorld
    ) -> None:
        self.population, self.configuration, self.world = population, configuration, world
        like, steps, episodes = population.weights["head_weight"].detach(), task.steps, configuration.episodes
        one = {name: weight.detach()[:1] for name, weight in population.weights.items()}
        self._activity = CompiledTrace(population.core, one, steps, episodes).activity
        batch = (len(population.subjects), steps, episodes)
        self._output = like.new_empty(*batch, like.shape[-1])
        self._action, self._reward = torch.empty(batch, dtype=torch.int64), like.new_empty(batch)
        self._lives = [*zip(self._output.numpy(), self._action.numpy(), self._reward.numpy(), strict=True)]
        self._slopes = np.zeros((steps, episodes, like.shape[-1]), np.float32)
        self._ended = torch.zeros(len(population.subjects), episodes, steps, dtype=torch.bool)
        self._ended[..., -1] = True
        self._valid = torch.ones_like(self._ended)
        channels = input_channels(population.configuration, population.inputs, population.actions)
        places = (channels.get(name, NO_CHANNEL) for name in ("action", "reward", "time"))
        self._places = (task.features, population.actions, *((place.start, place.stop) for place in places))
        self._carry = _carried_share(configuration, steps).numpy()
        numbers = (configuration.discount, configuration.dopamine, configuration.value_coefficient)
        self._settings = tuple(map(np.float32, numbers))
        self._live, self._backward = _life(type(world), type(population.core)), PASSES[type(population.core)].backward

    @classmethod
    def of(
        cls, task: Task[Any], population: Population, configuration: TrainingConfiguration
    ) -> CompiledLessons | None:
        """Make them for these networks in this world; None where one of them has no kernels for its every part."""
        served = type(population.core) in PASSES and on_kernels(population.weights["head_weight"])
        plain = population.critic is None and population.encoder is None and not population.core.recalls
        world = compiled_world(task) if served and plain else None
        return None if world is None else cls(task, population, configuration, world)

    def learn(
        self, chance: Chance, entropy_coefficient: float, measure: bool
    ) -> tuple[Rollout, Float[Tensor, " subject"]]:
        """Live one batch of episodes; leave its gradients with the weights, and return it with each subject's loss."""
        population, episodes = self.population, self.configuration.episodes
        weights, initial = population.core.joint_weights(population.weights), population.initial_state(episodes)
        laid_out = KernelWeights(weights, population.inputs)
        gradients = laid_out.no_gradients(episodes)
        loss = self._one_after_the_other(
            self.world.start(chance.start.numpy(), chance.world.numpy()),
            (chance.world.numpy(), chance.choice[..., 0].numpy()),
            laid_out,
            tuple(each.detach().numpy() for each in initial),
            (*self._settings, np.float32(entropy_coefficient)),
            tuple(gradient.numpy() for gradient in gradients),
        )
        parameters = [*(weights[name] for name in ("weight", "bias", "head_weight", "head_bias")), *initial]
        found = laid_out.by_parameter(gradients, has_cell=len(initial) > 1)
        learning = [number for number, parameter in enumerate(parameters) if parameter.requires_grad]
        torch.autograd.backward([parameters[number] for number in learning], [found[number] for number in learning])
        return self._rollout(measure), torch.tensor(loss)

    def _one_after_the_other(
        self,
        world: Arrays,
        uniform: Arrays,
        weights: KernelWeights,
        initial: Arrays,
        settings: Arrays,
        gradients: Arrays,
    ) -> list[float]:
        """Let each subject live and learn; its activity is still in the processor's cache when it is read again."""
        losses = []
        for subject, lived in enumerate(self._lives):
            own = tuple(each[subject] for each in weights.forward)
            self._live(subject, world, uniform, own, initial, self._activity, lived, self._places)
            losses.append(judge(lived, self.population.actions, self._carry, settings, self._slopes))
            own_gradients = tuple(each[subject] for each in gradients)
            recurrent, head_columns = weights.recurrent[subject], weights.head_columns[subject]
            self._backward(0, recurrent, head_columns, self._activity, self._slopes, own_gradients)
        return losses

    def _rollout(self, measure: bool) -> Rollout:
        said, action = self._output.transpose(1, 2), self._action.transpose(1, 2)
        logits, value = self.population.policy_and_value(said)
        expected = self.world.expected_reward() if measure else None
        return Rollout(
            logits=logits,
            value=value,
            action=action,
            reward=self._reward.transpose(1, 2),
            ended=self._ended,
            valid=self._valid,
            # The mean reward is the same at all steps, and all are valid.
            regret=None if expected is None else shortfall(torch.from_numpy(expected), action),
        )


@cache
def _life(world: type[CompiledWorld], core: type[RecurrentCore]) -> Any:
    """Make the kernel of a core's life in a world, once in a process."""
    return life_in(world.show, world.advance, PASSES[core])


def _carried_share(settings: TrainingConfiguration, steps: int) -> Float[Tensor, " step"]:
    """Share of the next step's advantage in each step's, until an episode ends."""
    if settings.advantage == "generalised":
        return torch.full((steps,), settings.discount * settings.trace)
    return n_step_share(steps, settings.discount, settings.unroll)

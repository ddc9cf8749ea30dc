"""Rollouts without a torch operation per step, where network and world have kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.learning.rollout import Rollout, shortfall
from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.fast import acting
from pfc_metarl.network.fast.compiled import CompiledTrace
from pfc_metarl.network.inputs import input_channels
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.fast.registry import compiled_world
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.task import Task

NO_CHANNEL = range(0)


class CompiledEpisodes:
    """Lives what ``rollout.collect`` lives, number for number; ``collect`` is its definition and its oracle.

    Its memory serves the next batch as well.

    Parameters
    ----------
    task, unroller : the world, and the network in it.
    world : the same world on kernels.
    trace : of the unroller's network.
    """

    def __init__(
        self, task: Task[Any], unroller: ActorCriticUnroller, world: CompiledWorld, trace: CompiledTrace
    ) -> None:
        self.task, self.unroller, self.world, self.trace = task, unroller, world, trace
        actor = unroller.population
        batch = (len(actor.subjects), trace.episodes, task.steps)
        self._action = torch.zeros(batch, dtype=torch.int64)
        self._reward = torch.zeros(batch)
        self._valid = torch.ones(batch, dtype=torch.bool)
        self._ended = torch.zeros(batch, dtype=torch.bool)
        self._ended[..., -1] = True
        # One view per step, made once; what follows the last step has a row of its own, which nobody reads.
        self._received = [each.numpy() for each in trace.joined[..., : trace.inputs].unbind(1)]
        self._observed = [each[..., : task.features] for each in self._received]
        self._logits = [each[..., : actor.actions].numpy() for each in trace.output.unbind(1)]
        self._actions = [each.numpy() for each in self._action.unbind(-1)]
        self._rewards = [each.numpy() for each in self._reward.unbind(-1)]
        channels = input_channels(actor.configuration, actor.inputs, actor.actions)
        places = (channels.get(name, NO_CHANNEL) for name in ("action", "reward", "time"))
        self._places = tuple((place.start, place.stop) for place in places)

    @classmethod
    def of(cls, task: Task[Any], unroller: ActorCriticUnroller) -> CompiledEpisodes | None:
        """Make them for this network in this world; None where one of them has no kernels for its every part."""
        actor = unroller.population
        trace, plain = unroller.actor.trace, unroller.critic is None and not actor.core.recalls
        if not isinstance(trace, CompiledTrace) or not plain or actor.encoder is not None:
            return None
        world = compiled_world(task, len(actor.subjects), trace.episodes)
        return None if world is None else cls(task, unroller, world, trace)

    def collect(self, chance: Chance, measure_regret: bool = False) -> Rollout:
        """Let the population act through one batch of episodes."""
        unroll = self.unroller.begin(chance.position)
        self._live(chance)
        logits, value = unroll.outputs()
        return Rollout(
            logits=logits.transpose(1, 2),
            value=value.transpose(1, 2),
            action=self._action,
            reward=self._reward,
            ended=self._ended,
            valid=self._valid,
            regret=self._regret() if measure_regret else None,
        )

    def _regret(self) -> Float[Tensor, "subject episode step"] | None:
        """Expected reward given up at each step; a compiled world's is the same at all of them, and all are valid."""
        expected = self.world.expected_reward()
        return None if expected is None else shortfall(torch.from_numpy(expected), self._action)

    def _live(self, chance: Chance) -> None:
        choice, worlds, steps = chance.choice.numpy()[..., 0], chance.world.numpy(), self.task.steps
        # Nothing was done or earned before the first step.
        self._received[0].fill(0)
        self.world.start(chance.start.numpy(), self._observed[0])
        for step in range(steps):
            action, reward = self._actions[step], self._rewards[step]
            self.trace.step(step)
            acting.choose(self._logits[step], choice[:, step], action)
            self.world.step(step, action, worlds[:, step], reward, self._observed[step + 1])
            time = np.float32((step + 1) / steps)
            acting.receive(action, reward, time, self._received[step + 1], *self._places)

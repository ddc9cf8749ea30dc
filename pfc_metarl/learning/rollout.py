"""A batch of episodes lived by a population, ready to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.population import choose
from pfc_metarl.tasks.episode import Chance, Row, Senses, run_episodes
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class Rollout:
    """What a batch of episodes leaves for learning.

    Row t holds the policy and value before acting at t, the action, what it earned,
    whether it ended the episode, and whether the episode was still running.
    ``logits`` and ``value`` carry gradient, unless kernels have found it already; then
    the next batch is written over all of it. ``regret`` is the expected reward given up by
    each action, where it was asked for and the task defines it.
    """

    logits: Float[Tensor, "subject episode step action"]
    value: Float[Tensor, "subject episode step"]
    action: Int[Tensor, "subject episode step"]
    reward: Float[Tensor, "subject episode step"]
    ended: Bool[Tensor, "subject episode step"]
    valid: Bool[Tensor, "subject episode step"]
    regret: Float[Tensor, "subject episode step"] | None


def collect(task: Task[Any], unroller: ActorCriticUnroller, chance: Chance, measure_regret: bool = False) -> Rollout:
    """Let a population act through one batch of episodes and keep what learning needs."""
    unroll = unroller.begin(chance.position)

    def act(senses: Senses, uniform: Tensor) -> Int[Tensor, "subject episode"]:
        return choose(unroll.step(senses), uniform[..., 0])

    with torch.no_grad():
        rows = list(run_episodes(task, act, chance))

    logits, value = unroll.outputs()
    return Rollout(
        logits=logits.transpose(1, 2),
        value=value.transpose(1, 2),
        action=torch.stack([row.action for row in rows], dim=-1),
        reward=torch.stack([row.reward for row in rows], dim=-1),
        ended=torch.stack([row.ended for row in rows], dim=-1),
        valid=torch.stack([row.valid for row in rows], dim=-1),
        regret=regret(task, rows) if measure_regret else None,
    )


def regret(task: Task[Any], rows: Sequence[Row]) -> Float[Tensor, "subject episode step"] | None:
    """Expected reward given up at each step, against the best action in the same state."""
    given_up = []
    for row in rows:
        expected = task.expected_reward(row.state)
        if expected is None:
            return None
        given_up.append(shortfall(expected, row.action[..., None])[..., 0] * row.valid)
    return torch.stack(given_up, dim=-1)


def shortfall(
    expected: Float[Tensor, "subject episode action"], action: Int[Tensor, "subject episode step"]
) -> Float[Tensor, "subject episode step"]:
    """Expected reward of the best action over that of the action taken."""
    return expected.amax(dim=-1, keepdim=True) - expected.gather(-1, action)

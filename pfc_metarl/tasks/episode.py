"""One episode, step by step. The alignment of everything recorded or learned is written here, once.

Row t holds what the subject received at t, what it then did, and what that earned.
At the first row the previous action and the previous reward are zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.task import Remembering, Task, TimeStep


@dataclass(frozen=True)
class Senses:
    """What a subject receives at one step, before it acts.

    Attributes
    ----------
    step : how many steps of this episode came before.
    horizon : steps of the longest episode.
    observation : what the world shows.
    previous_action : one-hot; all zeros at the first step.
    previous_reward : earned by the previous action; zero at the first step.
    phases : of each step of a trial, from which the step's own trial and phase follow; empty where trials
        differ in length.
    remembering : what of the observation addresses an episodic memory, and when it is written; None if nothing.
    epoch : episodes of an epoch.
    position : place of this episode in its epoch.
    """

    step: int
    horizon: int
    observation: Float[Tensor, "subject episode feature"]
    previous_action: Float[Tensor, "subject episode action"]
    previous_reward: Float[Tensor, "subject episode"]
    phases: tuple[int, ...] = ()
    remembering: Remembering | None = None
    epoch: int = 1
    position: int = 0


@dataclass(frozen=True)
class Row:
    """One step of all episodes: received, done, earned.

    ``state`` is the task's state before the action, from which its hidden truth can be
    read; ``valid`` is false where the episode had ended before this step; ``ended`` is
    true where this step's action ended it.
    """

    state: Any
    senses: Senses
    action: Int[Tensor, "subject episode"]
    reward: Float[Tensor, "subject episode"]
    valid: Bool[Tensor, "subject episode"]
    ended: Bool[Tensor, "subject episode"]


@dataclass(frozen=True)
class Chance:
    """All uniform numbers that one batch of episodes will use, drawn beforehand.

    ``position`` is the place of these episodes in their epochs, whose episodes share ``start``.
    """

    start: Float[Tensor, "subject episode start_draw"]
    world: Float[Tensor, "subject step episode world_draw"]
    choice: Float[Tensor, "subject step episode choice_draw"]
    position: int = 0


def draw_chance(
    task: Task[Any],
    streams: Streams,
    counter: int,
    episodes: int,
    choice_draws: int = 1,
    device: torch.device | str = "cpu",
) -> Chance:
    """Draw the chance of the ``counter``-th batch of episodes.

    Successive batches are the successive episodes of one epoch, and then of the next. Start, world and choice
    have streams of their own, so that two agents meet the same problems however differently they choose.
    """

    def uniform(purpose: str, counter: int, *shape: int) -> Tensor:
        return torch.from_numpy(streams.uniform(purpose, counter, shape)).to(device)

    epoch, position = divmod(counter, task.epoch)
    return Chance(
        start=uniform("start", epoch, episodes, task.start_draws),
        world=uniform("world", counter, task.steps, episodes, task.step_draws),
        choice=uniform("choice", counter, task.steps, episodes, choice_draws),
        position=position,
    )


def run_episodes(
    task: Task[Any],
    act: Callable[[Senses, Tensor], Int[Tensor, "subject episode"]],
    chance: Chance,
) -> Iterator[Row]:
    """Let a subject act through a batch of episodes, one row per step.

    Parameters
    ----------
    task : the world.
    act : chooses an action from what is received and this step's uniform numbers.
    chance : uniform numbers for the whole batch.
    """
    state, shown = task.start_at(chance.position, chance.start)
    senses, valid = first_senses(task, shown, chance.position), ~shown.ended
    for choice, world in zip(chance.choice.unbind(1), chance.world.unbind(1), strict=True):
        action = act(senses, choice)
        before = state
        state, shown = task.step(before, action, world)
        yield Row(before, senses, action, shown.reward, valid, shown.ended)
        senses, valid = next_senses(senses, action, shown), valid & ~shown.ended


def first_senses(task: Task[Any], shown: TimeStep, position: int) -> Senses:
    """What a subject receives at an episode's first step, before which it did and earned nothing."""
    return Senses(
        step=0,
        horizon=task.steps,
        observation=shown.observation,
        previous_action=shown.reward.new_zeros(*shown.reward.shape, task.actions),
        previous_reward=shown.reward,
        phases=task.phases,
        remembering=task.remembering,
        epoch=task.epoch,
        position=position,
    )


def next_senses(senses: Senses, action: Int[Tensor, "subject episode"], shown: TimeStep) -> Senses:
    """What a subject receives after an action: what it did, what that earned, and what the world now shows."""
    taken = torch.zeros_like(senses.previous_action).scatter_(-1, action[..., None], 1.0)
    always = senses.phases, senses.remembering, senses.epoch, senses.position
    return Senses(senses.step + 1, senses.horizon, shown.observation, taken, shown.reward, *always)

"""A task as Gymnasium's environments step it, one or many of them: spaces, chance, episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.inputs import InputConfiguration, build_input, input_channels, input_size
from pfc_metarl.tasks.episode import first_senses, next_senses
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class World:
    """A task, the channels that the learner receives, and their spaces.

    Attributes
    ----------
    task : the world.
    inputs : the channels in use.
    observation_space : of what the network would receive.
    action_space : of the task's actions.
    """

    task: Task[Any]
    inputs: InputConfiguration
    observation_space: Box
    action_space: Discrete


def open_world(
    task: str,
    action_input: bool,
    reward_input: bool,
    time_input: bool,
    render_mode: str | None,
    settings: dict[str, Any],
) -> World:
    """Make a task and the spaces of its environment.

    Raises
    ------
    UnknownNameError, ConfigurationError
        For a task or a setting that does not exist, or where no input is left.
    TypeError
        For a render mode.
    """
    if render_mode is not None:
        # stable-baselines3 asks every environment for pictures, and takes this error, and no other, for a no.
        raise TypeError(f"render_mode is {render_mode!r}: tasks cannot be rendered, leave it out")
    made = make_task(task, **settings)
    inputs = InputConfiguration(action_input=action_input, reward_input=reward_input, time_input=time_input)
    if input_size(made, inputs) == 0:
        raise ConfigurationError(f"task '{task}' shows nothing by itself: leave it an action, reward or time input")
    return World(made, inputs, _observation_space(made, inputs), Discrete(made.actions))


def _observation_space(task: Task[Any], inputs: InputConfiguration) -> Box:
    """Bounds of the input vector, as float32.

    Actions are one-hot and time is a fraction. Tasks promise only finite numbers of what they show and pay,
    so these have the bounds of the type; Gymnasium's checker warns of infinite ones.
    """
    size = input_size(task, inputs)
    largest = np.finfo(np.float32).max
    low, high = np.full(size, -largest, np.float32), np.full(size, largest, np.float32)
    for name, place in input_channels(inputs, size, task.actions).items():
        if name in ("action", "time"):
            low[place], high[place] = 0.0, 1.0
    return Box(low, high, dtype=np.float32)


class Life:
    """One environment's chance, from epoch to epoch.

    The chance of a whole episode is drawn when it begins, from the environment's own generator. So it meets the
    same world whatever is done in it, and whoever is stepped beside it.

    Parameters
    ----------
    task : the world.
    generator : left behind all draws of the episodes begun.

    Attributes
    ----------
    position : of the next episode in its epoch.
    """

    def __init__(self, task: Task[Any], generator: np.random.Generator) -> None:
        self.task = task
        self.generator = generator
        self.position = 0
        self._start = np.empty(0, np.float32)

    def begin(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the start's and the steps' uniform numbers of the next episode."""
        if self.position == 0:
            self._start = self.generator.random(self.task.start_draws, np.float32)
        self.position = (self.position + 1) % self.task.epoch
        return self._start, self.generator.random((self.task.steps, self.task.step_draws), np.float32)


class Episodes:
    """Episodes that began together and are stepped together, in one call of the task.

    Parameters
    ----------
    world : the task and its channels.
    lives : of the environments, all at the same position of their epochs.

    Attributes
    ----------
    reward : what the last actions earned.
    ended : which episodes are over; they earn nothing more.
    """

    reward: Float[np.ndarray, " episode"]
    ended: Bool[np.ndarray, " episode"]

    def __init__(self, world: World, lives: Sequence[Life]) -> None:
        self.world = world
        task, position = world.task, lives[0].position
        assert all(life.position == position for life in lives), "episodes begin at one position of their epochs"
        drawn = [life.begin() for life in lives]
        start, self._chance = (torch.from_numpy(np.stack(part))[None] for part in zip(*drawn, strict=True))
        self._state, shown = task.start_at(position, start)
        self._senses = first_senses(task, shown, position)
        self._keep(shown.reward, shown.ended)

    def step(self, actions: Int[np.ndarray, " episode"]) -> None:
        """Take one action in every episode. After the longest episode's last step nothing happens any more."""
        if self._senses.step == self.world.task.steps:
            self.reward = np.zeros_like(self.reward)
            return
        action = torch.from_numpy(actions.astype(np.int64))[None]
        self._state, shown = self.world.task.step(self._state, action, self._chance[:, :, self._senses.step])
        self._senses = next_senses(self._senses, action, shown)
        self._keep(shown.reward, shown.ended)

    def _keep(self, reward: Float[Tensor, "subject episode"], ended: Bool[Tensor, "subject episode"]) -> None:
        self.reward, self.ended = reward[0].numpy(), ended[0].numpy()

    def received(self) -> Float[np.ndarray, "episode input"]:
        """What the network would receive now; the caller's own."""
        return build_input(self._senses, self.world.inputs)[0].numpy()

    def truth(self) -> dict[str, np.ndarray]:
        """The hidden truth in force before the next action, and each action's mean reward; the caller's own."""
        truths = {name: truth.values for name, truth in self.world.task.truth(self._state).items()}
        expected = self.world.task.expected_reward(self._state)
        if expected is not None:
            truths["expected_reward"] = expected
        return {name: values[0].numpy().copy() for name, values in truths.items()}


def checked_actions(actions: Any, count: int, shape: Sequence[int]) -> Int[np.ndarray, "*shape"]:
    """Return actions as an array, refusing what is no action.

    Raises
    ------
    ConfigurationError
        If their shape is another, or one is not a whole number from 0 to below ``count``.
    """
    array = np.asarray(actions)
    if array.shape != tuple(shape) or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= count:
        wanted = "one whole number" if not shape else f"{shape[0]} whole numbers"
        raise ConfigurationError(f"the action is {actions!r}: give {wanted} from 0 to {count - 1}")
    return array

"""One task as one Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from pfc_metarl.gym.world import Episodes, Life, checked_actions, open_world


class TaskEnvironment(gymnasium.Env[np.ndarray, Any]):
    """A task whose observation is the network's whole input, so that any recurrent learner can meta-learn.

    The observation is a vector of what the task shows, the previous action (one-hot), the previous reward
    and the time in the episode (0 to 1), in this order, all float32. At an episode's first step action and
    reward are zeros. Images are flattened from height, width and channel. An episode ends by itself, so it
    is terminated and never truncated; of a task whose problems recur, each ``reset`` begins the next episode of
    an epoch. ``info`` holds the task's hidden truth before the next action, and
    each action's mean reward as ``expected_reward``, where the task knows it.

    Parameters
    ----------
    task : a registered name.
    action_input, reward_input, time_input : whether the observation has this channel.
    render_mode : None, since there is nothing to render.
    settings : the task's own; Gymnasium hands them on from ``gymnasium.make``.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        task: str,
        *,
        action_input: bool = True,
        reward_input: bool = True,
        time_input: bool = True,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self._world = open_world(task, action_input, reward_input, time_input, render_mode, settings)
        self.observation_space = self._world.observation_space
        self.action_space = self._world.action_space
        self._life: Life | None = None
        self._episodes: Episodes | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin the next episode, with a seed the first one of an epoch; there are no options."""
        super().reset(seed=seed, options=options)
        if self._life is None or seed is not None:
            self._life = Life(self._world.task, self.np_random)
        self._episodes = Episodes(self._world, [self._life])
        return self._episodes.received()[0], self._info(self._episodes)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises
        ------
        gymnasium.error.ResetNeeded
            If no episode is under way.
        ConfigurationError
            If the task has no such action.
        """
        episodes = self._episodes
        if episodes is None or episodes.ended[0]:
            raise ResetNeeded("no episode is under way: call reset before step")
        episodes.step(checked_actions(action, self._world.task.actions, ())[None])
        reward, ended = float(episodes.reward[0]), bool(episodes.ended[0])
        return episodes.received()[0], reward, ended, False, self._info(episodes)

    @staticmethod
    def _info(episodes: Episodes) -> dict[str, Any]:
        """The only episode's truth; a single number as Python's own."""
        truths = {name: values[0] for name, values in episodes.truth().items()}
        return {name: values if np.ndim(values) else values.item() for name, values in truths.items()}

"""One task as many Gymnasium environments, stepped in one call of the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Int

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.gym.world import Episodes, Life, checked_actions, open_world


@dataclass
class Group:
    """Environments whose episodes began together.

    Attributes
    ----------
    members : their places in the vector.
    present : which of them are still in these episodes, and not in later ones.
    """

    members: Int[np.ndarray, " member"]
    present: Bool[np.ndarray, " member"]
    episodes: Episodes

    def scatter(self, into: np.ndarray, values: np.ndarray) -> None:
        """Put the values of the present members into their places."""
        into[self.members[self.present]] = values[self.present]


class VectorTaskEnvironment(VectorEnv[np.ndarray, Any, np.ndarray]):
    """Many environments of one task; environment i, seeded with s, is ``TaskEnvironment`` seeded with s + i.

    Where all episodes of a task have the same length, one call of the task steps them all. Episodes that began
    at different times know different times, so where lengths differ there is one call for each such group.

    Parameters
    ----------
    num_envs : how many.
    task : a registered name.
    autoreset_mode : "SameStep": an environment that ends shows the next episode's first observation at
        once, and its last one as ``final_obs`` in ``info``; "Disabled": it stays ended and earns nothing
        until ``reset(options={"reset_mask": mask})``. "NextStep" would feed a recurrent learner a step
        that is no part of any episode, and is refused.
    action_input, reward_input, time_input, render_mode, settings : as of ``TaskEnvironment``.
    """

    def __init__(
        self,
        num_envs: int,
        task: str,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        action_input: bool = True,
        reward_input: bool = True,
        time_input: bool = True,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        if num_envs < 1:
            raise ConfigurationError(f"num_envs is {num_envs}: make at least 1 environment")
        self._mode = _usable_mode(autoreset_mode)
        self._world = open_world(task, action_input, reward_input, time_input, render_mode, settings)
        self.metadata = {"render_modes": [], "autoreset_mode": self._mode}
        self.num_envs = num_envs
        self.single_observation_space = self._world.observation_space
        self.single_action_space = self._world.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._lives: dict[int, Life] = {}
        self._groups: list[Group] = []

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin new episodes.

        Parameters
        ----------
        seed : of the first environment, each further one having the next; or one for each environment. Those
            without a seed go on drawing where they stopped.
        options : ``reset_mask`` names the environments to reset; the others stay as they are.
        """
        mask = _checked_mask((options or {}).get("reset_mask"), self.num_envs)
        if not self._groups:
            mask = np.ones_like(mask)
        self._seed(seed, mask)
        self._begin(mask)
        return self._received(), _masked(self._truth(), np.ones_like(mask))

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Take one action in every environment.

        Raises
        ------
        gymnasium.error.ResetNeeded
            If ``reset`` was never called.
        ConfigurationError
            If the task has no such action.
        """
        if not self._groups:
            raise ResetNeeded("no episode is under way: call reset before step")
        chosen = checked_actions(actions, self._world.task.actions, (self.num_envs,))
        reward, ended = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=bool)
        for group in self._groups:
            # Those no longer present are stepped along: an episode that is over stays as it is.
            group.episodes.step(chosen[group.members])
            group.scatter(reward, group.episodes.reward)
            group.scatter(ended, group.episodes.ended)
        final = {}
        if self._mode is AutoresetMode.SAME_STEP and ended.any():
            final = self._final(ended)
            self._begin(ended)
        info = _masked(self._truth(), np.ones_like(ended)) | final
        return self._received(), reward, ended, np.zeros_like(ended), info

    def _seed(self, seed: int | Sequence[int | None] | None, mask: Bool[np.ndarray, " environment"]) -> None:
        """Give a new generator to every environment to reset that was given a seed, or has none yet."""
        seeds = [seed + place for place in range(self.num_envs)] if isinstance(seed, int) else seed
        if seeds is None:
            seeds = [None] * self.num_envs
        if len(seeds) != self.num_envs:
            raise ConfigurationError(
                f"there are {len(seeds)} seeds for {self.num_envs} environments: give one for each"
            )
        for place in np.flatnonzero(mask).tolist():
            if seeds[place] is not None or place not in self._lives:
                self._lives[place] = Life(self._world.task, np_random(seeds[place])[0])

    def _begin(self, mask: Bool[np.ndarray, " environment"]) -> None:
        """Begin a new episode in some environments."""
        for group in self._groups:
            group.present &= ~mask[group.members]
        self._groups = [group for group in self._groups if group.present.any()]
        positions = np.array([self._lives[place].position if mask[place] else -1 for place in range(self.num_envs)])
        for position in np.unique(positions[mask]).tolist():
            members = np.flatnonzero(positions == position)
            begun = Episodes(self._world, [self._lives[place] for place in members.tolist()])
            self._groups.append(Group(members, np.ones(len(members), dtype=bool), begun))

    def _received(self) -> np.ndarray:
        """What each environment shows now."""
        received = np.empty((self.num_envs, *self._world.observation_space.shape), np.float32)
        for group in self._groups:
            group.scatter(received, group.episodes.received())
        return received

    def _truth(self) -> dict[str, np.ndarray]:
        """Each environment's hidden truth."""
        truths: dict[str, np.ndarray] = {}
        for group in self._groups:
            for name, values in group.episodes.truth().items():
                whole = truths.setdefault(name, np.zeros((self.num_envs, *values.shape[1:]), values.dtype))
                group.scatter(whole, values)
        return truths

    def _final(self, ended: Bool[np.ndarray, " environment"]) -> dict[str, Any]:
        """What ended episodes showed last, in the form of Gymnasium's own vector environments."""
        shown = np.full(self.num_envs, None, dtype=object)
        received = self._received()
        for place in np.flatnonzero(ended).tolist():
            shown[place] = received[place]
        truths = self._truth()
        for values in truths.values():
            values[~ended] = 0
        return _masked({"final_obs": shown, "final_info": _masked(truths, ended)}, ended)


def _masked(values: dict[str, Any], there: Bool[np.ndarray, " environment"]) -> dict[str, Any]:
    """Say, beside each entry, which environments have it: Gymnasium's form of ``info`` for many environments."""
    return values | {f"_{name}": there.copy() for name in values}


def _usable_mode(mode: str | AutoresetMode) -> AutoresetMode:
    """Return the mode, refusing one in which a recurrent learner would receive a step outside any episode."""
    usable = (AutoresetMode.SAME_STEP, AutoresetMode.DISABLED)
    for each in usable:
        if mode in (each, each.value):
            return each
    names = " or ".join(f"'{each.value}'" for each in usable)
    raise ConfigurationError(f"autoreset_mode is {mode!r}: give {names}, which feed a recurrent learner whole episodes")


def _checked_mask(mask: Any, count: int) -> Bool[np.ndarray, " environment"]:
    """Return which environments to reset: all, unless a mask is given."""
    if mask is None:
        return np.ones(count, dtype=bool)
    if not isinstance(mask, np.ndarray) or mask.shape != (count,) or mask.dtype != np.bool_ or not mask.any():
        raise ConfigurationError(
            f"reset_mask is {mask!r}: give an array of {count} booleans, at least one of them true"
        )
    return mask

"""Any Gymnasium or neurogym environment with discrete actions as a task: the slow path.

Every episode of every subject is a Python object of its own, and each step calls them one after the other.
That takes 10 microseconds per step and episode for the simplest environments; tasks of this package step all
episodes at once, in about a hundredth of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.extras import needed
from pfc_metarl.tasks.task import Task, TimeStep, Truth

# Each of two uniform numbers gives half of the bits of a seed; float32 has 24 bits to give.
HALF = 2**16


class GymnasiumConfiguration(Configuration):
    """A Gymnasium environment: every episode is a Python object, so this is far slower than our own tasks."""

    environment: str = "CartPole-v1"
    """Its name for gymnasium.make; a module that registers it stands before a colon.
    Example: --environment neurogym:PerceptualDecisionMaking-v0"""

    steps: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Steps of the longest episode; needed where the environment sets none itself. Example: --steps 200"""

    arguments: dict[str, bool | int | float | str | tuple[float, ...]] = {}
    """Keywords for gymnasium.make, each name followed by its value. Example: --arguments is_slippery False"""


class LiveEnvironments:
    """Environments of one batch of episodes, as they stand after some actions.

    Parameters
    ----------
    task : whose environments they are.
    seed : of each episode.

    Attributes
    ----------
    actions : done so far; the very tuple that the state has for which these environments stand.
    shown : what they show now.
    """

    def __init__(self, task: GymnasiumTask, seed: Int[Tensor, "subject episode"]) -> None:
        self.actions: tuple[Tensor, ...] = ()
        self._task = task
        self._environments = [task.make() for _ in range(seed.numel())]
        self._shape = seed.shape
        self._ended = np.zeros(seed.numel(), dtype=bool)
        observation = self._nothing_seen()
        for place, (environment, own) in enumerate(zip(self._environments, seed.flatten().tolist(), strict=True)):
            # Environments of the old interface, neurogym's among them, take a seed here and ignore the one of reset.
            if callable(getattr(environment.unwrapped, "seed", None)):
                environment.unwrapped.seed(own)
            observation[place] = task.flat(environment.reset(seed=own)[0])
        self.shown = self._show(observation, np.zeros(seed.numel(), np.float32), seed.device)

    def step(self, action: Int[Tensor, "subject episode"]) -> None:
        """Act in every environment whose episode is not over."""
        observation, reward = self._nothing_seen(), np.zeros(len(self._environments), np.float32)
        for place, choice in enumerate(action.flatten().tolist()):
            if self._ended[place]:
                continue
            environment = self._environments[place]
            seen, reward[place], terminated, truncated, _ = environment.step(self._task.first_action + choice)
            observation[place] = self._task.flat(seen)
            if terminated or truncated:
                self._ended[place] = True
                environment.close()
        self.shown = self._show(observation, reward, action.device)

    def _nothing_seen(self) -> Float[np.ndarray, "place feature"]:
        return np.zeros((len(self._environments), self._task.features), np.float32)

    def _show(
        self,
        observation: Float[np.ndarray, "place feature"],
        reward: Float[np.ndarray, " place"],
        device: torch.device,
    ) -> TimeStep:
        parts = (observation, reward, self._ended.copy())
        return TimeStep(*(torch.from_numpy(part).view(*self._shape, *part.shape[1:]).to(device) for part in parts))


@dataclass(frozen=True)
class GymnasiumState:
    """The episodes' seeds and everything done in them, which together fix where they stand.

    Attributes
    ----------
    seed : of each episode.
    actions : of each step so far.
    live : environments that stand there, or stood there until another future of this state was lived. They
        only save the time to live the actions again, and are no part of what the state is.
    """

    seed: Int[Tensor, "subject episode"]
    actions: tuple[Tensor, ...]
    live: LiveEnvironments = field(compare=False, repr=False)


class GymnasiumTask(Task[GymnasiumState]):
    """A Gymnasium or neurogym environment with discrete actions, one Python object per episode.

    Observations are flattened (``gymnasium.spaces.utils.flatten``): a discrete one becomes one-hot, an image its
    pixel values, several parts one vector. An episode is over when the environment terminates or truncates it.

    A Python environment is not pure: it changes when it is stepped. Here it is made to look so. A state holds
    seeds and actions, beside environments that have lived them; where those have gone on by another way,
    new ones live the same actions again. So an earlier state can be taken up at the price of its past. That
    is exact for environments that draw all their chance from the seed of their reset, and for no others.

    Parameters
    ----------
    configuration : the environment's name and keywords.

    Raises
    ------
    ConfigurationError
        If there is no such environment, it is not of this kind, or nothing limits its episodes.
    """

    configuration_type = GymnasiumConfiguration
    configuration: GymnasiumConfiguration
    python_worlds = True

    def __init__(self, configuration: GymnasiumConfiguration | None = None) -> None:
        super().__init__(configuration or GymnasiumConfiguration())
        self._gymnasium = needed("gymnasium", "gym")
        name, example = self.configuration.environment, self.make()
        seen, done, limit = example.observation_space, example.action_space, example.spec.max_episode_steps
        if not isinstance(done, self._gymnasium.spaces.Discrete):
            raise ConfigurationError(f"environment '{name}' has the actions {done}: give one with discrete actions")
        if not seen.is_np_flattenable:
            raise ConfigurationError(
                f"environment '{name}' shows {seen}: give one whose observations have a fixed size"
            )
        if limit is None:
            raise ConfigurationError(f"environment '{name}' does not say how long an episode can be: give its steps")
        example.close()
        self._observation_space = seen
        self.first_action = int(done.start)
        self.actions = int(done.n)
        self.features = self._gymnasium.spaces.utils.flatdim(seen)
        self.steps = limit
        self.start_draws = 2
        # An environment draws its own chance, from its seed.
        self.step_draws = 0

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[GymnasiumState, TimeStep]:
        high, low = (uniform * HALF).long().unbind(dim=-1)
        seed = high * HALF + low
        live = LiveEnvironments(self, seed)
        return GymnasiumState(seed, live.actions, live), live.shown

    def step(
        self,
        state: GymnasiumState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[GymnasiumState, TimeStep]:
        del uniform
        live = state.live if state.live.actions is state.actions else self._relived(state)
        live.step(action)
        live.actions = (*state.actions, action)
        return GymnasiumState(state.seed, live.actions, live), live.shown

    def truth(self, state: GymnasiumState) -> Mapping[str, Truth]:
        """Reveal the seed whose reset begins the same episode; nothing more is known of a foreign world."""
        return {"environment_seed": Truth(state.seed)}

    def make(self) -> Any:
        """Make one environment.

        Raises
        ------
        ConfigurationError
            If Gymnasium cannot make it.
        """
        settings = self.configuration
        limit = {} if settings.steps is None else {"max_episode_steps": settings.steps}
        try:
            # The checker would go through every step of every episode.
            return self._gymnasium.make(settings.environment, disable_env_checker=True, **limit, **settings.arguments)
        except (self._gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
            raise ConfigurationError(f"environment '{settings.environment}' cannot be made: {error}") from error

    def flat(self, observation: Any) -> np.ndarray:
        """An observation as one vector."""
        return self._gymnasium.spaces.utils.flatten(self._observation_space, observation)

    def _relived(self, state: GymnasiumState) -> LiveEnvironments:
        """New environments that have lived a state's past."""
        live = LiveEnvironments(self, state.seed)
        for action in state.actions:
            live.step(action)
        return live

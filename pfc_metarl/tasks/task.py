"""What every task is: a pure, batched world with hidden truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.base.configuration import Configuration

TaskState = TypeVar("TaskState")

# Uniform float32 numbers are multiples of 2**-24; half of one keeps logarithms and normal draws finite.
SMALLEST = 2.0**-25


@dataclass(frozen=True)
class TimeStep:
    """What the world shows at one step.

    Attributes
    ----------
    observation : what the subject sees now.
    reward : earned by the action just taken, in task units; zero at the first step.
    ended : whether the episode is over, so that nothing more is asked.
    """

    observation: Float[Tensor, "subject episode feature"]
    reward: Float[Tensor, "subject episode"]
    ended: Bool[Tensor, "subject episode"]


@dataclass(frozen=True)
class Truth:
    """One hidden variable of a task: its values and the names of the axes after ``subject episode``."""

    values: Tensor
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remembering:
    """How a task speaks to an episodic memory.

    Attributes
    ----------
    cue : features of the observation by which states are recalled; where all are zero nothing is recalled.
    context : features under which a state is stored; where all are zero nothing is stored.
    storing : steps of an episode after which the network's state is stored.
    """

    cue: range
    context: range
    storing: tuple[int, ...]


class Task(ABC, Generic[TaskState]):
    """A world of many subjects and episodes, stepped together.

    A task holds no state: it takes a state and returns the next. All chance enters as
    uniform numbers handed in by the caller, so a task is a plain function and the same on
    any device. No method loops over subjects or episodes, and none carries a gradient.

    Attributes
    ----------
    actions : number of actions.
    features : length of the observation.
    steps : network time steps of the longest episode.
    phases : of each step of a trial, where all trials have the same; empty where they differ in length.
    start_draws, step_draws : uniform numbers used by ``start`` and by each ``step``.
    image : height, width and channels where the observation is an image, flattened; None elsewhere. The cue and
        the context of ``remembering`` are then all that the encoder makes of it.
    epoch : successive episodes of which later ones may bring back the problems of earlier ones; 1 where every
        episode is new.
    remembering : what of the observation addresses an episodic memory; None where there is nothing to remember.
    python_worlds : whether its worlds are Python programs, which must be told every action; elsewhere ``start`` and
        ``step`` are tensor operations on the device of their uniform numbers, and nothing else.
    """

    configuration_type: ClassVar[type[Configuration]]

    actions: int
    features: int
    steps: int
    phases: tuple[int, ...] = (0,)
    start_draws: int
    step_draws: int
    image: tuple[int, int, int] | None = None
    epoch: int = 1
    remembering: Remembering | None = None
    python_worlds: bool = False

    def __init__(self, configuration: Any) -> None:
        self.configuration = configuration

    @abstractmethod
    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[TaskState, TimeStep]:
        """Begin an episode: draw its parameters and show its first observation."""

    def start_at(self, position: int, uniform: Float[Tensor, "subject episode draw"]) -> tuple[TaskState, TimeStep]:
        """Begin the episode at a position of its epoch, from 0; all episodes of an epoch get the same ``uniform``.

        ``start`` is position 0. A task whose problems recur overrides this; elsewhere there is no other position.
        """
        del position
        return self.start(uniform)

    @abstractmethod
    def step(
        self,
        state: TaskState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[TaskState, TimeStep]:
        """Take one action in every episode."""

    @abstractmethod
    def truth(self, state: TaskState) -> Mapping[str, Truth]:
        """Reveal the hidden variables in force before the next action, for analysis only."""

    def expected_reward(self, state: TaskState) -> Float[Tensor, "subject episode action"] | None:
        """Mean reward of each action in this state, from which regret is read; None where regret has no meaning."""
        del state
        return None

    def belief(
        self,
        action: Int[Tensor, "subject episode step"],
        reward: Float[Tensor, "subject episode step"],
    ) -> Mapping[str, Truth]:
        """What an ideal observer of the same actions and rewards believes before each step.

        Names begin with ``believed_``: posterior means, and posterior standard deviations under the
        same name with ``_uncertainty``. Beliefs that follow from the state alone are in ``truth``.
        Returns an empty mapping where no exact ideal observer is known.
        """
        del action, reward
        return {}


def uncertainty(probability: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Posterior standard deviation of what is either 0 or 1, from its posterior mean."""
    return (probability * (1 - probability)).clamp(min=0).sqrt()


def one_hot(index: Int[Tensor, "*batch"], size: int, dtype: torch.dtype) -> Float[Tensor, "*batch {size}"]:
    """One at each index, zero elsewhere; all zero where the index is beyond.

    Torch's own function looks at the values first, for which a GPU's caller would have to wait.
    """
    return (index[..., None] == torch.arange(size, device=index.device)).to(dtype)


def draw_normal(uniform: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Standard normal numbers from uniform ones."""
    return torch.special.ndtri(uniform.clamp(min=SMALLEST))


def draw_below(uniform: Float[Tensor, "*batch"], count: int) -> Int[Tensor, "*batch"]:
    """Draw a number below ``count``; a product just below it may round up to it."""
    return (uniform * count).long().clamp(max=count - 1)

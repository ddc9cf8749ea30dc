"""What can be put through an experiment: a trained network or a reference learner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Int
from torch import Tensor

from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class Response:
    """What an agent does at one step.

    Attributes
    ----------
    action : the choice.
    memory : what the agent carries to the next step.
    readout : per named variable, its value at this step after receiving the input; leading
        axes ``subject episode``. A network shows value, policy and states here.
    """

    action: Int[Tensor, "subject episode"]
    memory: Any
    readout: Mapping[str, Tensor] = field(default_factory=dict)


class Agent(ABC):
    """A learner that goes on learning within an episode while nothing about it is trained.

    An agent holds no episode state: memory is passed in and returned.

    Attributes
    ----------
    subjects : index of each subject, which fixes its random streams.
    choice_draws : uniform numbers it uses per step and episode.
    """

    subjects: tuple[int, ...]
    choice_draws: int = 1

    def refuse_unfit(self, task: Task[Any]) -> None:
        """Raise ConfigurationError if this agent cannot live in that task."""
        del task

    @abstractmethod
    def begin(self, episodes: int) -> Any:
        """Return the memory at the start of a batch of episodes."""

    def begin_next(self, memory: Any, episodes: int) -> Any:
        """Return the memory at the start of the next episode of an epoch; nothing is kept, unless it is overridden.

        Parameters
        ----------
        memory : what the last response of the episode before returned.
        episodes : in the batch, the same as before.
        """
        del memory
        return self.begin(episodes)

    @abstractmethod
    def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
        """Receive one step and act.

        Parameters
        ----------
        memory : what the last response, or ``begin``, returned.
        senses : what is received now; the last action and reward are part of it.
        uniform : this step's random numbers, ``subject episode choice_draw``.
        """

    def fingerprints(self) -> list[str]:
        """One hash per subject of everything that training could change; empty if there is nothing."""
        return []

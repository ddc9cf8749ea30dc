"""What an intervention is: hooks into a frozen network's step, and when and in whom they act."""

from __future__ import annotations

import math
import re
import shlex
from abc import ABC
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.interventions.selection import Numbers, among, least
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.core import Gates, State
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

Hook = Literal["on_state", "on_input", "on_recall", "on_gates", "on_activity", "on_error"]
Values = TypeVar("Values", Tensor, tuple[Tensor, ...])


@dataclass(frozen=True)
class Moment:
    """Where an intervention finds a network.

    Attributes
    ----------
    population : the network that is stepping.
    critic : whether it is a separate critic, and not the one that chooses.
    initial : makes the state that this episode began with.
    position : place of the episode in its epoch.
    senses : what the subject receives at this step; None where the episode has not begun.
    before : state before it is received; None where the episode has not begun.
    """

    population: Population
    critic: bool
    initial: Callable[[], State]
    position: int = 0
    senses: Senses | None = None
    before: State | None = None


@dataclass(frozen=True, kw_only=True)
class Intervention(ABC):  # noqa: B024  (every hook has a meaningful default: leave things as they are)
    """Changes what happens inside a frozen network; its weights stay as they are.

    A subclass overrides one hook or more. In whom and when it acts is seen to outside the hooks.
    The hooks are called for a separate critic too, ``on_error`` apart.

    Parameters
    ----------
    subjects : indices of the subjects concerned; all by default.
    steps : of the episode, from 0; all by default, and then the state at its start is concerned too.
    trials : of the episode, from 0.
    phases : of the trial, by the numbers that the task reveals as ``phase``.

    Examples
    --------
    ``agent.perturbed(Lesion(0.3, seed=2), SilenceInput("reward", trials="50-"))``
    """

    subjects: Numbers | None = None
    steps: Numbers | None = None
    trials: Numbers | None = None
    phases: Numbers | None = None

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigurationError(f"{setting.name} is {value}: give a finite number")
        for numbers in (self.subjects, self.steps, self.trials, self.phases):
            among(0, numbers)

    def on_state(self, state: State, moment: Moment) -> State:
        """Return the state in which the network is to receive its input."""
        del moment
        return state

    def on_input(
        self, received: Float[Tensor, "subject episode input"], moment: Moment
    ) -> Float[Tensor, "subject episode input"]:
        """Return the input that the network is to receive instead."""
        del moment
        return received

    def on_recall(
        self, recalled: Float[Tensor, "subject episode unit"], moment: Moment
    ) -> Float[Tensor, "subject episode unit"]:
        """Return the cell state that a network with episodic memory is to recall instead."""
        del moment
        return recalled

    def on_gates(self, gates: Gates, moment: Moment) -> Gates:
        """Return the gates that are to form the next state."""
        del moment
        return gates

    def on_activity(self, state: State, moment: Moment) -> State:
        """Return the state that follows instead, before anything is read from it."""
        del moment
        return state

    def on_error(self, error: Float[Tensor, "subject episode"], moment: Moment) -> Float[Tensor, "subject episode"]:
        """Return the prediction error that the policy network is to receive instead, where it receives one."""
        del moment
        return error

    def refuse_network(self, population: Population) -> None:
        """Raise ConfigurationError if it makes no sense in these networks."""
        if self.subjects is not None:
            known = population.subjects
            if not any(among(subject, self.subjects) for subject in known):
                raise ConfigurationError(f"'{self}' means none of the subjects: there are {_listed(known)}")

    def refuse_task(self, task: Task[Any]) -> None:
        """Raise ConfigurationError if what it waits for never comes in this task."""
        if self.steps is not None and least(self.steps) >= task.steps:
            raise ConfigurationError(f"'{self}' never acts: an episode of this task has steps 0 to {task.steps - 1}")
        if self.trials is None and self.phases is None:
            return
        if not task.phases:
            raise ConfigurationError(f"'{self}' cannot tell trials, which differ in length in this task: choose steps")
        trials = task.steps // len(task.phases)
        if self.trials is not None and least(self.trials) >= trials:
            raise ConfigurationError(f"'{self}' never acts: an episode of this task has trials 0 to {trials - 1}")
        if not any(among(phase, self.phases) for phase in task.phases):
            raise ConfigurationError(f"'{self}' never acts: a trial of this task has phases {_listed(task.phases)}")

    def acts_at(self, moment: Moment) -> bool:
        """Whether this is one of its steps, trials and phases."""
        if self.steps is None and self.trials is None and self.phases is None:
            return True
        senses = moment.senses
        if senses is None or not among(senses.step, self.steps):
            return False
        if not senses.phases:
            return self.trials is None and self.phases is None
        trial, place = divmod(senses.step, len(senses.phases))
        return among(trial, self.trials) and among(senses.phases[place], self.phases)

    def in_its_subjects(self, changed: Values, original: Values, population: Population) -> Values:
        """Keep the change in the subjects concerned."""
        if self.subjects is None:
            return changed
        own = torch.tensor([among(subject, self.subjects) for subject in population.subjects], device=population.device)

        def kept(new: Tensor, old: Tensor) -> Tensor:
            return torch.where(own.view(-1, *[1] * (new.ndim - 1)), new, old)

        if isinstance(changed, Tensor) and isinstance(original, Tensor):
            return kept(changed, original)
        return tuple(kept(new, old) for new, old in zip(changed, original, strict=True))

    def __str__(self) -> str:
        """The line that makes this intervention (``agents/language.py``)."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()
        given = ((each, getattr(self, each.name)) for each in settings(type(self)))
        words = [f"{each.name}={_written(value)}" for each, value in given if value is not each.default]
        return " ".join([name, *words])


def settings(kind: type[Intervention]) -> list[Field[Any]]:
    """What an intervention can be given: its own settings, and then what it can be limited to."""
    limits = {each.name for each in fields(Intervention)}
    return sorted((each for each in fields(kind) if each.init), key=lambda each: each.name in limits)


def through(interventions: Iterable[Intervention], hook: Hook, values: Values, moment: Moment) -> Values:
    """Hand values to each intervention that acts now, in order: the last one has the last word."""
    for each in interventions:
        if each.acts_at(moment):
            values = each.in_its_subjects(getattr(each, hook)(values, moment), values, moment.population)
    return values


def _written(value: object) -> str:
    if isinstance(value, list | tuple | range):
        return ",".join(map(str, value))
    return shlex.quote(str(value)) if isinstance(value, str | int | float | Path) else f"<{type(value).__name__}>"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))

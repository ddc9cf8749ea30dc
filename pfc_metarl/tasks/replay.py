"""What happened to somebody in a task, as responses and chance that make the task happen so again.

A task is a plain function of responses and of the uniform numbers handed in. So a person's trials are
replayed by the task itself: each adapter here tells, phase by phase, what its task was answered and
which way chance fell. The task then shows what it would have shown and pays what it paid.

A missed response is one that the task does not want, where it knows such a response: the person
stayed at the centre, and the task does what it does then. Bandits and the volatility task know none;
there the network receives no action and no reward for that trial, as before the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.foraging import STIMULUS, Foraging
from pfc_metarl.tasks.registry import task_name
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import FIXATION, STAGE_1, STAGE_2, TwoStep
from pfc_metarl.tasks.volatility import Volatility

# Below every probability and above it: what has a probability then surely happens, or surely not.
SURELY, NEVER = -1.0, 2.0

# Trials by variable: "choice", "reward", "valid" and what the task adds.
Trials = Mapping[str, Tensor]


@dataclass(frozen=True)
class Phase:
    """One step of every trial.

    Attributes
    ----------
    name : "choice", "outcome", or what else the step is for; a step that is both is the choice.
    action : the response.
    happens : what chance decides at this step, such as whether the response is paid; None for nothing.
    silent : where nothing was done, so that the next step is to receive no action; nothing is paid there.
    """

    name: str
    action: Int[Tensor, "episode trial"]
    happens: Bool[Tensor, "episode trial"] | None = None
    silent: Bool[Tensor, "episode trial"] | None = None


@dataclass(frozen=True)
class Adapter:
    """How one task is replayed.

    Attributes
    ----------
    task : the same task, as long as the trials.
    phases : of a trial, in order.
    options : how many actions are a choice; they are the first ones.
    truths : hidden variables that a network's state may tell, besides what an ideal observer believes.
    """

    task: Task[Any]
    phases: tuple[Phase, ...]
    options: int
    truths: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """Episodes as somebody lived them.

    Attributes
    ----------
    adapter : what they were made by.
    action : the responses.
    silent : where nothing was done, and the next step receives no action.
    """

    adapter: Adapter
    action: Int[Tensor, "episode step"]
    silent: Bool[Tensor, "episode step"]

    def step_of(self, name: str) -> int:
        """Place of a phase within a trial; the outcome of a task without one is that of the choice."""
        names = [phase.name for phase in self.adapter.phases]
        return names.index(name if name in names else "choice")

    def chance(self, subjects: int) -> Chance:
        """Uniform numbers under which the task does as it did, the same for all subjects."""
        task, phases = self.adapter.task, self.adapter.phases
        episodes, trials = phases[0].action.shape
        world = torch.full((episodes, trials, len(phases), task.step_draws), NEVER)
        for position, phase in enumerate(phases):
            if phase.happens is not None:
                world[:, :, position, 0] = torch.where(phase.happens, SURELY, NEVER)
        world = world.reshape(episodes, task.steps, task.step_draws).transpose(0, 1)
        return Chance(
            start=torch.full((subjects, episodes, task.start_draws), 0.5),
            world=world.expand(subjects, *world.shape),
            choice=torch.zeros(1, 1, 1, 1).expand(subjects, task.steps, episodes, 1),
        )


def replay(task: Task[Any], trials: Trials) -> Replay:
    """Turn trials into an episode of the task each.

    Parameters
    ----------
    task : with the settings that its networks were trained with; the length is taken from the trials.
    trials : ``choice``, ``reward`` and ``valid`` over ``episode trial``, and what the task adds. The
        choice counts the task's options from 0; it is -1 where missed.

    Raises
    ------
    ConfigurationError
        If nobody's trials can be replayed in this task.
    """
    adapter = adapt(task, trials)
    episodes, steps = len(trials["choice"]), adapter.task.steps
    still = torch.zeros_like(trials["valid"])
    return Replay(
        adapter,
        torch.stack([phase.action for phase in adapter.phases], dim=-1).reshape(episodes, steps),
        torch.stack([still if phase.silent is None else phase.silent for phase in adapter.phases], dim=-1).reshape(
            episodes, steps
        ),
    )


@singledispatch
def adapt(task: Any, trials: Trials) -> Adapter:
    """Tell how somebody's trials are replayed in a task; each task that can be has its own below."""
    del trials
    raise ConfigurationError(
        f"trials of the task '{task_name(task)}' cannot be replayed: there are two-armed-bandit, two-step, foraging "
        f"and volatility; give a network trained on one of them"
    )


def _length(task: Task[Any], trials: Trials, **settings: Any) -> Any:
    """The same task with as many trials."""
    changed = {"trials": trials["choice"].shape[1], **settings}
    return type(task)(task.configuration.model_copy(update=changed))


def _central(trials: Trials) -> Int[Tensor, "episode trial"]:
    return torch.full_like(trials["choice"], CENTRE)


def _paid(trials: Trials) -> Bool[Tensor, "episode trial"]:
    return trials["valid"] & (trials["reward"] > 0)


def _one_step(trials: Trials) -> tuple[Phase, ...]:
    """A trial that is one choice, with no response but the options."""
    valid = trials["valid"]
    return (Phase("choice", trials["choice"].where(valid, 0), _paid(trials), silent=~valid),)


@adapt.register
def _(task: Bandit, trials: Trials) -> Adapter:
    return Adapter(_length(task, trials), _one_step(trials), task.actions, ("arm_probability",))


@adapt.register
def _(task: Volatility, trials: Trials) -> Adapter:
    return Adapter(_length(task, trials), _one_step(trials), 2, ("reward_probability", "volatile"))


@adapt.register
def _(task: Foraging, trials: Trials) -> Adapter:
    chosen = trials["choice"].where(trials["valid"], CENTRE)
    phases = {
        FIXATION: Phase("fixation", _central(trials)),
        STIMULUS: Phase("choice", chosen, _paid(trials)),
    }
    longer = _length(task, trials, minimum_trials=None)
    return Adapter(longer, tuple(phases[each] for each in longer.phases), 2, ("arm_probability",))


@adapt.register
def _(task: TwoStep, trials: Trials) -> Adapter:
    chosen = trials["choice"].where(trials["valid"], CENTRE)
    phases = {
        FIXATION: Phase("fixation", _central(trials)),
        STAGE_1: Phase("choice", chosen, trials["valid"] & trials["common"]),
        STAGE_2: Phase("outcome", _central(trials), _paid(trials)),
    }
    longer = _length(task, trials)
    return Adapter(longer, tuple(phases[each] for each in longer.phases), 2, ("good_state",))

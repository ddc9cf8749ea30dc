"""Lives in two tasks, one after the other, with a look at what is known of them on the way."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.contextual_bandit import ContextualBandit, ContextualBanditState
from pfc_metarl.tasks.recurrence import barcodes
from pfc_metarl.value_learning.learner import CHOICE_DRAWS
from pfc_metarl.value_learning.life import World
from pfc_metarl.value_learning.uniforms import Uniforms

from .config import LEARNER, PROBE_EVERY, STEPS, make_task
from .learner import SteppedDQN


@dataclass(frozen=True)
class Problem:
    """What there is to know of a task.

    Attributes
    ----------
    seen : how each context looks.
    better_arm : which arm pays in it.
    """

    seen: Float[Tensor, "subject context bit"]
    better_arm: Int[Tensor, "subject context"]

    @classmethod
    def of(cls, task: ContextualBandit, state: ContextualBanditState) -> Problem:
        """Read it from the task's state."""
        return cls(barcodes(task.configuration.bits)[state.code[:, 0]], state.better_arm[:, 0])

    def known(self, learner: SteppedDQN) -> Bool[Tensor, "subject context"]:
        """Tell in which contexts the learner's greedy choice is right."""
        with torch.no_grad():
            return learner.value(learner.weights, self.seen).argmax(dim=-1) == self.better_arm


@dataclass(frozen=True)
class Lives:
    """Which contexts were known, before the first step of a task and after every ``PROBE_EVERY``.

    Attributes
    ----------
    first : of the first task, in the first task.
    later : of the later task, in the later task.
    kept : of the first task, in the later task.
    control : of the first task, where that went on in place of the later one.
    """

    first: Bool[Tensor, "subject probe context"]
    later: Bool[Tensor, "subject probe context"]
    kept: Bool[Tensor, "subject probe context"]
    control: Bool[Tensor, "subject probe context"]


def live_two_tasks(streams: Streams, step_size: Float[Tensor, " subject"], quiet: bool) -> Lives:
    """Let subjects learn two tasks from birth, one after the other.

    Parameters
    ----------
    streams : of the subjects; one that is listed twice meets the same problems twice.
    step_size : of each.
    quiet : no progress bar.
    """
    task = make_task()
    learner, world = SteppedDQN(LEARNER, task, streams, step_size), World(task, streams)
    choice = Uniforms(streams, "choice", CHOICE_DRAWS)
    with tqdm(total=3 * STEPS, desc="living", unit="step", disable=quiet) as bar:
        problem = Problem.of(task, world.state)
        (first,) = _live(learner, world, choice, [problem], bar)
        # The first task has ended with its last step, and the next one has begun.
        learner_again, choice_again = deepcopy((learner, choice))
        later, kept = _live(learner, world, choice, [Problem.of(task, world.state), problem], bar)
        # A world that begins anew begins with the same task.
        (control,) = _live(learner_again, World(task, streams), choice_again, [problem], bar)
    return Lives(first, later, kept, control)


def _live(
    learner: SteppedDQN, world: World, choice: Uniforms, problems: Sequence[Problem], bar: tqdm
) -> list[Bool[Tensor, "subject probe context"]]:
    """Live through one task, and look again and again at what is known of some."""
    learner.begin_task()
    looks = [[problem.known(learner)] for problem in problems]
    with torch.no_grad():
        for step in range(1, STEPS + 1):
            learner.learn(world.step(learner.act(world.observation, choice.take())))
            if step % PROBE_EVERY == 0:
                for look, problem in zip(looks, problems, strict=True):
                    look.append(problem.known(learner))
                bar.update(PROBE_EVERY)
    return [torch.stack(look, dim=1) for look in looks]

"""The one loop in which a learner lives: it acts, the world answers, it learns."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from tqdm.auto import trange

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.learner import CHOICE_DRAWS, Experience, Learner
from pfc_metarl.value_learning.uniforms import Uniforms


@dataclass(frozen=True)
class Life:
    """What a life earned, step by step of the environment.

    Attributes
    ----------
    reward : of each step.
    ended : whether an episode ended with this step.
    beginning : the task's state in which the first episode began.
    """

    reward: Float[Tensor, "subject step"]
    ended: Bool[Tensor, "subject step"]
    beginning: Any


def live(
    task: Task[Any],
    learner: Learner,
    steps: int,
    streams: Streams,
    learning: bool = True,
    quiet: bool = True,
    label: str = "living",
) -> Life:
    """Let a learner live in a task, one episode after another, for a number of environment steps.

    All subjects take their steps together, each in its own episode, which another follows as soon as it ends.
    Successive episodes are those of the task's epochs. What a subject meets depends on its own streams and choices
    only: two learners with the same streams meet the same problems.

    Parameters
    ----------
    task : the world.
    learner : acts and, unless ``learning`` is off, learns from every step.
    steps : of life, for each subject.
    streams : of the same subjects; fix the world's chance and that of the choices.
    learning : off to see what has been learned so far.
    quiet : no progress bar.
    label : the progress bar's name.

    Raises
    ------
    ConfigurationError
        If steps are none, the subjects are others, or the task cannot restart episodes one by one.
    """
    if steps < 1:
        raise ConfigurationError(f"steps is {steps}: a life has at least 1 step")
    if streams.subjects != learner.subjects:
        raise ConfigurationError(f"streams of subjects {streams.subjects} for a learner of {learner.subjects}")
    world, choice = World(task, streams), Uniforms(streams, "choice", CHOICE_DRAWS)
    beginning = world.state
    learner.begin()
    reward = torch.empty(steps, len(streams.subjects))
    ended = torch.empty(steps, len(streams.subjects), dtype=torch.bool)
    with torch.no_grad():
        for step in trange(steps, desc=label, unit="step", disable=quiet, dynamic_ncols=True):
            experience = world.step(learner.act(world.observation, choice.take()))
            if learning:
                learner.learn(experience)
            reward[step], ended[step] = experience.reward, experience.ended
    return Life(reward.T.contiguous(), ended.T.contiguous(), beginning)


class World:
    """A task as subjects live in it, each at its own place in its own row of episodes.

    Attributes
    ----------
    state : of the task, one episode per subject.
    observation : what each subject sees now.
    """

    def __init__(self, task: Task[Any], streams: Streams) -> None:
        self.task = task
        self._own = [Streams(streams.seed, [subject], streams.realm) for subject in streams.subjects]
        self._chance = Uniforms(streams, "world", 1, task.step_draws)
        self._episode = [-1] * len(self._own)
        self._start = torch.zeros(len(self._own), 1, task.start_draws)
        self.state: Any = None
        self.observation = torch.zeros(len(self._own), task.features)
        self._begin(torch.ones(len(self._own), dtype=torch.bool))

    def step(self, action: Int[Tensor, " subject"]) -> Experience:
        """Take one action; where that ended an episode, the next one begins."""
        before = self.observation
        self.state, shown = self.task.step(self.state, action[:, None], self._chance.take())
        ended, self.observation = shown.ended[:, 0], shown.observation[:, 0]
        experience = Experience(before, action, shown.reward[:, 0], self.observation, ended)
        if ended.any():
            self._begin(ended)
        return experience

    def _begin(self, over: Bool[Tensor, " subject"]) -> None:
        """Begin the next episode where the last one is over."""
        places: dict[int, list[int]] = {}
        shape = (1, self.task.start_draws)
        for subject in over.nonzero()[:, 0].tolist():
            self._episode[subject] += 1
            epoch, position = divmod(self._episode[subject], self.task.epoch)
            places.setdefault(position, []).append(subject)
            if position == 0:
                self._start[subject] = torch.from_numpy(self._own[subject].uniform("start", epoch, shape)[0])
        for position, subjects in places.items():
            begins = torch.zeros_like(over)
            begins[subjects] = True
            # The task may keep what it is given; the next epoch's numbers are written into the same place.
            state, shown = self.task.start_at(position, self._start.clone())
            self.state = state if bool(begins.all()) else _merged(self.state, state, begins)
            self.observation = torch.where(begins[:, None], shown.observation[:, 0], self.observation)


def _merged(old: Any, new: Any, begins: Bool[Tensor, " subject"]) -> Any:
    """Take the new state where an episode begins and the old one elsewhere."""
    if isinstance(old, Tensor):
        return torch.where(begins.view(-1, *[1] * (old.ndim - 1)), new, old)
    if is_dataclass(old) and not isinstance(old, type):
        return replace(
            old,
            **{each.name: _merged(getattr(old, each.name), getattr(new, each.name), begins) for each in fields(old)},
        )
    if type(old) is type(new) and isinstance(old, int | float | bool) and old == new:
        return old
    raise ConfigurationError(
        "this task's episodes end one by one while its state counts for all of them at once: "
        "let each subject live alone, which changes nothing of what it lives through"
    )

"""How learners live in a world, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.network.store import finished
from pfc_metarl.studies.study import AbstractRecipe
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.learner import Learner, LearnerConfiguration
from pfc_metarl.value_learning.life import live

from .lives import Lives

# No life is as long: a subject's problem stays the same for all of it.
FOR_LIFE = 1_000_000_000


@dataclass(frozen=True)
class World:
    """One task as it is lived in; a step pays 1 or nothing.

    Attributes
    ----------
    name : of the task in words.
    task, settings : which task, and how it is set.
    steps : length of a life.
    window : steps over which reward is averaged.
    discount : gamma of every learner.
    """

    name: str
    task: str
    settings: Mapping[str, Any]
    steps: int
    window: int
    discount: float

    def make(self) -> Task[Any]:
        """Make the task."""
        return make_task(self.task, **self.settings, epoch=FOR_LIFE)


@dataclass(frozen=True)
class Kind:
    """One kind of learner.

    Attributes
    ----------
    name : in words.
    make : from settings, task and streams.
    configuration : class of its settings.
    """

    name: str
    make: Callable[[Any, Task[Any], Streams], Learner]
    configuration: type[LearnerConfiguration]


@dataclass(frozen=True)
class LifeRecipe(AbstractRecipe):
    """A kind of learner living in a world from birth: its training is its life, and its rewards are kept.

    Attributes
    ----------
    world : in which it lives.
    kind : of learner.
    settings : of the learner; what is not named stands at its default, and gamma is the world's.
    """

    world: World
    kind: Kind
    settings: Mapping[str, Any] = field(default_factory=dict)

    def configure(self) -> LearnerConfiguration:
        """Make the learner's settings."""
        return self.kind.configuration(**self.settings, discount=self.world.discount)

    def live(self, streams: Streams, quiet: bool = True, label: str = "living") -> Lives:
        """Let subjects live."""
        task = self.world.make()
        learner = self.kind.make(self.configure(), task, streams)
        with single_threaded():
            life = live(task, learner, self.world.steps, streams, quiet=quiet, label=label)
        return Lives(streams.subjects, streams.seed, (life.reward > 0).numpy())

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> Lives:
        self.refuse_other_devices(device)
        origin = {**self.describe(), "seed": seed, "subjects": list(range(subjects))}
        folder = RunFolder(out)
        with folder.opened(origin, resume=not overwrite, overwrite=overwrite):
            lives = finished(folder, origin, self.load)
            if lives is None:
                lives = self.live(Streams(seed, range(subjects)), quiet, label)
                lives.save(folder.network, origin)
        return lives

    def load(self, path: Path) -> Lives:
        return Lives.load(path)

    def describe(self) -> dict[str, Any]:
        return {
            "task": self.world.task,
            "task_settings": self.world.make().configuration.model_dump(mode="json"),
            "steps": self.world.steps,
            "learner": self.kind.name,
            "settings": self.configure().model_dump(mode="json"),
        }

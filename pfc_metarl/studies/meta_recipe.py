"""How meta-learners are trained for a study, kept and read again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.meta_gradient.meta_learners import AnyLearner, MetaLearners
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.training import AnyBatch, train
from pfc_metarl.studies.study import AbstractRecipe


@dataclass(frozen=True)
class MetaRecipe(AbstractRecipe):
    """A learner trained over many tasks.

    Attributes
    ----------
    learner : how it learns a task.
    batch : what it is shown at each iteration.
    outer : how its slow weights are trained.
    """

    learner: AnyLearner
    batch: AnyBatch
    outer: OuterLoopConfiguration

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> MetaLearners:
        self.refuse_other_devices(device)
        settings = {"subjects": subjects, "seed": seed, "out": out, "overwrite": overwrite}
        with single_threaded():
            return train(self.learner, self.batch, self.outer, quiet=quiet, label=label, **settings)

    def load(self, path: Path) -> MetaLearners:
        return MetaLearners.load(path)[0]

    def describe(self) -> dict[str, Any]:
        parts = {"learner": self.learner, "batch": self.batch, "outer": self.outer}
        return {name: part.model_dump(mode="json") for name, part in parts.items()}

"""How the source is trained, how every new task is learned in every way, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pfc_metarl.base.fingerprint import fingerprints
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.population import HEAD, Population
from pfc_metarl.studies.learning_curves import LearningCurves, read_curve
from pfc_metarl.studies.study import AbstractRecipe, Recipe

from .targets import NEW_TASKS_SEED, Target, Way


@dataclass(frozen=True)
class TransferRecipe(AbstractRecipe):
    """A source, and trainings on new tasks from its body and from none; their learning curves are kept.

    Attributes
    ----------
    source : networks whose body is reused.
    targets : the new tasks.
    ways : how each of them is learned.
    training : of every new task in every way.
    """

    source: Recipe
    targets: Mapping[str, Target]
    ways: Mapping[str, Way]
    training: TrainingConfiguration

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> LearningCurves:
        options: dict[str, Any] = {"overwrite": overwrite, "device": device, "quiet": quiet}
        source = self.source.train(subjects, seed, out / "source", label=f"{label}: source", **options)
        curves, steps, networks = {}, {}, {"source": recurrent_fingerprints(source)}
        for target, new in self.targets.items():
            per_update = self.training.episodes * new.make_task().steps
            for way, how in self.ways.items():
                name, folder = f"{target}/{way}", RunFolder(out / target / way)
                learned = self._learn(new, how, source, seed, folder.path, f"{label}: {target}, {way}", options)
                curves[name], steps[name] = read_curve(folder, new.measure, per_update)
                networks[name] = recurrent_fingerprints(learned)
        result = LearningCurves(source.subjects, curves, steps, networks)
        result.save(RunFolder(out).network, {**self.describe(), "seed": seed})
        return result

    def _learn(
        self, new: Target, how: Way, source: Population, seed: int, out: Path, label: str, options: Mapping[str, Any]
    ) -> Population:
        """Learn one new task in one way."""
        return train(
            new.make_task(),
            subjects=source.subjects,
            seed=seed + NEW_TASKS_SEED,
            network=self.source.network,
            training=self.training,
            source=source if how.reused else None,
            tune=how.tune,
            out=out,
            resume=not options["overwrite"],
            label=label,
            **options,
        )

    def load(self, path: Path) -> LearningCurves:
        return LearningCurves.load(path)

    def describe(self) -> dict[str, Any]:
        new = {name: {"task": each.task, "settings": dict(each.settings)} for name, each in self.targets.items()}
        return {
            "source": self.source.describe(),
            "targets": new,
            "ways": {name: vars(each) for name, each in self.ways.items()},
            "training": self.training.model_dump(),
        }


def recurrent_fingerprints(population: Population) -> list[str]:
    """SHA-256 of the part of each subject's body that does not depend on the task: all but the input weights."""
    own = {name: weight.detach().numpy() for name, weight in population.weights.items() if not name.startswith(HEAD)}
    own[population.core.input_weight] = own[population.core.input_weight][:, population.inputs :]
    return fingerprints(own, len(population.subjects))

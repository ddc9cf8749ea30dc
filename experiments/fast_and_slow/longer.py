"""How bundled networks are trained further, on longer episodes of the same task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population, save_population
from pfc_metarl.studies.registry import load
from pfc_metarl.studies.study import AbstractRecipe
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

# Updates between two lines of the metrics.
MEASURE_EVERY = 10


@dataclass(frozen=True)
class LongerRecipe(AbstractRecipe):
    """Networks of another study that go on learning, with all of their weights, heads included.

    Attributes
    ----------
    source : bundled networks.
    task, task_settings : what they are trained on now.
    training : settings; a run that was interrupted begins anew.
    """

    source: str
    task: str
    task_settings: Mapping[str, Any]
    training: TrainingConfiguration

    def make_task(self) -> Task[Any]:
        """Make the task that they are trained on now."""
        return make_task(self.task, **self.task_settings)

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> Population:
        self.refuse_other_devices(device)
        source = load(self.source)
        if subjects > len(source.subjects):
            raise ConfigurationError(
                f"subjects is {subjects}: {self.source} holds {len(source.subjects)}, ask for those with --subjects"
            )
        origin, folder = {**self.describe(), "seed": seed, "subjects": list(range(subjects))}, RunFolder(out)
        folder.open(origin, resume=not overwrite, overwrite=overwrite)
        if folder.network.exists():
            return self.load(folder.network)
        trainer = Trainer(self.make_task(), source.select(range(subjects)), self.training, seed)
        with single_threaded(), tqdm(total=self.training.updates, desc=label, unit="update", disable=quiet) as bar:
            while trainer.update < self.training.updates:
                measures = trainer.advance_by(min(MEASURE_EVERY, self.training.updates - trainer.update), measure=True)
                folder.report({"update": trainer.update, **{name: each.tolist() for name, each in measures.items()}})
                bar.update(trainer.update - bar.n)
        save_population(folder.network, trainer.population, origin)
        # As it is read again: without a trace of gradients.
        return self.load(folder.network)

    def load(self, path: Path) -> Population:
        return load_population(path)[0]

    def describe(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "task": self.task,
            "task_settings": dict(self.task_settings),
            "training": self.training.model_dump(mode="json"),
        }

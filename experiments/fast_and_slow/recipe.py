"""How learners whose learning is a training live through new problems, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.meta_gradient.experience import Encounter, ProblemBatch
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner
from pfc_metarl.network.core import Weights
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import finished
from pfc_metarl.studies.learning_curves import LearningCurves, read_curve
from pfc_metarl.studies.meta_recipe import MetaRecipe
from pfc_metarl.studies.study import AbstractRecipe, Recipe
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.learner import Learner, LearnerConfiguration
from pfc_metarl.value_learning.life import live

from .worlds import BLOCK, WORLDS, World

# Ends the names of the curves of outer loops, whose last points tell what these cost.
OUTER = "outer"

# Added to the root seed, so that no problem is one that the networks were trained on.
NEW_PROBLEMS_SEED = 1_000_000

Course = Float[Tensor, "subject block"]


@dataclass(frozen=True)
class FromBirth:
    """A kind of learner that begins every problem with nothing learned before.

    Attributes
    ----------
    make : from settings, task and streams.
    settings : of the learner.
    """

    make: Callable[[Any, Task[Any], Streams], Learner]
    settings: LearnerConfiguration


@dataclass(frozen=True)
class CoursesRecipe(AbstractRecipe):
    """Lives in new problems, from birth, from MAML's weights, or from those of a trained recurrent network.

    Every problem is lived by a learner of its own, so that nothing is carried over from another. Kept are the curves
    "learner/world": of every subject its mean reward over all its problems, in every block of pulls.

    Attributes
    ----------
    from_birth : learners that begin with nothing, by name.
    maml : how MAML's initial weights are trained, in the world inside.
    source : recurrent networks that fine-tuning begins with.
    label : under which they stand beside this recipe's run, where they have been trained already.
    tuning : how it is trained further; an update after every episode of ten pulls.
    problems : of each subject in each world.
    pulls : of each problem.
    """

    from_birth: Mapping[str, FromBirth]
    maml: MetaRecipe
    source: Recipe
    label: str
    tuning: TrainingConfiguration
    problems: int
    pulls: int

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> LearningCurves:
        self.refuse_other_devices(device)
        origin, folder = {**self.describe(), "seed": seed, "subjects": list(range(subjects))}, RunFolder(out)
        with folder.opened(origin, resume=not overwrite, overwrite=overwrite):
            curves = finished(folder, origin, self.load)
            if curves is None:
                curves = self._learn(subjects, seed, out, overwrite, label, {"device": device, "quiet": quiet})
                curves.save(folder.network, origin)
        return curves

    def _learn(
        self, subjects: int, seed: int, out: Path, overwrite: bool, label: str, options: Mapping[str, Any]
    ) -> LearningCurves:
        """Train what is trained beforehand, and let every learner learn in all worlds."""
        maml = self.maml.train(subjects, seed, out / "maml", overwrite=overwrite, label=f"{label}: MAML", **options)
        source = self.source.train(
            subjects, seed, out.parent / self.label, overwrite=False, label=f"{label}: source", **options
        )
        curves: dict[str, Course] = {}
        with single_threaded():
            for name, world in tqdm(WORLDS.items(), desc=label, unit="world", disable=options["quiet"]):
                for kind, learner in self.from_birth.items():
                    curves[f"{kind}/{name}"] = self._live(world, learner, subjects, seed)
                curves[f"maml/{name}"] = self._adapt(name, maml.weights, subjects, seed)
                curves[f"fine-tune/{name}"] = self._fine_tune(world, source, seed)
        points = dict.fromkeys(curves, tuple(range(BLOCK, self.pulls + 1, BLOCK)))
        for name, run, measure, lived in (
            ("maml", out / "maml", "loss", self.steps_per_iteration),
            (
                "recurrent",
                out.parent / self.label,
                "reward",
                self.source.training.episodes * self.source.make_task().steps,
            ),
        ):
            curves[f"{name}/{OUTER}"], points[f"{name}/{OUTER}"] = read_curve(RunFolder(run), measure, lived)
        networks = {"source": source.fingerprints(), "maml": maml.fingerprints()}
        return LearningCurves(source.subjects, curves, points, networks)

    @property
    def steps_per_iteration(self) -> int:
        """Pulls of a subject in one iteration of MAML's outer loop: before every gradient step, and after the last."""
        learner, batch = self._learner("inside"), self.maml.batch
        assert isinstance(batch, ProblemBatch), "policies learn from problems"
        return batch.problems * batch.episodes * (learner.inner_steps + 1)

    def _learner(self, world: str) -> PolicyGradientLearner:
        """MAML's policy in a world, an episode of which is one pull."""
        settings = {**self.maml.learner.model_dump(), "task_settings": WORLDS[world].settings(pulls=1)}
        return PolicyGradientLearner(**settings)

    def _live(self, world: World, learner: FromBirth, subjects: int, seed: int) -> Course:
        """Let newborn learners live, one per problem; an episode is a pull, so that each is learned from at once."""
        task = world.one_context(pulls=1)
        streams = Streams(seed + NEW_PROBLEMS_SEED, range(subjects * self.problems))
        life = live(task, learner.make(learner.settings, task, streams), self.pulls, streams)
        return self._averaged(life.reward.unflatten(1, (-1, BLOCK)).mean(dim=-1))

    def _adapt(self, world: str, weights: Weights, subjects: int, seed: int) -> Course:
        """Take a gradient step after every block of pulls."""
        learner, streams = self._learner(world), Streams(seed + NEW_PROBLEMS_SEED, range(subjects))
        rates = [learner.inner_rate] * (self.pulls // BLOCK - 1)
        lived = learner.course(weights, Encounter(streams, 0, self.problems, BLOCK), rates)
        return torch.stack([block.total().mean(dim=(1, 2)) for block in lived], dim=-1)

    def _fine_tune(self, world: World, source: Population, seed: int) -> Course:
        """Train copies of the networks further, one per problem; the problem stays from episode to episode."""
        weights = {name: weight.repeat_interleave(self.problems, dim=0) for name, weight in source.weights.items()}
        copies = range(len(source.subjects) * self.problems)
        population = Population(source.configuration, source.inputs, source.actions, copies, weights)
        task = world.one_context(pulls=BLOCK)
        trainer = Trainer(task, population, self.tuning, seed + NEW_PROBLEMS_SEED)
        earned = [trainer.advance(measure=True)["reward"] / BLOCK for _ in range(self.pulls // BLOCK)]
        return self._averaged(torch.stack(earned, dim=-1))

    def _averaged(self, earned: Float[Tensor, "life block"]) -> Course:
        """Mean over each subject's problems."""
        return earned.unflatten(0, (-1, self.problems)).mean(dim=1)

    def load(self, path: Path) -> LearningCurves:
        return LearningCurves.load(path)

    def describe(self) -> dict[str, Any]:
        born = {name: each.settings.model_dump(mode="json") for name, each in self.from_birth.items()}
        return {
            "worlds": {name: world.settings(BLOCK) for name, world in WORLDS.items()},
            "from_birth": born,
            "maml": self.maml.describe(),
            "source": self.source.describe(),
            "tuning": self.tuning.model_dump(mode="json"),
            "problems": self.problems,
            "pulls": self.pulls,
        }

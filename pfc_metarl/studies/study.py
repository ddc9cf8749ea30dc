"""A study: networks to train, an evaluation to run, a figure to draw, claims to score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.studies.claim import Claim, Judgement, Measures
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task


@runtime_checkable
class Trained(Protocol):
    """Subjects with trained weights, side by side: a population of networks, or other learners."""

    subjects: tuple[int, ...]

    def select(self, positions: Sequence[int]) -> Trained: ...

    def fingerprints(self) -> list[str]: ...


class AbstractRecipe(ABC):
    """How some learners of a study are trained, and what is kept of it.

    Attributes
    ----------
    stages : equal parts of the training after each of which the learners are kept.
    """

    stages: int = 1

    @abstractmethod
    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> Trained:
        """Train in a run folder; continue the run that stands there unless it is to be overwritten."""

    @abstractmethod
    def load(self, path: Path) -> Trained:
        """Read trained learners."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """All settings, as they are written beside a result."""

    def refuse_unfit(self, interventions: Sequence[Intervention], subjects: int) -> None:
        """Raise ConfigurationError if an intervention makes no sense in these learners, trained yet or not."""
        del subjects
        if interventions:
            raise ConfigurationError(
                f"'{interventions[0]}' acts on recurrent networks, and this study's learners are others: "
                f"leave out --intervene"
            )

    def refuse_other_devices(self, device: str) -> None:
        """Raise ConfigurationError if these learners cannot be trained there; most can on the CPU alone."""
        if device != "cpu":
            raise ConfigurationError(f"device is {device!r}: these learners are trained on the CPU, leave out --device")


@dataclass(frozen=True)
class Recipe(AbstractRecipe):
    """How one population of a study is trained.

    With ``stages`` the population is also kept as it stood at that many equal parts of its
    training, and evaluated as "label/stage-1" and so on; only the trained one is bundled.
    """

    task: str
    task_settings: Mapping[str, Any] = field(default_factory=dict)
    network: NetworkConfiguration = field(default_factory=NetworkConfiguration)
    training: TrainingConfiguration = field(default_factory=TrainingConfiguration)
    stages: int = 1

    def make_task(self) -> Task[Any]:
        """Make the task that this population is trained on."""
        return make_task(self.task, **self.task_settings)

    def train(
        self, subjects: int, seed: int, out: Path, *, overwrite: bool, device: str, quiet: bool, label: str
    ) -> Population:
        return train(
            self.make_task(),
            subjects=subjects,
            seed=seed,
            network=self.network,
            training=self.training,
            out=out,
            resume=not overwrite,
            overwrite=overwrite,
            stages=self.stages,
            device=device,
            quiet=quiet,
            label=label,
        )

    def load(self, path: Path) -> Population:
        return load_population(path)[0]

    def describe(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "task_settings": dict(self.task_settings),
            "network": self.network.model_dump(),
            "training": self.training.model_dump(),
        }

    def refuse_unfit(self, interventions: Sequence[Intervention], subjects: int) -> None:
        task = self.make_task()
        network = self.network.seeing(task)
        unweighted = Population(network, input_size(task, network), task.actions, range(subjects), {})
        for each in interventions:
            each.refuse_network(unweighted)

    def refuse_other_devices(self, device: str) -> None:
        """Recurrent networks are trained anywhere."""
        del device


@dataclass(frozen=True)
class Evaluation:
    """What a study measured on frozen networks.

    Attributes
    ----------
    measures : per name, one value per subject; what the claims are scored on.
    panels : everything that is drawn, one tidy table per panel.
    recordings : the recordings behind it, by group.
    tables : further results, each written as a CSV file of its own.
    """

    measures: Measures
    panels: Mapping[str, pd.DataFrame]
    recordings: Mapping[str, xr.Dataset]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """One published figure or experiment.

    Attributes
    ----------
    name, title : how it is called, and what it shows.
    presets : recipes of its populations, by preset and label; none where all learning is part of the evaluation.
    subjects : subjects per population.
    evaluate : run frozen networks (label -> agent, its interventions included) with an evaluation
        seed; the last argument silences its progress bar. Untrained networks, its null, have no
        interventions: they say what is there without training, in an intact network. Learners
        other than networks are handed over as they are.
    plot : draw the panels.
    claims : scored on the evaluation's measures.
    with_stimuli : the same study on a folder of the user's own images, where it shows any.
    animate : draw one figure frame by frame, where something is to be seen moving.
    """

    name: str
    title: str
    presets: Mapping[str, Mapping[str, AbstractRecipe]]
    subjects: int
    evaluate: Callable[[Mapping[str, Any], int, bool], Evaluation]
    plot: Callable[[Evaluation], Figure]
    claims: tuple[Claim, ...]
    with_stimuli: Callable[[Path], Study] | None = None
    animate: Callable[[Evaluation], Iterable[Figure]] | None = None


def score(
    study: Study,
    networks: Mapping[str, Trained],
    seed: int,
    quiet: bool,
    interventions: Sequence[Intervention] = (),
) -> tuple[Evaluation, list[Judgement]]:
    """Evaluate networks and judge the study's claims on them."""
    agents = {
        label: freeze(network).perturbed(*interventions) if isinstance(network, Population) else network
        for label, network in networks.items()
    }
    # An analysis is thousands of small operations; threads that share one lose more than they gain.
    with threadpool_limits(limits=1):
        evaluation = study.evaluate(agents, seed, quiet)
    return evaluation, [claim.judge(evaluation.measures) for claim in study.claims]

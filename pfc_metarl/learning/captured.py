"""The same training on a GPU, with a whole update captured as one graph.

A small network leaves a GPU idle: it is done with an operation before the next one has been sent. A graph
is sent once and replayed, so that an update costs one launch, and nothing waits for this computer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.tuning import Tune
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.task import Task

# Ordinary updates before the capture, in which torch and its libraries lay out what they need.
WARM_UP = 3


def obstacle(task: Task[Any]) -> str:
    """What keeps updates on a task from being captured; empty where nothing does."""
    if task.epoch > 1:
        # Where an epoch stands, and which memory comes with it, is known to this computer and not to the graph.
        return f"the {task.epoch} episodes of its epochs begin differently, and a graph replays one beginning"
    if task.python_worlds:
        return "its worlds are Python programs, which a graph does not call"
    return ""


class CapturedTrainer(Trainer):
    """A trainer that replays its update.

    Random numbers, step size and entropy bonus enter through memory that stays in place. An update
    that is measured is an ordinary one. Whether a loss stopped being finite is asked after the last of
    several updates, since to ask is to wait; the checkpoint before them stays.

    On the CPU there is nothing to capture, and the same update is called instead: so it is tested.

    Raises
    ------
    ConfigurationError
        If something keeps updates on this task from being captured.
    """

    def __init__(
        self,
        task: Task[Any],
        population: Population,
        configuration: TrainingConfiguration,
        seed: int,
        tune: Tune = "all",
    ) -> None:
        if found := obstacle(task):
            raise ConfigurationError(f"an update on {type(task).__name__} cannot be captured: {found}; use Trainer")
        super().__init__(task, population, configuration, seed, tune=tune)
        # Kernels are for the CPU, where the update stands for the one on a GPU.
        self.compiled = None
        self._chance: Chance | None = None
        self._bonus = torch.zeros((), device=population.device, dtype=population.weights["head_weight"].dtype)
        self._warm_ups = 0
        self._replay: Callable[[], None] | None = None
        self._outcome: tuple[Tensor, Tensor] | None = None

    def advance_by(self, updates: int, measure: bool) -> dict[str, Tensor]:
        for _ in range(updates - measure):
            self._advance_captured()
        if self._outcome is not None:
            self._refuse_divergence(*self._outcome)
        return self.advance(measure=True) if measure else {}

    def _advance_captured(self) -> None:
        self._load()
        if self.population.device.type != "cuda":
            self._update()
        elif self._replay is not None:
            self._replay()
        elif self._warm_ups < WARM_UP:
            self._beside(self._update)
            self._warm_ups += 1
        else:
            # The capture itself computes nothing.
            self._replay = self._capture()
            self._replay()
        self.update += 1

    def _load(self) -> None:
        """Bring this update's numbers to where the update reads them."""
        drawn = self._draw_chance()
        if self._chance is None:
            self._chance = drawn
        for name in ("start", "world", "choice"):
            getattr(self._chance, name).copy_(getattr(drawn, name))
        self._bonus.fill_(self._entropy_coefficient())
        self.optimiser.set_rate(self.update)

    def _update(self) -> None:
        """One update on the numbers in place; no value of it is asked for."""
        assert self._chance is not None, "numbers are loaded before an update"
        _, loss = self._live(self._chance, self._bonus, measure=False)
        self._outcome = loss, self.optimiser.limit_gradients()
        self.optimiser.step()

    def _capture(self) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._update()
        return graph.replay

    @staticmethod
    def _beside(update: Callable[[], None]) -> None:
        """Run on a stream of its own, as torch asks of what comes before a capture."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            update()
        torch.cuda.current_stream().wait_stream(stream)

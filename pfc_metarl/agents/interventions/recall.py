"""Interventions on what an episodic memory gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.interventions.exchange import Exchange
from pfc_metarl.agents.interventions.intervention import Moment
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class ShuffleRecall(Exchange):
    """Every episode recalls what another episode of the same subject should have recalled, as if keys were shuffled.

    States of the right kind are still reinstated; what they have to do with the present context is gone.
    """

    def on_recall(
        self, recalled: Float[Tensor, "subject episode unit"], moment: Moment
    ) -> Float[Tensor, "subject episode unit"]:
        return self.of_partners(recalled, moment)

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        if not population.core.recalls:
            raise ConfigurationError(
                f"a core of kind {population.configuration.core} recalls nothing: train one with --core episodic"
            )

    def refuse_task(self, task: Task[Any]) -> None:
        super().refuse_task(task)
        if task.remembering is None:
            raise ConfigurationError(f"'{self}' never acts: in this task nothing is stored that could be recalled")

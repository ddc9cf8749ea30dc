"""The slow outer loop: Adam on whatever objective the subjects' weights have, one iteration after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import TrainingDivergedError
from pfc_metarl.network.core import Weights

# Each subject's loss, given all weights and the number of the iteration, which fixes the data.
Objective = Callable[[Weights, int], Float[Tensor, " subject"]]


class OuterLoopConfiguration(Configuration):
    """How long the outer loop runs, and its step size."""

    iterations: Annotated[int, Field(ge=1)] = 70_000
    """Updates of the slow weights, each on a fresh batch of tasks."""

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-3
    """Step size of Adam at the first iteration."""

    final_learning_rate: Annotated[float, Field(ge=0.0, le=1.0)] = 1e-3
    """Step size at the last iteration; it changes linearly."""


class OuterLoop:
    """Makes an objective small by changing the slow weights.

    Parameters
    ----------
    weights : initial ones, by name, each with a leading subject dimension. They are copied.
    objective : subjects must not touch each other in it.
    configuration : of the loop.

    Attributes
    ----------
    iteration : how many are done.
    """

    def __init__(self, weights: Weights, objective: Objective, configuration: OuterLoopConfiguration) -> None:
        self.weights = {name: weight.detach().clone().requires_grad_() for name, weight in weights.items()}
        self.objective = objective
        self.configuration = configuration
        self.iteration = 0
        self._optimiser = torch.optim.Adam(list(self.weights.values()))

    def advance(self) -> Float[Tensor, " subject"]:
        """Do one iteration; return each subject's loss before it.

        Raises
        ------
        TrainingDivergedError
            If a loss is not finite. The weights are still those before this iteration.
        """
        loss = self.objective(self.weights, self.iteration)
        if not bool(torch.isfinite(loss).all()):
            position = int((~torch.isfinite(loss)).nonzero()[0])
            raise TrainingDivergedError(
                f"training stopped at iteration {self.iteration + 1}: the loss of the subject at position {position} "
                f"is not finite; lower the outer or the inner step size"
            )
        # Subjects share no weight, so the sum's gradient is each subject's own.
        loss.sum().backward()
        self._optimiser.param_groups[0]["lr"] = self._rate()
        self._optimiser.step()
        self._optimiser.zero_grad()
        self.iteration += 1
        return loss.detach()

    def trained(self) -> dict[str, Tensor]:
        """The slow weights as they stand."""
        return {name: weight.detach().clone() for name, weight in self.weights.items()}

    def state(self) -> dict[str, Tensor]:
        """Everything that the next iteration depends on, by name."""
        remembered = {
            f"{name}.{key}": value
            for name, weight in self.weights.items()
            for key, value in self._optimiser.state[weight].items()
        }
        return {**{f"{name}.weight": weight for name, weight in self.trained().items()}, **remembered}

    def restore(self, state: Mapping[str, Tensor], iteration: int) -> None:
        """Continue from a stored state."""
        for stored, value in state.items():
            name, _, key = stored.rpartition(".")
            if key == "weight":
                self.weights[name].data.copy_(value)
            else:
                self._optimiser.state[self.weights[name]][key] = value.clone()
        self.iteration = iteration

    def _rate(self) -> float:
        settings = self.configuration
        done = self.iteration / max(settings.iterations - 1, 1)
        return settings.learning_rate + done * (settings.final_learning_rate - settings.learning_rate)

"""Which weights learn: all of them, or only those at the ends of a body that stays as it is."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from pfc_metarl.network.population import CRITIC, HEAD, Population

Tune = Literal["all", "inputs", "heads"]


class Tuning:
    """The part of a population that learns; everything else keeps its bits.

    Parameters
    ----------
    population : whose weights are told whether to gather gradients.
    tune : "heads"; "inputs" for heads, input weights and encoder; or "all". A separate critic is treated alike.

    Attributes
    ----------
    weights : those that learn, by name.
    """

    def __init__(self, population: Population, tune: Tune) -> None:
        self.weights: dict[str, Tensor] = {}
        # Input and recurrent weights can share a tensor; its rows from here on stay as they are.
        self._held: list[tuple[Tensor, int]] = []
        encoder = population.encoder.shapes() if population.encoder is not None else {}
        for name, weight in population.weights.items():
            part = name.removeprefix(CRITIC)
            is_input = tune == "inputs" and (part == population.core.input_weight or part in encoder)
            learns = tune == "all" or part.startswith(HEAD) or is_input
            weight.requires_grad_(learns)
            if learns:
                self.weights[name] = weight
            if is_input and part not in encoder:
                self._held.append((weight, population.inputs))

    def hold(self) -> None:
        """Clear the gradients of rows that stay as they are."""
        for weight, first in self._held:
            if weight.grad is not None:
                weight.grad[:, first:].zero_()

"""A feed-forward network as a pure function of its weights."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import Weights


@dataclass(frozen=True)
class Perceptron:
    """Layers of rectified linear units below a linear one.

    Attributes
    ----------
    sizes : of the input, of each hidden layer and of the output.
    """

    sizes: tuple[int, ...]

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one network's initial weights and biases, uniform within one over the root of a layer's inputs."""
        weights: dict[str, np.ndarray] = {}
        for layer, (received, sent) in enumerate(pairwise(self.sizes)):
            # A layer that receives nothing has biases all the same.
            bound = 1 / np.sqrt(max(received, 1))
            weights[f"weight_{layer}"] = generator.uniform(-bound, bound, (received, sent))
            weights[f"bias_{layer}"] = generator.uniform(-bound, bound, sent)
        return in_fours(weights, f"weight_{self._last}", f"bias_{self._last}")

    def __call__(self, weights: Weights, received: Float[Tensor, "example input"]) -> Float[Tensor, "example output"]:
        """What one network answers."""
        activity = received
        for layer in range(self._last):
            activity = torch.relu(activity @ weights[f"weight_{layer}"] + weights[f"bias_{layer}"])
        output = activity @ weights[f"weight_{self._last}"] + weights[f"bias_{self._last}"]
        return output[:, : self.sizes[-1]]

    @property
    def _last(self) -> int:
        """Number of the last layer of weights."""
        return len(self.sizes) - 2


def in_fours(weights: dict[str, np.ndarray], *names: str) -> dict[str, np.ndarray]:
    """Fill up the columns of these weights with unused ones to a multiple of four.

    Matrix products handle columns in fours; what is left over is computed in a way that
    depends on where a subject's weights lie in memory, and so on its company.
    """
    filled = {
        name: np.pad(weights[name], [(0, 0)] * (weights[name].ndim - 1) + [(0, -weights[name].shape[-1] % 4)])
        for name in names
    }
    return {**weights, **filled}

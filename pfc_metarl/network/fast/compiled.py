"""The same traces on the kernels, for float32 on the CPU."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.network.core import RecurrentCore, Weights
from pfc_metarl.network.fast import acting, kernels
from pfc_metarl.network.fast.trace import Trace


def on_kernels(tensor: Tensor) -> bool:
    """Whether the kernels serve this tensor: float32 on the CPU."""
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32


def sampled(
    logits: Float[Tensor, "subject episode action"], uniform: Float[Tensor, "subject episode"]
) -> Int[Tensor, "subject episode"]:
    """Actions sampled from the softmax, by one kernel (``population.choose``)."""
    action = np.empty(uniform.shape, np.int64)
    acting.choose(logits.numpy(), uniform.numpy(), action)
    return torch.from_numpy(action)


class CompiledTrace(Trace):
    """A trace whose every step, and whose whole way back, is one call of a compiled kernel.

    The gates' gradients are written over the gates: half the memory, and half the way to it.
    """

    def __init__(self, core: RecurrentCore, weights: Weights, steps: int, episodes: int) -> None:
        super().__init__(core, weights, steps, episodes)
        # The kernels see the same memory as numpy arrays, and None where a core has no such thing.
        self._activity = tuple(
            each.numpy() if each.numel() else None
            for each in (self.joined, self.gates, self.cell, self.recalled, self.output)
        )

    def _beside(self, gates: Tensor) -> Tensor:
        return gates

    def begin(self, weights: Weights, *initial: Float[Tensor, "subject episode unit"]) -> None:
        super().begin(weights, *initial)
        self._head_columns = self.weights["head_weight"].transpose(1, 2).contiguous()
        self._parameters = tuple(each.numpy() for each in {**self.weights, "head_weight": self._head_columns}.values())

    def step(self, step: int) -> Float[Tensor, "subject episode column"]:
        kernels.step(step, *self._parameters, *self._activity)
        return self._said[step]

    def backward(self, output_gradient: Float[Tensor, "subject step episode column"]) -> tuple[Tensor, ...]:
        weights, hidden = self.weights, self.state(-1)[0]
        parameters = (weights["weight"], weights["bias"], self._head_columns, weights["head_bias"])
        gradients = tuple(each.new_zeros(each.shape) for each in (*parameters, hidden, hidden))
        kernels.backward(
            weights["weight"][:, self.inputs :].transpose(1, 2).contiguous().numpy(),
            self._head_columns.numpy(),
            *self._activity[:4],
            output_gradient.contiguous().numpy(),
            *(gradient.numpy() for gradient in gradients),
        )
        weight, bias, head_gradient, head_bias, *reaching = gradients
        return weight, bias, head_gradient.transpose(1, 2), head_bias, *self._of_initial_state(*reaching)

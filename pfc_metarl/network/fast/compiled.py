"""The same traces on the kernels, for float32 on the CPU, and weights as the kernels read them."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.network.core import RecurrentCore, Weights
from pfc_metarl.network.fast import acting
from pfc_metarl.network.fast.kernels import PASSES
from pfc_metarl.network.fast.trace import Trace, initial_gradient


def on_kernels(tensor: Tensor) -> bool:
    """Whether the kernels serve this tensor: float32 on the CPU."""
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32


def sampled(
    logits: Float[Tensor, "subject episode action"], uniform: Float[Tensor, "subject episode"]
) -> Int[Tensor, "subject episode"]:
    """Actions sampled from the softmax, by one kernel (``population.choose``)."""
    action = np.empty(uniform.shape, np.int64)
    acting.choose_all(logits.numpy(), uniform.numpy(), action)
    return torch.from_numpy(action)


class KernelWeights:
    """Joint weights as the kernels read them, and where they leave gradients.

    Parameters
    ----------
    weights : of a core with its heads.
    inputs : channels of the core.

    Attributes
    ----------
    forward : weight, bias, head columns and head bias; the head's weight is transposed.
    head_columns : the transposed weight of the head.
    recurrent : the recurrent rows of the weight, transposed.
    """

    def __init__(self, weights: Weights, inputs: int) -> None:
        own = {name: weights[name].detach() for name in ("weight", "bias", "head_weight", "head_bias")}
        own["head_weight"] = own["head_weight"].transpose(1, 2).contiguous()
        self._tensors = tuple(own.values())
        self.forward = tuple(each.numpy() for each in self._tensors)
        self.head_columns = self.forward[2]
        self.recurrent = own["weight"][:, inputs:].transpose(1, 2).contiguous().numpy()

    def no_gradients(self, episodes: int) -> tuple[Tensor, ...]:
        """Make room for the six gradients that ``Passes.backward`` adds to."""
        weight, _, head_columns, _ = self._tensors
        state = weight.new_zeros(len(weight), episodes, head_columns.shape[-1])
        return (*(torch.zeros_like(each) for each in self._tensors), state, torch.zeros_like(state))

    @staticmethod
    def by_parameter(gradients: tuple[Tensor, ...], has_cell: bool) -> tuple[Tensor, ...]:
        """Gradients of weight, bias, head weight, head bias and each part of the initial state."""
        weight, bias, head_columns, head_bias, reaching, carried = gradients
        initial = initial_gradient(reaching, carried, has_cell)
        return weight, bias, head_columns.transpose(1, 2), head_bias, *initial


class CompiledTrace(Trace):
    """A trace whose every step, and whose whole way back, is one call of a compiled kernel.

    The gates' gradients are written over the gates: half the memory, and half the way to it.

    Attributes
    ----------
    activity : ``joined``, ``gates``, ``cell`` and ``recalled`` as numpy arrays.
    """

    def __init__(self, core: RecurrentCore, weights: Weights, steps: int, episodes: int) -> None:
        super().__init__(core, weights, steps, episodes)
        self.activity = tuple(each.numpy() for each in (self.joined, self.gates, self.cell, self.recalled))
        self._passes = PASSES[type(core)]
        self._output = self.output.numpy()

    def _beside(self, gates: Tensor) -> Tensor:
        return gates

    def begin(self, weights: Weights, *initial: Float[Tensor, "subject episode unit"]) -> None:
        super().begin(weights, *initial)
        self._weights = KernelWeights(weights, self.inputs)

    def step(self, step: int) -> Float[Tensor, "subject episode column"]:
        self._passes.forward_all(step, self._weights.forward, self.activity, self._output)
        return self._said[step]

    def backward(self, output_gradient: Float[Tensor, "subject step episode column"]) -> tuple[Tensor, ...]:
        weights, gradients = self._weights, self._weights.no_gradients(self.episodes)
        self._passes.backward_all(
            weights.recurrent,
            weights.head_columns,
            self.activity,
            output_gradient.contiguous().numpy(),
            tuple(gradient.numpy() for gradient in gradients),
        )
        return weights.by_parameter(gradients, bool(self.cell.numel()))

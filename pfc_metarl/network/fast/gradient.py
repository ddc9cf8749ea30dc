"""Hands a trace's outputs to autograd, with the derived backward pass."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import State, Weights
from pfc_metarl.network.fast.compiled import CompiledTrace, on_kernels
from pfc_metarl.network.fast.trace import LSTMTrace


def make_trace(weights: Weights, inputs: int, steps: int, episodes: int) -> LSTMTrace:
    """Make the fastest trace that these weights allow."""
    kind = CompiledTrace if on_kernels(weights["head_weight"]) else LSTMTrace
    return kind(weights, inputs, steps, episodes)


class _Output(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, trace: LSTMTrace, encoded: Tensor | None, *parameters: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        del parameters
        ctx.trace, ctx.encoded = trace, None if encoded is None else encoded.shape[-1]
        # The trace's own memory serves the next batch as well.
        return trace.output.clone()

    @staticmethod
    def backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        gradients = ctx.trace.backward(output_gradient)
        encoded = None if ctx.encoded is None else ctx.trace.input_gradient(ctx.encoded)
        return None, encoded, *gradients


def traced_output(
    trace: LSTMTrace,
    weights: Weights,
    initial: State,
    encoded: Float[Tensor, "subject step episode encoded"] | None = None,
) -> Float[Tensor, "subject step episode column"]:
    """Outputs of a finished trace, differentiable in the weights, the initial state and the first inputs.

    ``encoded`` are the first input channels, where something that learns has computed them.
    The backward pass can run once, and before the trace begins another batch.
    """
    parameters = (weights["weight"], weights["bias"], weights["head_weight"], weights["head_bias"], *initial)
    return _Output.apply(trace, encoded, *parameters)  # pyright: ignore[reportReturnType]

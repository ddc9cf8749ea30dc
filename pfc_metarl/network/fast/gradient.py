"""Hands a trace's outputs to autograd, with the derived backward pass."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import RecurrentCore, State, Weights
from pfc_metarl.network.fast.compiled import CompiledTrace, on_kernels
from pfc_metarl.network.fast.equations import TRACES
from pfc_metarl.network.fast.trace import Trace


def make_trace(core: RecurrentCore, weights: Weights, steps: int, episodes: int) -> Trace | None:
    """Make the fastest trace that these weights allow; None for a core without one."""
    plain = TRACES.get(type(core))
    if plain is None:
        return None
    kind = CompiledTrace if on_kernels(weights["head_weight"]) else plain
    return kind(core, weights, steps, episodes)


class _Output(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, trace: Trace, encoded: Tensor | None, *parameters: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
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
    trace: Trace,
    weights: Weights,
    initial: State,
    encoded: Float[Tensor, "subject step episode encoded"] | None = None,
) -> Float[Tensor, "subject step episode column"]:
    """Outputs of a finished trace, differentiable in the joint weights, the initial state and the first inputs.

    ``encoded`` are the first input channels, where something that learns has computed them.
    The backward pass can run once, and before the trace begins another batch.
    """
    parameters = (weights["weight"], weights["bias"], weights["head_weight"], weights["head_bias"], *initial)
    return _Output.apply(trace, encoded, *parameters)  # pyright: ignore[reportReturnType]

"""Backpropagation through time of a population's LSTM, derived by hand.

Why not autograd: most of its time on small networks goes into bookkeeping and into one
weight-gradient product per step. Here the forward pass keeps the gates, the backward
pass fills one array with the gradients of all gates, subject first, and a single product
over all steps and episodes then gives the weight gradient without a copy.

``AutogradUnroll`` computes the same gradient the plain way; the tests hold the two together.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import Weights


class LSTMTrace:
    """What one batch of episodes leaves behind for its backward pass.

    Attributes
    ----------
    joined : inputs and previous hidden states, ``subject step+1 episode input+unit``; row t
        is what the core receives at step t.
    gates : activated gates, ``subject step episode gate``; input, forget, output, candidate.
    cell, squashed : cell states (row 0 is the initial one) and the tanh of each new one.
    """

    def __init__(self, like: Tensor, inputs: int, units: int, steps: int, episodes: int) -> None:
        subjects = len(like)
        self.inputs, self.units, self.steps, self.episodes = inputs, units, steps, episodes
        self.joined = like.new_zeros(subjects, steps + 1, episodes, inputs + units)
        self.gates = like.new_empty(subjects, steps, episodes, 4 * units)
        self.cell = like.new_empty(subjects, steps + 1, episodes, units)
        self.squashed = like.new_empty(subjects, steps, episodes, units)
        self.gate_gradient = torch.empty_like(self.gates)
        self._linear = like.new_empty(subjects, episodes, 4 * units)
        # tanh(x) = 2 sigmoid(2x) - 1 lets one sigmoid serve all four gates.
        self._doubling = like.new_ones(4 * units)
        self._doubling[3 * units :] = 2
        self._weight, self._bias = like, like

    def begin(
        self,
        weights: Weights,
        hidden: Float[Tensor, "subject episode unit"],
        cell: Float[Tensor, "subject episode unit"],
    ) -> None:
        """Start a batch from an initial state."""
        self.joined[:, 0, :, self.inputs :] = hidden.detach()
        self.cell[:, 0] = cell.detach()
        self._weight = weights["weight"].detach() * self._doubling
        self._bias = (weights["bias"].detach() * self._doubling)[:, None]

    def received(self, step: int) -> Float[Tensor, "subject episode input"]:
        """The place where a step's input is to be written."""
        return self.joined[:, step, :, : self.inputs]

    def step(self, step: int) -> Float[Tensor, "subject episode unit"]:
        """Advance one step on the input written before."""
        units = self.units
        gates, cell, squashed = self.gates[:, step], self.cell[:, step + 1], self.squashed[:, step]
        torch.baddbmm(self._bias, self.joined[:, step], self._weight, out=self._linear)
        torch.sigmoid(self._linear, out=gates)
        gates[..., 3 * units :].mul_(2).sub_(1)
        input_gate, forget_gate, output_gate, candidate = gates.chunk(4, dim=-1)
        torch.mul(forget_gate, self.cell[:, step], out=cell)
        cell.addcmul_(input_gate, candidate)
        torch.tanh(cell, out=squashed)
        hidden = self.joined[:, step + 1, :, self.inputs :]
        return torch.mul(output_gate, squashed, out=hidden)

    def hidden(self) -> Float[Tensor, "subject step episode unit"]:
        """Hidden states of all steps."""
        return self.joined[:, 1:, :, self.inputs :]

    def backward(
        self, weight: Tensor, hidden_gradient: Float[Tensor, "subject step episode unit"]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        r"""Return the gradients of weight, bias, initial hidden and initial cell state.

        ``gate_gradient`` then holds :math:`\bar L` of every step, for whoever needs the inputs' gradient.

        Going back in time, with :math:`\bar x` the gradient of x:

        .. math::
            \bar c_t &\mathrel{+}= \bar h_t G_o (1 - \tanh^2 c_t) \\
            \bar L_o &= \bar h_t \tanh(c_t) G_o (1 - G_o) \\
            \bar L_i, \bar L_f, \bar L_c &= \bar c_t \{ \tilde c G_i (1 - G_i),\;
                c_{t-1} G_f (1 - G_f),\; G_i (1 - \tilde c^2) \} \\
            \bar c_{t-1} &= \bar c_t G_f, \qquad \bar h_{t-1} \mathrel{+}= \bar L W_h^\top .
        """
        units = self.units
        recurrent = weight[:, self.inputs :].transpose(1, 2)
        cell_gradient = torch.zeros_like(self.cell[:, 0])
        carried = torch.zeros_like(cell_gradient)
        for step in reversed(range(self.steps)):
            input_gate, forget_gate, output_gate, candidate = self.gates[:, step].chunk(4, dim=-1)
            squashed = self.squashed[:, step]
            slope = self.gate_gradient[:, step]
            total = carried + hidden_gradient[:, step]
            through_output = total * output_gate
            cell_gradient.add_(through_output).addcmul_(through_output, squashed * squashed, value=-1)
            torch.mul(through_output * squashed, 1 - output_gate, out=slope[..., 2 * units : 3 * units])
            through_input = cell_gradient * input_gate
            torch.mul(through_input * candidate, 1 - input_gate, out=slope[..., :units])
            torch.mul(through_input, 1 - candidate * candidate, out=slope[..., 3 * units :])
            cell_gradient.mul_(forget_gate)
            torch.mul(cell_gradient * self.cell[:, step], 1 - forget_gate, out=slope[..., units : 2 * units])
            carried = torch.bmm(slope, recurrent)
        rows = self.gate_gradient.flatten(1, 2)
        weight_gradient = torch.bmm(self.joined[:, :-1].flatten(1, 2).transpose(1, 2), rows)
        return weight_gradient, rows.sum(dim=1), carried, cell_gradient

    def input_gradient(self, weight: Tensor, inputs: int) -> Float[Tensor, "subject step episode input"]:
        """Gradient of the first ``inputs`` input channels, after ``backward``: one product over all steps."""
        subjects = len(weight)
        flat = torch.bmm(self.gate_gradient.flatten(1, 2), weight[:, :inputs].transpose(1, 2))
        return flat.view(subjects, self.steps, self.episodes, inputs)


class _LSTMHidden(torch.autograd.Function):
    """Hands a trace's hidden states to autograd, with the derived backward pass."""

    @staticmethod
    def forward(ctx: Any, trace: LSTMTrace, weight: Tensor, *rest: Tensor | None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        encoded = rest[-1]
        ctx.trace, ctx.encoded = trace, None if encoded is None else encoded.shape[-1]
        ctx.save_for_backward(weight)
        return trace.hidden()

    @staticmethod
    def backward(ctx: Any, hidden_gradient: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (weight,) = ctx.saved_tensors
        gradients = ctx.trace.backward(weight, hidden_gradient)
        encoded = None if ctx.encoded is None else ctx.trace.input_gradient(weight, ctx.encoded)
        return None, *gradients, encoded


def lstm_hidden(
    trace: LSTMTrace,
    weight: Float[Tensor, "subject joined gate"],
    bias: Float[Tensor, "subject gate"],
    initial_hidden: Float[Tensor, "subject episode unit"],
    initial_cell: Float[Tensor, "subject episode unit"],
    encoded: Float[Tensor, "subject step episode encoded"] | None = None,
) -> Float[Tensor, "subject step episode unit"]:
    """Hidden states of a finished trace, differentiable in the LSTM's weights, initial state and first inputs.

    ``encoded`` are the first input channels, where something that learns has computed them.
    The trace must not begin another batch before the backward pass has run.
    """
    return _LSTMHidden.apply(trace, weight, bias, initial_hidden, initial_cell, encoded)  # pyright: ignore[reportReturnType]

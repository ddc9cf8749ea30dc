"""What a batch of episodes leaves behind in an LSTM with its heads, and the way back through it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import State, Weights


class LSTMTrace:
    """One batch of episodes through an LSTM and its heads, in torch operations: for any device and precision.

    A weight with columns for a fifth gate is that of a core that recalls (``EpisodicLSTM``).

    Attributes
    ----------
    joined : inputs and previous hidden states, ``subject step+1 episode input+unit``; row t
        is what the core receives at step t.
    gates : activated gates, ``subject step episode gate``; input, forget, output, reinstatement where there is
        one, candidate.
    gate_gradient : gradients of the gates' linear drives, written by ``backward``.
    cell : cell states, ``subject step+1 episode unit``; row 0 is the initial one.
    recalled : squashed states that are recalled, ``subject step episode unit``; empty in a core that recalls none.
    received : for each step, the part of ``joined`` where its input is to be written.
    output : policy logits, value and unused columns, ``subject step episode column``.
    """

    def __init__(self, weights: Weights, inputs: int, steps: int, episodes: int) -> None:
        like, columns = weights["head_weight"].detach(), weights["head_weight"].shape[-1]
        subjects, units = like.shape[:2]
        self.inputs, self.units, self.steps, self.episodes = inputs, units, steps, episodes
        self.joined = like.new_zeros(subjects, steps + 1, episodes, inputs + units)
        self.gates = like.new_empty(subjects, steps, episodes, weights["weight"].shape[-1])
        self.gate_gradient = self._beside(self.gates)
        self.cell = like.new_empty(subjects, steps + 1, episodes, units)
        recalling = self.gates.shape[-1] == 5 * units
        self.recalled = like.new_zeros(subjects, steps if recalling else 0, episodes, units)
        self.output = like.new_empty(subjects, steps, episodes, columns)
        self.weights: dict[str, Tensor] = {}
        self.received = self.joined[:, :-1, :, :inputs].unbind(1)
        self._said = self.output.unbind(1)

    def _beside(self, gates: Tensor) -> Tensor:
        """Memory for the gates' gradients."""
        return torch.empty_like(gates)

    def begin(
        self,
        weights: Weights,
        hidden: Float[Tensor, "subject episode unit"],
        cell: Float[Tensor, "subject episode unit"],
    ) -> None:
        """Start a batch from an initial state."""
        self.joined[:, 0, :, self.inputs :] = hidden.detach()
        self.cell[:, 0] = cell.detach()
        self.weights = {name: weights[name].detach() for name in ("weight", "bias", "head_weight", "head_bias")}

    def recall(self, step: int, recalled: Float[Tensor, "subject episode unit"]) -> None:
        """Take what an episodic memory gives back at a step, before it is stepped."""
        torch.tanh(recalled, out=self.recalled[:, step])

    def step(self, step: int) -> Float[Tensor, "subject episode column"]:
        """Advance one step on the input written before; return what the heads say."""
        weights, gates, cell = self.weights, self.gates[:, step], self.cell[:, step + 1]
        linear = torch.baddbmm(weights["bias"][:, None], self.joined[:, step], weights["weight"])
        torch.sigmoid(linear[..., : -self.units], out=gates[..., : -self.units])
        torch.tanh(linear[..., -self.units :], out=gates[..., -self.units :])
        input_gate, forget_gate, output_gate, *reinstatement_gate, candidate = self._by_gate(self.gates, step)
        torch.mul(forget_gate, self.cell[:, step], out=cell)
        cell.addcmul_(input_gate, candidate)
        for gate in reinstatement_gate:
            cell.addcmul_(gate, self.recalled[:, step])
        hidden = torch.mul(output_gate, torch.tanh(cell), out=self.joined[:, step + 1, :, self.inputs :])
        return self._said[step].copy_(torch.baddbmm(weights["head_bias"][:, None], hidden, weights["head_weight"]))

    def state(self, step: int) -> State:
        """Hidden and cell state after a step."""
        return self.joined[:, step + 1, :, self.inputs :], self.cell[:, step + 1]

    def backward(self, output_gradient: Float[Tensor, "subject step episode column"]) -> tuple[Tensor, ...]:
        r"""Return the gradients of weight, bias, head weight, head bias, initial hidden and initial cell state.

        Going back in time, with :math:`\bar x` the gradient of x and :math:`\bar h_t` beginning as what
        the heads send back:

        .. math::
            \bar c_t &\mathrel{+}= \bar h_t G_o (1 - \tanh^2 c_t) \\
            \bar L_o &= \bar h_t \tanh(c_t) G_o (1 - G_o) \\
            \bar L_i, \bar L_f, \bar L_c &= \bar c_t \{ \tilde c G_i (1 - G_i),\;
                c_{t-1} G_f (1 - G_f),\; G_i (1 - \tilde c^2) \} \\
            \bar L_r &= \bar c_t \tanh(m_t) G_r (1 - G_r) \\
            \bar c_{t-1} &= \bar c_t G_f, \qquad \bar h_{t-1} \mathrel{+}= \bar L W_h^\top .
        """
        head_columns = self.weights["head_weight"].transpose(1, 2)
        recurrent = self.weights["weight"][:, self.inputs :].transpose(1, 2)
        cell_gradient = torch.zeros_like(self.cell[:, 0])
        hidden_gradient = torch.zeros_like(cell_gradient)
        for step in reversed(range(self.steps)):
            input_gate, forget_gate, output_gate, *reinstatement_gate, candidate = self._by_gate(self.gates, step)
            slopes = self.gate_gradient[:, step]
            input_slope, forget_slope, output_slope, *reinstatement_slope, candidate_slope = self._by_gate(
                self.gate_gradient, step
            )
            squashed = torch.tanh(self.cell[:, step + 1])
            hidden_gradient = hidden_gradient + torch.bmm(output_gradient[:, step], head_columns)
            through_output = hidden_gradient * output_gate
            cell_gradient.add_(through_output).addcmul_(through_output, squashed * squashed, value=-1)
            through_input = cell_gradient * input_gate
            torch.mul(through_output * squashed, 1 - output_gate, out=output_slope)
            torch.mul(through_input * candidate, 1 - input_gate, out=input_slope)
            torch.mul(through_input, 1 - candidate * candidate, out=candidate_slope)
            for gate, slope in zip(reinstatement_gate, reinstatement_slope, strict=True):
                torch.mul(cell_gradient * gate * self.recalled[:, step], 1 - gate, out=slope)
            cell_gradient.mul_(forget_gate)
            torch.mul(cell_gradient * self.cell[:, step], 1 - forget_gate, out=forget_slope)
            hidden_gradient = torch.bmm(slopes, recurrent)
        rows = self.gate_gradient.flatten(1, 2)
        weight = torch.bmm(self.joined[:, :-1].flatten(1, 2).transpose(1, 2), rows)
        hidden, output_rows = self.joined[:, 1:, :, self.inputs :].flatten(1, 2), output_gradient.flatten(1, 2)
        head_weight = torch.bmm(hidden.transpose(1, 2), output_rows)
        return weight, rows.sum(dim=1), head_weight, output_rows.sum(dim=1), hidden_gradient, cell_gradient

    def _by_gate(self, columns: Tensor, step: int) -> tuple[Tensor, ...]:
        return columns[:, step].split(self.units, dim=-1)

    def input_gradient(self, inputs: int) -> Float[Tensor, "subject step episode input"]:
        """Gradient of the first ``inputs`` input channels, after ``backward``: one product over all steps."""
        subjects = len(self.gate_gradient)
        flat = torch.bmm(self.gate_gradient.flatten(1, 2), self.weights["weight"][:, :inputs].transpose(1, 2))
        return flat.view(subjects, self.steps, self.episodes, inputs)

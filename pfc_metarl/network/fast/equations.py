"""What each core does between its products, forward and back, in torch operations."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import GRU, LSTM, EpisodicLSTM, RecurrentCore, VanillaRNN
from pfc_metarl.network.fast.trace import TorchTrace


class LSTMTrace(TorchTrace):
    r"""The LSTM, with a fifth gate (reinstatement) where it recalls (``EpisodicLSTM``).

    Its gates are input, forget, output, reinstatement where there is one, candidate. Going back:

    .. math::
        \bar c_t &\mathrel{+}= \bar h_t G_o (1 - \tanh^2 c_t) \\
        \bar L_o &= \bar h_t \tanh(c_t) G_o (1 - G_o) \\
        \bar L_i, \bar L_f, \bar L_c &= \bar c_t \{ \tilde c G_i (1 - G_i),\;
            c_{t-1} G_f (1 - G_f),\; G_i (1 - \tilde c^2) \} \\
        \bar L_r &= \bar c_t \tanh(m_t) G_r (1 - G_r) \\
        \bar c_{t-1} &= \bar c_t G_f .
    """

    def activate(self, step: int, linear: Float[Tensor, "subject episode gate"]) -> None:
        gates, (hidden, cell) = self.gates[:, step], self.state(step)
        torch.sigmoid(linear[..., : -self.units], out=gates[..., : -self.units])
        torch.tanh(linear[..., -self.units :], out=gates[..., -self.units :])
        input_gate, forget_gate, output_gate, *reinstatement_gate, candidate = self._by_gate(self.gates, step)
        torch.mul(forget_gate, self.cell[:, step], out=cell)
        cell.addcmul_(input_gate, candidate)
        for gate in reinstatement_gate:
            cell.addcmul_(gate, self.recalled[:, step])
        torch.mul(output_gate, torch.tanh(cell), out=hidden)

    def differentiate(
        self,
        step: int,
        hidden_gradient: Float[Tensor, "subject episode unit"],
        carried: Float[Tensor, "subject episode unit"],
    ) -> None:
        input_gate, forget_gate, output_gate, *reinstatement_gate, candidate = self._by_gate(self.gates, step)
        input_slope, forget_slope, output_slope, *reinstatement_slope, candidate_slope = self._by_gate(
            self.gate_gradient, step
        )
        squashed = torch.tanh(self.cell[:, step + 1])
        through_output = hidden_gradient * output_gate
        carried.add_(through_output).addcmul_(through_output, squashed * squashed, value=-1)
        through_input = carried * input_gate
        torch.mul(through_output * squashed, 1 - output_gate, out=output_slope)
        torch.mul(through_input * candidate, 1 - input_gate, out=input_slope)
        torch.mul(through_input, 1 - candidate * candidate, out=candidate_slope)
        for gate, slope in zip(reinstatement_gate, reinstatement_slope, strict=True):
            torch.mul(carried * gate * self.recalled[:, step], 1 - gate, out=slope)
        carried.mul_(forget_gate)
        torch.mul(carried * self.cell[:, step], 1 - forget_gate, out=forget_slope)


class GRUTrace(TorchTrace):
    r"""The GRU.

    Its gates are reset r, update z, candidate n and, kept as it is, the candidate's drive from the hidden state
    :math:`L_h`, which r multiplies. Going back, with k what was carried to here:

    .. math::
        \bar h_t &\mathrel{+}= k_t \\
        \bar L_n &= \bar h_t (1 - z) (1 - n^2), \qquad \bar L_h = \bar L_n r \\
        \bar L_z &= \bar h_t (h_{t-1} - n) z (1 - z), \qquad \bar L_r = \bar L_n L_h r (1 - r) \\
        k_{t-1} &= \bar h_t z .
    """

    def activate(self, step: int, linear: Float[Tensor, "subject episode gate"]) -> None:
        reset, update, candidate, from_hidden = self._by_gate(self.gates, step)
        sigmoids, candidate_drive, hidden_drive = linear.split([2 * self.units, self.units, self.units], dim=-1)
        torch.sigmoid(sigmoids, out=self.gates[:, step, :, : 2 * self.units])
        from_hidden.copy_(hidden_drive)
        torch.tanh(torch.addcmul(candidate_drive, reset, from_hidden), out=candidate)
        (before,), (after,) = self.state(step - 1), self.state(step)
        torch.mul(1 - update, candidate, out=after).addcmul_(update, before)

    def differentiate(
        self,
        step: int,
        hidden_gradient: Float[Tensor, "subject episode unit"],
        carried: Float[Tensor, "subject episode unit"],
    ) -> None:
        reset, update, candidate, from_hidden = self._by_gate(self.gates, step)
        reset_slope, update_slope, candidate_slope, hidden_slope = self._by_gate(self.gate_gradient, step)
        (before,) = self.state(step - 1)
        total = hidden_gradient + carried
        torch.mul(total, update, out=carried)
        torch.mul(carried * (before - candidate), 1 - update, out=update_slope)
        torch.mul(total * (1 - update), 1 - candidate * candidate, out=candidate_slope)
        torch.mul(candidate_slope, reset, out=hidden_slope)
        torch.mul(hidden_slope * from_hidden, 1 - reset, out=reset_slope)


class VanillaTrace(TorchTrace):
    r"""The plain recurrent network: :math:`\bar L = \bar h_t (1 - h_t^2)`, and nothing is carried past it.

    Its one gate is the hidden state, and is kept there alone.
    """

    def activate(self, step: int, linear: Float[Tensor, "subject episode gate"]) -> None:
        torch.tanh(linear, out=self.state(step)[0])

    def differentiate(
        self,
        step: int,
        hidden_gradient: Float[Tensor, "subject episode unit"],
        carried: Float[Tensor, "subject episode unit"],
    ) -> None:
        del carried
        (hidden,) = self.state(step)
        torch.mul(hidden_gradient, 1 - hidden * hidden, out=self.gate_gradient[:, step])


# The cores whose way back is derived; any other is differentiated by autograd.
TRACES: dict[type[RecurrentCore], type[TorchTrace]] = {
    LSTM: LSTMTrace,
    EpisodicLSTM: LSTMTrace,
    GRU: GRUTrace,
    VanillaRNN: VanillaTrace,
}

"""What a batch of episodes leaves behind in a recurrent core with its heads, and the way back through it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import RecurrentCore, State, Weights


class Trace(ABC):
    """One batch of episodes through a core and its heads.

    Every core is the same products (of ``RecurrentCore.joint_weights`` and of the heads) and, between them, what
    it does with the drives of each unit. A "gate" here is any block of ``units`` columns of these drives.

    Attributes
    ----------
    joined : inputs and previous hidden states, ``subject step+1 episode input+unit``; row t
        is what the core receives at step t.
    gates : activated gates, ``subject step episode gate``, in the order of the joint weight's columns.
    gate_gradient : gradients of the gates' linear drives, written by ``backward``.
    cell : cell states, ``subject step+1 episode unit``; row 0 is the initial one; empty in a core without.
    recalled : squashed states that are recalled, ``subject step episode unit``; empty in a core that recalls none.
    received : for each step, the part of ``joined`` where its input is to be written.
    output : policy logits, value and unused columns, ``subject step episode column``.
    """

    def __init__(self, core: RecurrentCore, weights: Weights, steps: int, episodes: int) -> None:
        like, gates = weights["head_weight"].detach(), core.joint_weights(weights)["weight"].shape[-1]
        subjects, columns = len(like), like.shape[-1]
        self.inputs, self.units, self.steps, self.episodes = core.inputs, core.units, steps, episodes
        self.joined = like.new_zeros(subjects, steps + 1, episodes, core.inputs + core.units)
        self.gates = like.new_empty(subjects, steps, episodes, gates)
        self.gate_gradient = self._beside(self.gates)
        self.cell = like.new_empty(subjects, steps + 1 if "cell" in core.state_names else 0, episodes, core.units)
        self.recalled = like.new_zeros(subjects, steps if core.recalls else 0, episodes, core.units)
        self.output = like.new_empty(subjects, steps, episodes, columns)
        self.weights: dict[str, Tensor] = {}
        self.received = self.joined[:, :-1, :, : core.inputs].unbind(1)
        self._said = self.output.unbind(1)

    def _beside(self, gates: Tensor) -> Tensor:
        """Memory for the gates' gradients."""
        return torch.empty_like(gates)

    def begin(self, weights: Weights, *initial: Float[Tensor, "subject episode unit"]) -> None:
        """Start a batch from an initial state; the weights are joint ones."""
        for own, given in zip(self.state(-1), initial, strict=True):
            own.copy_(given.detach())
        self.weights = {name: weights[name].detach() for name in ("weight", "bias", "head_weight", "head_bias")}

    def recall(self, step: int, recalled: Float[Tensor, "subject episode unit"]) -> None:
        """Take what an episodic memory gives back at a step, before it is stepped."""
        torch.tanh(recalled, out=self.recalled[:, step])

    def state(self, step: int) -> State:
        """State after a step, as ``RecurrentCore.state_names`` names its parts; the initial one is that of step -1."""
        hidden = self.joined[:, step + 1, :, self.inputs :]
        return (hidden, self.cell[:, step + 1]) if self.cell.numel() else (hidden,)

    @abstractmethod
    def step(self, step: int) -> Float[Tensor, "subject episode column"]:
        """Advance one step on the input written before; return what the heads say."""

    @abstractmethod
    def backward(self, output_gradient: Float[Tensor, "subject step episode column"]) -> tuple[Tensor, ...]:
        """Return the gradients of weight, bias, head weight, head bias and each part of the initial state."""

    def input_gradient(self, inputs: int) -> Float[Tensor, "subject step episode input"]:
        """Gradient of the first ``inputs`` input channels, after ``backward``: one product over all steps."""
        subjects = len(self.gate_gradient)
        flat = torch.bmm(self.gate_gradient.flatten(1, 2), self.weights["weight"][:, :inputs].transpose(1, 2))
        return flat.view(subjects, self.steps, self.episodes, inputs)


def initial_gradient(reaching: Tensor, carried: Tensor, has_cell: bool) -> State:
    """Gradient of each part of the initial state: a core without a cell has carried a part of its hidden state's."""
    return (reaching, carried) if has_cell else (reaching + carried,)


class TorchTrace(Trace):
    r"""A trace in torch operations, for any device and precision.

    Going back in time, with :math:`\bar x` the gradient of x, :math:`\bar h_t` begins as what the heads send back.
    The core turns it into the gradients :math:`\bar L` of its drives and into what it carries past them (the gradient
    of its cell, if it has one), and :math:`\bar h_{t-1} \mathrel{+}= \bar L W_h^\top`.
    """

    @abstractmethod
    def activate(self, step: int, linear: Float[Tensor, "subject episode gate"]) -> None:
        """Turn linear drives into gates; write them and the state after the step."""

    @abstractmethod
    def differentiate(
        self,
        step: int,
        hidden_gradient: Float[Tensor, "subject episode unit"],
        carried: Float[Tensor, "subject episode unit"],
    ) -> None:
        """Write the gradients of the step's drives; take what is carried, in place, one step back."""

    def step(self, step: int) -> Float[Tensor, "subject episode column"]:
        weights = self.weights
        self.activate(step, torch.baddbmm(weights["bias"][:, None], self.joined[:, step], weights["weight"]))
        hidden = self.state(step)[0]
        return self._said[step].copy_(torch.baddbmm(weights["head_bias"][:, None], hidden, weights["head_weight"]))

    def backward(self, output_gradient: Float[Tensor, "subject step episode column"]) -> tuple[Tensor, ...]:
        head_columns = self.weights["head_weight"].transpose(1, 2)
        recurrent = self.weights["weight"][:, self.inputs :].transpose(1, 2)
        hidden_gradient, carried = (torch.zeros_like(self.state(-1)[0]) for _ in range(2))
        for step in reversed(range(self.steps)):
            hidden_gradient = hidden_gradient + torch.bmm(output_gradient[:, step], head_columns)
            self.differentiate(step, hidden_gradient, carried)
            hidden_gradient = torch.bmm(self.gate_gradient[:, step], recurrent)
        rows = self.gate_gradient.flatten(1, 2)
        weight = torch.bmm(self.joined[:, :-1].flatten(1, 2).transpose(1, 2), rows)
        hidden, output_rows = self.joined[:, 1:, :, self.inputs :].flatten(1, 2), output_gradient.flatten(1, 2)
        head_weight = torch.bmm(hidden.transpose(1, 2), output_rows)
        initial = initial_gradient(hidden_gradient, carried, bool(self.cell.numel()))
        return weight, rows.sum(dim=1), head_weight, output_rows.sum(dim=1), *initial

    def _by_gate(self, columns: Tensor, step: int) -> tuple[Tensor, ...]:
        return columns[:, step].split(self.units, dim=-1)

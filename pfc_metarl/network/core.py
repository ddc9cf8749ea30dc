"""Recurrent cores of a population: LSTM, with or without episodic memory, GRU and the plain recurrent network.

Every weight has a leading subject dimension. A core holds no weights and no state; both
are arguments, so that ``step`` reads as the textbook equation.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Weights = Mapping[str, Tensor]
State = tuple[Float[Tensor, "subject episode unit"], ...]
Gates = tuple[Float[Tensor, "subject episode unit"], ...]


class RecurrentCore(ABC):
    """A recurrent layer of ``units`` units fed by ``inputs`` channels.

    Attributes
    ----------
    state_names : names of the state's parts; the first is always the output ``hidden``.
    gate_names : names of what ``gates`` returns.
    recalls : whether what it receives is followed by a recalled cell state, ``units`` channels more.
    input_weight : name of the weight whose first ``inputs`` rows receive the input.
    """

    state_names: ClassVar[tuple[str, ...]] = ("hidden",)
    gate_names: ClassVar[tuple[str, ...]] = ("candidate",)
    recalls: ClassVar[bool] = False
    input_weight: ClassVar[str] = "weight"

    def __init__(self, inputs: int, units: int) -> None:
        self.inputs = inputs
        self.units = units

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each weight of one subject."""

    def step(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> State:
        """Return the state after receiving one input."""
        return self.update(self.gates(weights, received, state), state)

    @abstractmethod
    def gates(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> Gates:
        """Return the gates and what they let in, as weights, input and state drive them."""

    @abstractmethod
    def update(self, gates: Gates, state: State) -> State:
        """Return the state that follows from these gates."""

    def joint_weights(self, weights: Weights) -> Weights:
        """Weights whose "weight" and "bias" drive every gate from input and hidden state side by side."""
        return weights

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights.

        Uniform within one over the root of ``units``, but for the recurrent part of every
        gate, which is orthogonal: activity neither dies out nor blows up along the episode
        (Saxe et al. 2014).
        """
        bound = 1 / math.sqrt(self.units)
        weights = {name: generator.uniform(-bound, bound, shape) for name, shape in self.shapes().items()}
        recurrent = weights["recurrent_weight"] if "recurrent_weight" in weights else weights["weight"][self.inputs :]
        for first in range(0, recurrent.shape[1], self.units):
            block, triangle = np.linalg.qr(generator.normal(size=(self.units, self.units)))
            # Signs as in the triangle's diagonal make the draw uniform over rotations.
            recurrent[:, first : first + self.units] = block * np.sign(np.diag(triangle))
        return weights


class LSTM(RecurrentCore):
    r"""Long short-term memory, the network of the paper.

    With :math:`L_y = W_{xy} x_t + W_{hy} h_{t-1} + b_y` and :math:`G_y = \sigma(L_y)`,

    .. math:: c_t = G_f c_{t-1} + G_i \tanh(L_c), \qquad h_t = G_o \tanh(c_t).

    The weight joins input and recurrent rows, and its columns hold the gates in the order
    input, forget, output, candidate: the three sigmoids lie side by side.

    References
    ----------
    Wang et al. (2018), Methods, "Architecture"; the forget gate is their maintenance gate.
    """

    state_names = ("hidden", "cell")
    gate_names = ("input", "forget", "output", "candidate")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.inputs + self.units, 4 * self.units), "bias": (4 * self.units,)}

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        return _with_open_forget_gate(super().draw(generator), self.units)

    def gates(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> Gates:
        linear = joint_product(weights, torch.cat([received, state[0]], dim=-1))
        *sigmoids, candidate = linear.chunk(4, dim=-1)
        return (*map(torch.sigmoid, sigmoids), torch.tanh(candidate))

    def update(self, gates: Gates, state: State) -> State:
        input_gate, forget_gate, output_gate, candidate = gates
        cell = forget_gate * state[1] + input_gate * candidate
        return output_gate * torch.tanh(cell), cell


class EpisodicLSTM(RecurrentCore):
    r"""LSTM into whose cell a stored cell state can be reinstated.

    It receives :math:`m_t`, the cell state that an episodic memory holds for the present cue (zero where
    there is none), and decides by a gate of its own how much of it to let in:

    .. math:: c_t = G_f c_{t-1} + G_i \tanh(L_c) + G_r \tanh(m_t), \qquad h_t = G_o \tanh(c_t).

    The weight's columns hold the gates in the order input, forget, output, reinstatement, candidate. No
    weight sees :math:`m_t` itself.

    References
    ----------
    Ritter et al. (2018), "Been there, done that", section 3.2; Ritter et al. (2018), bioRxiv 360537.
    """

    state_names = ("hidden", "cell")
    gate_names = ("input", "forget", "output", "reinstatement", "candidate", "recalled")
    recalls = True

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.inputs + self.units, 5 * self.units), "bias": (5 * self.units,)}

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        return _with_open_forget_gate(super().draw(generator), self.units)

    def gates(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> Gates:
        seen, recalled = received.tensor_split([self.inputs], dim=-1)
        linear = joint_product(weights, torch.cat([seen, state[0]], dim=-1))
        *sigmoids, candidate = linear.chunk(5, dim=-1)
        return (*map(torch.sigmoid, sigmoids), torch.tanh(candidate), torch.tanh(recalled))

    def update(self, gates: Gates, state: State) -> State:
        input_gate, forget_gate, output_gate, reinstatement_gate, candidate, recalled = gates
        cell = forget_gate * state[1] + input_gate * candidate + reinstatement_gate * recalled
        return output_gate * torch.tanh(cell), cell


class GRU(RecurrentCore):
    r"""Gated recurrent unit, as in Duan et al. (2016).

    .. math::
        h_t = (1 - z) n + z h_{t-1}, \qquad
        n = \tanh(W_{xn} x_t + b_{xn} + r (W_{hn} h_{t-1} + b_{hn}))

    with reset gate r and update gate z; columns in the order reset, update, candidate. The candidate n
    is there only when r is, so that its drives from input and hidden state stand beside the gates.
    """

    gate_names = ("reset", "update", "candidate_input", "candidate_hidden")
    input_weight = "input_weight"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        columns = 3 * self.units
        return {
            "input_weight": (self.inputs, columns),
            "recurrent_weight": (self.units, columns),
            "input_bias": (columns,),
            "recurrent_bias": (columns,),
        }

    def gates(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> Gates:
        (hidden,) = state
        from_input = torch.baddbmm(weights["input_bias"][:, None], received, weights["input_weight"])
        from_hidden = torch.baddbmm(weights["recurrent_bias"][:, None], hidden, weights["recurrent_weight"])
        reset_x, update_x, candidate_x = from_input.chunk(3, dim=-1)
        reset_h, update_h, candidate_h = from_hidden.chunk(3, dim=-1)
        return torch.sigmoid(reset_x + reset_h), torch.sigmoid(update_x + update_h), candidate_x, candidate_h

    def update(self, gates: Gates, state: State) -> State:
        reset, update, candidate_x, candidate_h = gates
        candidate = torch.tanh(candidate_x + reset * candidate_h)
        return ((1 - update) * candidate + update * state[0],)

    def joint_weights(self, weights: Weights) -> Weights:
        """Columns in the order of ``gate_names``, zero where rows of the one kind meet the other's candidate drive."""

        def columns(name: str) -> Tensor:
            gates, candidate = weights[name].split([2 * self.units, self.units], dim=-1)
            none = torch.zeros_like(candidate)
            from_input = name.startswith("input")
            return torch.cat([gates, candidate, none] if from_input else [gates, none, candidate], dim=-1)

        weight = torch.cat([columns("input_weight"), columns("recurrent_weight")], dim=1)
        return {**weights, "weight": weight, "bias": columns("input_bias") + columns("recurrent_bias")}


class VanillaRNN(RecurrentCore):
    r"""Plain recurrent network, :math:`h_t = \tanh(W_x x_t + W_h h_{t-1} + b)`; nothing gates the candidate."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.inputs + self.units, self.units), "bias": (self.units,)}

    def gates(self, weights: Weights, received: Float[Tensor, "subject episode input"], state: State) -> Gates:
        return (torch.tanh(joint_product(weights, torch.cat([received, state[0]], dim=-1))),)

    def update(self, gates: Gates, state: State) -> State:
        del state
        return gates


def _with_open_forget_gate(weights: dict[str, np.ndarray], units: int) -> dict[str, np.ndarray]:
    """Let the first gradients reach back over the episode (Jozefowicz et al. 2015)."""
    weights["bias"][:] = 0
    weights["bias"][units : 2 * units] = 1
    return weights


def joint_product(
    weights: Weights, joined: Float[Tensor, "subject episode joined"]
) -> Float[Tensor, "subject episode column"]:
    """One product for input and recurrent weights together, plus the bias."""
    return torch.baddbmm(weights["bias"][:, None], joined, weights["weight"])


CORES: dict[str, type[RecurrentCore]] = {
    "lstm": LSTM,
    "episodic": EpisodicLSTM,
    "gru": GRU,
    "vanilla": VanillaRNN,
}

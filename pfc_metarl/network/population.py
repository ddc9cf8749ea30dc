"""A population: one actor-critic network per subject, in the same tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.core import CORES, LSTM, RecurrentCore, State
from pfc_metarl.network.encoder import ConvolutionalEncoder
from pfc_metarl.network.fast.compiled import on_kernels, sampled
from pfc_metarl.network.inputs import InputConfiguration
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

# Standard deviation of the heads' initial weights: policies start near uniform, and the
# gradients that reach the core are not tiny.
HEAD_SCALE = 0.3

# Begins the names of a separate critic's weights.
CRITIC = "critic_"


class NetworkConfiguration(InputConfiguration):
    """The prefrontal network: its core, its size and what it receives."""

    core: Literal["lstm", "gru", "vanilla"] = "lstm"
    """Kind of recurrent layer. Example: --core gru"""

    units: Annotated[int, Field(ge=1, le=4096)] = 48
    """Recurrent units. Example: --units 64"""

    initial_state: Literal["learned", "zero"] = "learned"
    """State at an episode's start: learned (Sims 1-4 and 6) or zeros (Sim 5). Example: --initial-state zero"""

    critic: Literal["shared", "separate"] = "shared"
    """Whether the value is read from the policy's recurrent layer or from one of its own (Sim 6).
    Example: --critic separate"""

    reward_signal: Literal["reward", "error"] = "reward"
    """What reaches the policy network of the last outcome: the reward, or its prediction error (Sim 6), which
    needs a separate critic. Example: --reward-signal error"""

    error_discount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.9
    """Gamma of that prediction error; give training's discount. Example: --error-discount 0.95"""

    @model_validator(mode="after")
    def _error_has_a_source(self) -> NetworkConfiguration:
        if self.reward_signal == "error" and self.critic == "shared":
            # The error at t needs the value at t, and a shared network has it only after receiving the error.
            raise ValueError("reward_signal 'error' needs critic 'separate'")
        return self

    def seeing(self, task: Task[Any]) -> NetworkConfiguration:
        """Return this network for a task: what the task shows as an image is seen through the encoder."""
        return self if task.image is None else self.model_copy(update={"image": task.image})


class Population:
    """Subjects with weights of their own, side by side.

    Parameters
    ----------
    configuration : core, size and input channels.
    inputs, actions : sizes of input vector and action set.
    subjects : index of each subject, which fixes its random streams.
    weights : by name, each with a leading subject dimension; those of a separate critic begin
        with "critic_".
    """

    def __init__(
        self,
        configuration: NetworkConfiguration,
        inputs: int,
        actions: int,
        subjects: Sequence[int],
        weights: Mapping[str, Tensor],
    ) -> None:
        self.configuration = configuration
        self.inputs = inputs
        self.actions = actions
        self.subjects = tuple(subjects)
        self.weights = dict(weights)
        self.core: RecurrentCore = CORES[configuration.core](inputs, configuration.units)
        self.encoder: ConvolutionalEncoder | None = None
        if configuration.image is not None:
            self.encoder = ConvolutionalEncoder(
                configuration.image, configuration.image_channels, configuration.image_features
            )

    @classmethod
    def draw(cls, configuration: NetworkConfiguration, inputs: int, actions: int, streams: Streams) -> Population:
        """Draw the initial weights of every subject from its own stream."""
        empty = cls(configuration, inputs, actions, streams.subjects, {})
        drawn = [empty._draw_subject(generator) for generator in streams.generators("weights")]
        weights = {
            name: torch.from_numpy(np.stack([subject[name] for subject in drawn]).astype(np.float32))
            for name in drawn[0]
        }
        return cls(configuration, inputs, actions, streams.subjects, weights)

    def _draw_subject(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        units = self.configuration.units
        weights = self.core.draw(generator)
        if self.encoder is not None:
            weights |= self.encoder.draw(generator)
        weights["head_weight"] = np.zeros((units, self._head_columns))
        weights["head_weight"][:, : self.actions + 1] = generator.normal(0, HEAD_SCALE, (units, self.actions + 1))
        weights["head_bias"] = np.zeros(self._head_columns)
        if self.configuration.initial_state == "learned":
            for name in self.core.state_names:
                weights[f"initial_{name}"] = np.zeros(units)
        critic = self.critic
        if critic is not None:
            weights |= {f"{CRITIC}{name}": weight for name, weight in critic._draw_subject(generator).items()}
        return weights

    @property
    def critic(self) -> Population | None:
        """The value's own network, on the same weight tensors; None where it shares the policy's.

        It receives the reward itself.
        """
        if self.configuration.critic == "shared":
            return None
        own = {name.removeprefix(CRITIC): weight for name, weight in self.weights.items() if name.startswith(CRITIC)}
        configuration = self.configuration.model_copy(update={"critic": "shared", "reward_signal": "reward"})
        return Population(configuration, self.inputs, self.actions, self.subjects, own)

    @property
    def device(self) -> torch.device:
        return self.weights["head_weight"].device

    @property
    def _head_columns(self) -> int:
        """Policy logits and value, filled up with unused columns to a multiple of four.

        Matrix products handle columns in fours; what is left over is computed in a way that
        depends on where a subject's weights lie in memory, and so on its company.
        """
        return -4 * (-(self.actions + 1) // 4)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight, subject dimension included."""
        units, columns = self.configuration.units, self._head_columns
        own = {**self.core.shapes(), "head_weight": (units, columns), "head_bias": (columns,)}
        if self.configuration.initial_state == "learned":
            own |= {f"initial_{name}": (units,) for name in self.core.state_names}
        if self.encoder is not None:
            own |= self.encoder.shapes()
        shapes = {name: (len(self.subjects), *shape) for name, shape in own.items()}
        critic = self.critic
        if critic is not None:
            shapes |= {f"{CRITIC}{name}": shape for name, shape in critic.shapes().items()}
        return shapes

    def initial_state(self, episodes: int) -> State:
        """State at the start of an episode: one learned (or zero) vector per subject."""
        shape = (len(self.subjects), episodes, self.configuration.units)
        if self.configuration.initial_state == "zero":
            return tuple(self.weights["head_weight"].new_zeros(shape) for _ in self.core.state_names)
        return tuple(self.weights[f"initial_{name}"][:, None].expand(shape) for name in self.core.state_names)

    def perceive(self, senses: Senses) -> Senses:
        """Turn an image into features; leave any other observation as it is."""
        if self.encoder is None:
            return senses
        return replace(senses, observation=self.encoder.encode(self.weights, senses.observation))

    def read(self, hidden: Float[Tensor, "subject row unit"]) -> Float[Tensor, "subject row column"]:
        """What both heads say, from one joint product: logits, value and unused columns."""
        return torch.baddbmm(self.weights["head_bias"][:, None], hidden, self.weights["head_weight"])

    def policy_and_value(
        self, output: Float[Tensor, "*batch column"]
    ) -> tuple[Float[Tensor, "*batch action"], Float[Tensor, "*batch"]]:
        """Part what ``read`` says into policy logits and value."""
        return output[..., : self.actions], output[..., self.actions]

    def heads(
        self, hidden: Float[Tensor, "subject row unit"]
    ) -> tuple[Float[Tensor, "subject row action"], Float[Tensor, "subject row"]]:
        """Policy logits and value."""
        return self.policy_and_value(self.read(hidden))

    def to(self, device: torch.device | str) -> Population:
        """Return the population on another device."""
        return self._with({name: weight.to(device) for name, weight in self.weights.items()}, self.subjects)

    def select(self, positions: Sequence[int]) -> Population:
        """Return some of the subjects, by position."""
        chosen = list(positions)
        weights = {name: weight[chosen].clone() for name, weight in self.weights.items()}
        return self._with(weights, [self.subjects[position] for position in chosen])

    def _with(self, weights: Mapping[str, Tensor], subjects: Sequence[int]) -> Population:
        return Population(self.configuration, self.inputs, self.actions, subjects, weights)

    def fingerprints(self) -> list[str]:
        """SHA-256 of each subject's weights: names, shapes and bytes."""
        digests = [hashlib.sha256() for _ in self.subjects]
        for name in sorted(self.weights):
            weight = np.ascontiguousarray(self.weights[name].detach().cpu().numpy())
            for digest, own in zip(digests, weight, strict=True):
                digest.update(f"{name}{own.shape}".encode() + own.tobytes())
        return [digest.hexdigest() for digest in digests]

    def as_torch_modules(self, position: int) -> tuple[torch.nn.LSTMCell, torch.nn.Linear]:
        """Take one LSTM subject out as plain torch modules: the cell, and both heads as one linear layer.

        The head's first rows are the policy logits and its last row is the value.
        """
        if not isinstance(self.core, LSTM):
            raise TypeError(f"as_torch_modules needs an LSTM core, not {type(self.core).__name__}")
        units = self.configuration.units
        own = {name: weight[position].detach().cpu() for name, weight in self.weights.items()}
        # torch orders the gates input, forget, candidate, output.
        order = [gate * units + unit for gate in (0, 1, 3, 2) for unit in range(units)]
        cell = torch.nn.LSTMCell(self.inputs, units)
        head = torch.nn.Linear(units, self.actions + 1)
        with torch.no_grad():
            cell.weight_ih.copy_(own["weight"][: self.inputs, order].T)
            cell.weight_hh.copy_(own["weight"][self.inputs :, order].T)
            cell.bias_ih.copy_(own["bias"][order])
            cell.bias_hh.zero_()
            head.weight.copy_(own["head_weight"][:, : self.actions + 1].T)
            head.bias.copy_(own["head_bias"][: self.actions + 1])
        return cell, head


def choose(
    logits: Float[Tensor, "subject episode action"], uniform: Float[Tensor, "subject episode"]
) -> Int[Tensor, "subject episode"]:
    """Sample an action from the softmax, by inverting its cumulative distribution.

    References
    ----------
    Wang et al. (2018), Methods: actions are sampled, in training and at test.
    """
    if on_kernels(logits):
        return sampled(logits, uniform)
    cumulative = torch.softmax(logits, dim=-1).cumsum(dim=-1)
    # Rounding can leave the last cumulative just below 1; it is not compared.
    return (uniform[..., None] >= cumulative[..., :-1]).sum(dim=-1)

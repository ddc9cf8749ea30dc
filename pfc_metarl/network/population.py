"""A population: one actor-critic network per subject, in the same tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.base.fingerprint import fingerprints
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.core import CORES, RecurrentCore, State
from pfc_metarl.network.encoder import ConvolutionalEncoder
from pfc_metarl.network.fast.compiled import on_kernels, sampled
from pfc_metarl.network.memory import EpisodicMemory
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Remembering

# Standard deviation of the heads' initial weights: policies start near uniform, and the
# gradients that reach the core are not tiny.
HEAD_SCALE = 0.3

# Begin the names of the heads' weights, and of a separate critic's.
HEAD = "head_"
CRITIC = "critic_"


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

    def empty_memory(self, episodes: int, remembering: Remembering | None) -> EpisodicMemory | None:
        """An episodic memory with nothing in it; None where core or task has nothing to recall."""
        if not self.core.recalls or remembering is None:
            return None
        features = len(remembering.cue) if self.encoder is None else self.encoder.features
        like = self.weights["head_weight"].detach().new_empty(len(self.subjects), episodes, self.configuration.units)
        return EpisodicMemory.empty(like, self.configuration.memory_slots, features)

    def recall(self, memory: EpisodicMemory | None, senses: Senses) -> Float[Tensor, "subject episode unit"]:
        """Cell state that the memory holds for what is perceived now; zero where it holds none."""
        if memory is None or senses.remembering is None:
            return senses.observation.new_zeros(*senses.observation.shape[:2], self.configuration.units)
        return memory.recall(self._addressed(senses, senses.remembering.cue).detach(), self.configuration)

    def remember(self, memory: EpisodicMemory | None, senses: Senses, state: State) -> EpisodicMemory | None:
        """Memory after the step that led to this state: with its cell stored, where the task has this step store it."""
        if memory is None or senses.remembering is None or senses.step not in senses.remembering.storing:
            return memory
        cell = state[self.core.state_names.index("cell")]
        return memory.store(self._addressed(senses, senses.remembering.context), cell)

    def _addressed(self, senses: Senses, features: range) -> Float[Tensor, "subject episode feature"]:
        """What of the perceived observation addresses the memory: of an image all that the encoder makes of it."""
        if self.encoder is not None:
            return senses.observation
        return senses.observation[..., features.start : features.stop]

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
        weights = {name: weight.detach().cpu().numpy() for name, weight in self.weights.items()}
        return fingerprints(weights, len(self.subjects))


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

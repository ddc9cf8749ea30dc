"""The deep Q-network: values from a network that learns from replayed steps."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn.functional import huber_loss

from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.inputs import Channels
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.embedding import draw_weights, encoder_for
from pfc_metarl.value_learning.learner import Experience, Learner, LearnerConfiguration, epsilon_greedy
from pfc_metarl.value_learning.replay import Replay
from pfc_metarl.value_learning.uniforms import Uniforms


class DQNConfiguration(LearnerConfiguration):
    """Deep Q-network of Mnih et al. (2015); the defaults are ours, for small tasks."""

    learning_rate: Annotated[float, Field(gt=0.0)] = 1e-3
    """Step size of Adam. Example: --learning-rate 0.0003"""

    features: Channels = 64
    """Units of the last hidden layer. Example: --features 128"""

    replay: Annotated[int, Field(ge=1)] = 5000
    """Steps kept for replay. Example: --replay 100000"""

    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    """Steps replayed in one update. Example: --batch 64"""

    update_every: Annotated[int, Field(ge=1)] = 1
    """Steps from one update to the next. Example: --update-every 4"""

    learn_start: Annotated[int, Field(ge=1)] = 100
    """Steps before the first update. Example: --learn-start 1000"""

    target_every: Annotated[int, Field(ge=1)] = 100
    """Updates from one copy of the target network to the next. Example: --target-every 1000"""


class DQN(Learner):
    r"""Fit Q(s, a) to :math:`r + \gamma \max_{a'} Q^-(s', a')`, where :math:`Q^-` is an earlier copy of the network.

    The error is cut at one, which makes the loss Huber's. Values begin at zero. Subjects have weights, replayed steps
    and random streams of their own.

    Parameters
    ----------
    configuration : settings.
    task : whose observations are seen; as pictures, where it shows pictures.
    streams : of the subjects, for initial weights and replay.

    Attributes
    ----------
    weights : by name, each with a leading subject dimension.

    References
    ----------
    Mnih et al. (2015), Nature 518:529, Algorithm 1 and Methods.
    """

    def __init__(self, configuration: DQNConfiguration, task: Task[Any], streams: Streams) -> None:
        self.configuration = configuration
        self.subjects = streams.subjects
        self.actions = task.actions
        self._encoder = encoder_for(task, configuration.features)
        self.weights = draw_weights(self._encoder, streams)
        # In fours, as every product's columns are (ARCHITECTURE.md, "Shapes"); those left over are not read.
        columns = -4 * (-task.actions // 4)
        self.weights["head_weight"] = torch.zeros(len(self.subjects), configuration.features, columns).requires_grad_()
        self.weights["head_bias"] = torch.zeros(len(self.subjects), columns).requires_grad_()
        self._target = self._copy()
        # Not the fused one, whose last bits depend on the company that a subject has.
        self._optimiser = torch.optim.Adam(self.weights.values(), configuration.learning_rate, eps=1e-4)
        self._replay = Replay(len(self.subjects), configuration.replay)
        self._draws = Uniforms(streams, "replay", configuration.batch)
        self._steps = self._updates = 0

    def act(
        self, observation: Float[Tensor, "subject feature"], uniform: Float[Tensor, "subject draw"]
    ) -> Int[Tensor, " subject"]:
        value = self.value(self.weights, observation[:, None])[:, 0]
        return epsilon_greedy(value, self.configuration.epsilon_at(self._steps), uniform)

    def value(
        self, weights: dict[str, Tensor], observation: Float[Tensor, "subject row feature"]
    ) -> Float[Tensor, "subject row action"]:
        """Value of each action, as a network with these weights has it."""
        hidden = self._encoder.encode(weights, observation)
        return torch.baddbmm(weights["head_bias"][:, None], hidden, weights["head_weight"])[..., : self.actions]

    def learn(self, experience: Experience) -> None:
        settings = self.configuration
        self._replay.add(torch.arange(len(self.subjects)), vars(experience))
        self._steps += 1
        if self._steps >= settings.learn_start and self._steps % settings.update_every == 0:
            with torch.enable_grad():
                self.loss(**self._replay.sample(self._draws.take())).backward()
            self._descend()
            self._updates += 1
            if self._updates % settings.target_every == 0:
                self._target = self._copy()

    def loss(
        self,
        observation: Float[Tensor, "subject row feature"],
        action: Int[Tensor, "subject row"],
        reward: Float[Tensor, "subject row"],
        following: Float[Tensor, "subject row feature"],
        ended: Bool[Tensor, "subject row"],
    ) -> Float[Tensor, ""]:
        """Mean Huber loss of the rows of a subject, summed over subjects, so that each learns as it would alone."""
        chosen, aim = self.value(self.weights, observation).gather(-1, action[..., None])[..., 0], reward
        # Where the future does not count, it need not be evaluated.
        if self.configuration.discount > 0:
            with torch.no_grad():
                expected = self.value(self._target, following).amax(dim=-1).masked_fill(ended, 0.0)
            aim = reward + self.configuration.discount * expected
        return huber_loss(chosen, aim, reduction="none").mean(dim=-1).sum()

    def _descend(self) -> None:
        """Take the step of the gradients that the weights hold, and forget them."""
        self._optimiser.step()
        self._optimiser.zero_grad()

    def _copy(self) -> dict[str, Tensor]:
        return {name: weight.detach().clone() for name, weight in self.weights.items()}

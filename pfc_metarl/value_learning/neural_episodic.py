"""Neural episodic control: values read from stored returns by how similar their states look, which is learned."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.inputs import Channels
from pfc_metarl.tasks.task import Task
from pfc_metarl.value_learning.dictionary import Dictionaries
from pfc_metarl.value_learning.embedding import draw_weights, encoder_for
from pfc_metarl.value_learning.learner import Experience, Learner, LearnerConfiguration, epsilon_greedy
from pfc_metarl.value_learning.replay import Replay
from pfc_metarl.value_learning.trace import Trace
from pfc_metarl.value_learning.uniforms import Uniforms


class NeuralEpisodicControlConfiguration(LearnerConfiguration):
    """Neural episodic control; what Pritzel et al. (2017) state is the default, what they tuned unprinted is ours."""

    epsilon: Annotated[float, Field(ge=0.0, le=1.0)] = 0.005
    """Share of choices that are made at random. Example: --epsilon 0.05"""

    neighbours: Annotated[int, Field(ge=1)] = 50
    """Entries that a value is read from, p. Example: --neighbours 10"""

    kernel_width: Annotated[float, Field(gt=0.0)] = 1e-3
    """Delta of the kernel 1 / (squared distance + delta). Example: --kernel-width 0.01"""

    horizon: Annotated[int, Field(ge=1)] = 100
    """Rewards summed before the value of the state reached is taken, N. Example: --horizon 10"""

    capacity: Annotated[int, Field(ge=1)] = 500_000
    """Entries per action. Example: --capacity 1000"""

    write_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Step size alpha towards a new return under a key that is there. Example: --write-rate 0.5"""

    features: Channels = 64
    """Length of a key, which the encoder makes of an observation. Example: --features 32"""

    learning_rate: Annotated[float, Field(gt=0.0)] = 1e-4
    """Step size of RMSProp, for the encoder. Example: --learning-rate 0.001"""

    entry_rate: Annotated[float, Field(ge=0.0)] = 1e-3
    """Step size along the gradient of stored keys and values. Example: --entry-rate 0"""

    replay: Annotated[int, Field(ge=1)] = 100_000
    """Returns kept for replay. Example: --replay 2000"""

    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    """Returns replayed in one update. Example: --batch 64"""

    update_every: Annotated[int, Field(ge=1)] = 16
    """Steps from one update to the next. Example: --update-every 4"""


class NeuralEpisodicControl(Learner):
    r"""Read values from a differentiable neural dictionary per action.

    :math:`Q(s, a) = \sum_i w_i v_i`, :math:`w_i = k(h, h_i) / \sum_j k(h, h_j)`,
    :math:`k(h, h_i) = 1 / (|h - h_i|^2 + \delta)`, over the nearest entries of the action's dictionary; zero where it
    is empty. h is what the encoder makes of the observation. N steps later, or at the episode's end, the N-step return
    is written: :math:`v \leftarrow v + \alpha (Q^{(N)} - v)` where the key is there, else as a new entry, in place of
    the one that least recently was a neighbour where something was learned. Encoder, keys and values also descend the
    squared error of replayed returns.

    Parameters
    ----------
    configuration : settings.
    task : whose observations are seen; as pictures, where it shows pictures.
    streams : of the subjects, for initial weights and replay.

    Attributes
    ----------
    weights : of the encoder, each with a leading subject dimension.
    memory : the dictionaries, action after action of each subject.

    References
    ----------
    Pritzel et al. (2017), arXiv 1703.01988, equations 1 to 5, Algorithm 1.
    """

    def __init__(self, configuration: NeuralEpisodicControlConfiguration, task: Task[Any], streams: Streams) -> None:
        longest = min(configuration.horizon, task.steps)
        for name in ("capacity", "replay"):
            if getattr(configuration, name) < longest:
                raise ConfigurationError(
                    f"{name} is {getattr(configuration, name)}: give at least the {longest} steps written at once"
                )
        self.configuration = configuration
        self.subjects = streams.subjects
        self.actions = task.actions
        self._encoder = encoder_for(task, configuration.features)
        self.weights = draw_weights(self._encoder, streams)
        self.memory = Dictionaries(len(self.subjects) * self.actions, configuration.capacity, configuration.features)
        self._optimiser = torch.optim.RMSprop(self.weights.values(), configuration.learning_rate, alpha=0.95, eps=1e-5)
        self._replay = Replay(len(self.subjects), configuration.replay)
        self._draws = Uniforms(streams, "replay", configuration.batch)
        self._trace = Trace(len(self.subjects), task.steps, configuration.discount)
        self._key = self._value = torch.empty(0)
        self._near = torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.bool)
        self._steps = 0

    def begin(self) -> None:
        self._trace.clear(torch.ones(len(self.subjects), dtype=torch.bool))

    def act(
        self, observation: Float[Tensor, "subject feature"], uniform: Float[Tensor, "subject draw"]
    ) -> Int[Tensor, " subject"]:
        self._key = self._encoder.encode(self.weights, observation[:, None])[:, 0]
        table = torch.arange(len(self.subjects) * self.actions)
        key = self._key.repeat_interleave(self.actions, dim=0)
        near, known = self.memory.nearest(key[:, None], self.configuration.neighbours)
        self._near = near[:, 0], known[:, 0]
        value = similarity_weighted(
            key[:, None], *self._entries(table[:, None], near), known, self.configuration.kernel_width
        )
        value = value.view(len(self.subjects), self.actions)
        self._value = value.amax(dim=-1)
        return epsilon_greedy(value, self.configuration.epsilon_at(self._steps), uniform)

    def learn(self, experience: Experience) -> None:
        settings = self.configuration
        # Not in `act`: what is forgotten first must not depend on being watched without learning.
        self.memory.touch(*self._near, self._steps)
        ready = (self._trace.length >= settings.horizon).nonzero()[:, 0]
        if len(ready):
            step = self._trace.length[ready] - settings.horizon
            returns = self._trace.bootstrapped(ready, settings.horizon, self._value[ready])
            self._write(ready, step, returns)
        self._trace.append(
            observation=experience.observation, key=self._key, action=experience.action, reward=experience.reward
        )
        self._steps += 1
        if experience.ended.any():
            over = experience.ended.nonzero()[:, 0]
            episode, step = self._trace.rows(over, last=settings.horizon)
            self._write(over[episode], step, self._trace.returns(over)[episode, step])
            self._trace.clear(experience.ended)
        if self._steps % settings.update_every == 0:
            self._update(self._draws.take(), self._replay.written >= settings.batch)

    def _write(self, subject: Int[Tensor, " row"], step: Int[Tensor, " row"], returns: Float[Tensor, " row"]) -> None:
        """Write returns into the dictionaries, and keep them for replay."""
        kept = self._trace.at(subject, step)
        rate, now = self.configuration.write_rate, torch.full_like(step, self._steps)
        table = subject * self.actions + kept["action"]
        self.memory.write(table, kept["key"], returns, now, lambda old, new: old + rate * (new - old))
        self._replay.add(subject, {name: kept[name] for name in ("observation", "action")} | {"returns": returns})

    def _update(self, uniform: Float[Tensor, "subject draw"], ready: Bool[Tensor, " subject"]) -> None:
        """Descend the squared error of one batch of replayed returns, in subjects that have as many."""
        if not ready.any():
            return
        settings = self.configuration
        replayed = self._replay.sample(uniform)
        with torch.enable_grad():
            key = self._encoder.encode(self.weights, replayed["observation"])
            table, near, known = self._neighbours(key.detach(), replayed["action"])
            known = known & ready[:, None, None]
            near_key, near_value = (entry.requires_grad_() for entry in self._entries(table, near))
            value = similarity_weighted(key, near_key, near_value, known, settings.kernel_width)
            # The mean over a subject's rows, summed over subjects, so that each learns as it would alone.
            loss = ((value - replayed["returns"]).square().mean(dim=-1) * ready).sum()
            descended = (near_key, near_value, *self.weights.values())
            key_gradient, value_gradient, *gradients = torch.autograd.grad(loss, descended)
        for weight, gradient in zip(self.weights.values(), gradients, strict=True):
            weight.grad = gradient
        self._optimiser.step()
        rate, entry = -settings.entry_rate, (table[..., None].expand_as(near)[known], near[known])
        self.memory.change(*entry, rate * key_gradient[known], rate * value_gradient[known])

    def _neighbours(
        self, key: Float[Tensor, "subject row key"], action: Int[Tensor, "subject row"]
    ) -> tuple[Int[Tensor, "subject row"], Int[Tensor, "subject row near"], Bool[Tensor, "subject row near"]]:
        """Find each row's neighbours in the dictionary of its action: table, places, and whether they are there."""
        near, known = self.memory.nearest(key.repeat_interleave(self.actions, dim=0), self.configuration.neighbours)
        # Every row was looked up in all of its subject's dictionaries.
        table = torch.arange(len(key))[:, None] * self.actions + action
        row = torch.arange(key.shape[1])
        return table, near[table, row], known[table, row]

    def _entries(
        self, table: Int[Tensor, "*row"], place: Int[Tensor, "*row near"]
    ) -> tuple[Float[Tensor, "*row near key"], Float[Tensor, "*row near"]]:
        """Return keys and values of entries."""
        return self.memory.keys[table[..., None], place], self.memory.value[table[..., None], place]


def similarity_weighted(
    key: Float[Tensor, "*row key"],
    near_key: Float[Tensor, "*row near key"],
    near_value: Float[Tensor, "*row near"],
    known: Bool[Tensor, "*row near"],
    width: float,
) -> Float[Tensor, "*row"]:
    """Mean of the neighbours' values, weighted by one over squared distance plus ``width``; zero without neighbours.

    References
    ----------
    Pritzel et al. (2017), equations 1, 2 and 5.
    """
    weight = known / ((key[..., None, :] - near_key).square().sum(dim=-1) + width)
    # Without a neighbour both sums are zero; with one, the weights' sum is far above what is added here.
    return (weight * near_value).sum(dim=-1) / weight.sum(dim=-1).clamp(min=torch.finfo(weight.dtype).tiny)

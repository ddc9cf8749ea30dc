"""One step of a network as a map of its whole state, under an input that does not change by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.core import State
from pfc_metarl.network.inputs import build_input
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Senses

# From the network and its state to what it receives next.
Drive = Callable[[Population, State], Float[Tensor, "subject point input"]]

# Numbers that one batch of gradients may hold, so that large networks need no more memory than small ones.
AT_ONCE = 2**20


@dataclass(frozen=True)
class ConstantInput:
    """The same input at every step, such as "arm 0 chosen and rewarded".

    Attributes
    ----------
    action : previous action; None for none, as at an episode's first step.
    reward : what arrives in the reward's channel (the prediction error, where the network receives that).
    observation : what the world shows.
    step, horizon : time in the episode and its length, where the network receives the time.
    """

    action: int | None = None
    reward: float = 0.0
    observation: Sequence[float] = ()
    step: int = 0
    horizon: int = 1

    def __call__(self, population: Population, state: State) -> Float[Tensor, "subject point input"]:
        taken = state[0].new_zeros(population.actions)
        if self.action is not None:
            if not 0 <= self.action < population.actions:
                raise ConfigurationError(
                    f"action is {self.action}: the network has actions 0 to {population.actions - 1}"
                )
            taken[self.action] = 1
        shape = state[0].shape[:2]
        reward = state[0].new_tensor(self.reward).expand(shape)
        return _received(population, taken.expand(*shape, -1), reward, self.observation, self.step, self.horizon)


@dataclass(frozen=True)
class ClosedLoop:
    """The network's own choices and what they earn on average, fed back: the mean course from trial to trial.

    The previous action arrives as the probabilities of the actions, the reward as its expectation;
    a single episode scatters about this course.

    Attributes
    ----------
    payoff : expected reward of each action.
    observation, step, horizon : as in ``ConstantInput``.
    """

    payoff: Sequence[float]
    observation: Sequence[float] = ()
    step: int = 0
    horizon: int = 1

    def __call__(self, population: Population, state: State) -> Float[Tensor, "subject point input"]:
        if len(self.payoff) != population.actions:
            raise ConfigurationError(
                f"payoff lists {len(self.payoff)} values for {population.actions} actions: give one per action"
            )
        if population.configuration.reward_signal == "error":
            raise ConfigurationError(
                "this network receives the prediction error of a critic of its own, which a closed loop does not "
                "compute: use ConstantInput"
            )
        policy = torch.softmax(population.heads(state[0])[0], dim=-1)
        reward = (policy * policy.new_tensor(list(self.payoff))).sum(-1)
        return _received(population, policy, reward, self.observation, self.step, self.horizon)


def _received(
    population: Population,
    action: Float[Tensor, "subject point action"],
    reward: Float[Tensor, "subject point"],
    observation: Sequence[float],
    step: int,
    horizon: int,
) -> Float[Tensor, "subject point input"]:
    """Build the network's input the way that training and recording do."""
    shown = reward.new_tensor(list(observation)).expand(*reward.shape, -1)
    senses = population.perceive(Senses(step, horizon, shown, action, reward))
    received = build_input(senses, population.configuration)
    if received.shape[-1] != population.inputs:
        raise ConfigurationError(
            f"the input has {received.shape[-1]} channels and the network receives {population.inputs}: give an "
            "observation of the length that its task shows"
        )
    if population.core.recalls:
        # An empty memory: the network's own dynamics.
        received = torch.cat([received, population.recall(None, senses)], dim=-1)
    return received


class StepMap:
    """State to next state, in double precision, by the core's own equations.

    The parts of a core's state (hidden and cell of an LSTM) stand one after the other in one vector.

    Parameters
    ----------
    population : whose weights are copied.
    drive : what the network receives.
    """

    def __init__(self, population: Population, drive: Drive) -> None:
        weights = {
            name: weight.detach().to("cpu", torch.float64, copy=True) for name, weight in population.weights.items()
        }
        self.population = Population(
            population.configuration, population.inputs, population.actions, population.subjects, weights
        )
        self.drive = drive

    def __call__(self, state: Float[Tensor, "subject point state"]) -> Float[Tensor, "subject point state"]:
        core = self.population.core
        parts = state.chunk(len(core.state_names), dim=-1)
        return torch.cat(core.step(self.population.weights, self.drive(self.population, parts), parts), dim=-1)

    def jacobian(self, state: Float[Tensor, "subject point state"]) -> Float[Tensor, "subject point to from"]:
        """Derivative of each part of the next state by each part of this one.

        Backward mode, one part of the next state for all subjects and points at a time: a point's
        next state depends on no other point.
        """
        pulled_back = torch.func.vjp(self, state)[1]

        def gradient(part: Float[Tensor, " state"]) -> Float[Tensor, "subject point state"]:
            return pulled_back(part.expand_as(state))[0]

        parts = torch.eye(state.shape[-1], dtype=state.dtype)
        at_once = max(1, AT_ONCE // max(state.numel(), 1))
        return torch.func.vmap(gradient, out_dims=-2, chunk_size=at_once)(parts)

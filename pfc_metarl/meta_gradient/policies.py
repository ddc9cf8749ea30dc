"""Policies without memory: what is seen now decides, by a feed-forward network, how likely each action is.

A policy is a pure function of its weights. It makes the parameters of a distribution; acting and
the probability of an action then follow from these parameters alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from pfc_metarl.meta_gradient.perceptron import Perceptron
from pfc_metarl.network.core import Weights
from pfc_metarl.network.population import choose


class Policy(ABC):
    """A distribution over actions for everything that can be seen.

    Attributes
    ----------
    model : the network below it.
    draws : uniform numbers that choosing one action takes.
    """

    model: Perceptron
    draws: int = 1

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights."""
        return self.model.draw(generator)

    @abstractmethod
    def __call__(self, weights: Weights, observation: Float[Tensor, "row feature"]) -> Float[Tensor, "row parameter"]:
        """Parameters of one network's distributions."""

    @abstractmethod
    def sample(
        self, parameter: Float[Tensor, "subject row parameter"], uniform: Float[Tensor, "subject row draw"]
    ) -> Shaped[Tensor, "subject row ..."]:
        """Draw one action from each distribution."""

    @abstractmethod
    def log_probability(
        self, parameter: Float[Tensor, "row parameter"], action: Shaped[Tensor, "row ..."]
    ) -> Float[Tensor, " row"]:
        """Logarithm of the probability, or its density, of each action."""


class SoftmaxPolicy(Policy):
    """One of several actions, by a softmax.

    Parameters
    ----------
    features : of what is seen.
    hidden : units of each hidden layer.
    actions : how many there are.
    """

    def __init__(self, features: int, hidden: tuple[int, ...], actions: int) -> None:
        self.model = Perceptron((features, *hidden, actions))

    def __call__(self, weights: Weights, observation: Float[Tensor, "row feature"]) -> Float[Tensor, "row parameter"]:
        return self.model(weights, observation)

    def sample(
        self, parameter: Float[Tensor, "subject row parameter"], uniform: Float[Tensor, "subject row draw"]
    ) -> Shaped[Tensor, "subject row"]:
        return choose(parameter, uniform[..., 0])

    def log_probability(
        self, parameter: Float[Tensor, "row parameter"], action: Shaped[Tensor, " row"]
    ) -> Float[Tensor, " row"]:
        return torch.log_softmax(parameter, dim=-1).gather(-1, action[:, None])[:, 0]


class GaussianPolicy(Policy):
    """A vector of numbers, each normal around a mean that the network gives, with a deviation of its own.

    The deviations are weights like others: the same wherever the subject is, and adapted with the rest.

    Parameters
    ----------
    features : of what is seen.
    hidden : units of each hidden layer.
    size : of an action.

    References
    ----------
    The policy of Finn et al. (2017), section 5.3; initial deviations of 1 as in their released code.
    """

    def __init__(self, features: int, hidden: tuple[int, ...], size: int) -> None:
        self.model = Perceptron((features, *hidden, size))
        self.draws = self.size = size

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        return {**super().draw(generator), "log_deviation": np.zeros(self.size)}

    def __call__(self, weights: Weights, observation: Float[Tensor, "row feature"]) -> Float[Tensor, "row parameter"]:
        mean = self.model(weights, observation)
        return torch.cat([mean, weights["log_deviation"].expand_as(mean)], dim=-1)

    def sample(
        self, parameter: Float[Tensor, "subject row parameter"], uniform: Float[Tensor, "subject row draw"]
    ) -> Float[Tensor, "subject row size"]:
        mean, log_deviation = parameter.chunk(2, dim=-1)
        # Uniform numbers are multiples of 2**-24; the middle of their interval is never 0 and never 1.
        normal = torch.special.ndtri(uniform.double() + 2.0**-25).to(mean)
        return mean + log_deviation.exp() * normal

    def log_probability(
        self, parameter: Float[Tensor, "row parameter"], action: Float[Tensor, "row size"]
    ) -> Float[Tensor, " row"]:
        mean, log_deviation = parameter.chunk(2, dim=-1)
        away = (action - mean) * (-log_deviation).exp()
        return (-0.5 * away.square() - log_deviation - 0.5 * math.log(2 * math.pi)).sum(dim=-1)

"""Learners with strong and weak inductive biases: each turns examples into predictions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.outer_loop import OuterLoop, OuterLoopConfiguration
from pfc_metarl.meta_gradient.perceptron import Perceptron
from pfc_metarl.network.core import Weights

from .config import DESCENT, HIDDEN_UNITS
from .worlds import Basis, parabola, wave


class Learner(ABC):
    """Learns y of x in many problems side by side."""

    @abstractmethod
    def predict(
        self,
        x: Float[np.ndarray, "subject draw example"],
        y: Float[np.ndarray, "subject draw example"],
        at: Float[np.ndarray, " point"],
        streams: Streams,
    ) -> Float[np.ndarray, "subject draw point"]:
        """Learn from the examples; predict at further places. Chance comes from each subject's own stream."""


@dataclass(frozen=True)
class Family(Learner):
    """A parametric family, linear in its parameters, fitted by maximum likelihood: least squares."""

    basis: Basis

    def predict(
        self,
        x: Float[np.ndarray, "subject draw example"],
        y: Float[np.ndarray, "subject draw example"],
        at: Float[np.ndarray, " point"],
        streams: Streams,
    ) -> Float[np.ndarray, "subject draw point"]:
        del streams
        parameters = np.linalg.pinv(self.basis(x)) @ y[..., None]
        return np.einsum("pt,sdt->sdp", self.basis(at), parameters[..., 0])


class SmoothingSpline(Learner):
    r"""A cubic smoothing spline, straight beyond its examples; how smooth is chosen by generalised cross-validation.

    It minimises :math:`\sum_i (y_i - f(x_i))^2 + \lambda \int f''^2`, and is
    :math:`f(x) = a_0 + a_1 x + \sum_i c_i |x - x_i|^3 / 12`. The problems are solved side by side, which
    ``scipy.interpolate.make_smoothing_spline`` does not.

    References
    ----------
    Wahba (1990), "Spline models for observational data", sections 1.3 and 4.3.
    """

    # Values of lambda to choose from, the smoothest first.
    PENALTIES = np.geomspace(1e4, 1e-8, 241)

    def predict(
        self,
        x: Float[np.ndarray, "subject draw example"],
        y: Float[np.ndarray, "subject draw example"],
        at: Float[np.ndarray, " point"],
        streams: Streams,
    ) -> Float[np.ndarray, "subject draw point"]:
        del streams
        straight, places = polynomial(1), np.broadcast_to(at, (*x.shape[:2], len(at)))
        kernel, y = _distance_cubed(x, x), y[..., None]
        # What is left of y beside a straight line, along the directions of the kernel, from rough to smooth.
        rest = np.linalg.qr(straight(x), mode="complete").Q[..., 2:]
        size, direction = np.linalg.eigh(rest.mT @ kernel @ rest)
        direction = rest @ direction
        along = direction.mT @ y
        penalty = self._validated(size, along[..., 0])[..., None, None]
        weight = direction @ (along / (size[..., None] + penalty))
        line = np.linalg.pinv(straight(x)) @ (y - kernel @ weight - penalty * weight)
        return (_distance_cubed(places, x) @ weight + straight(places) @ line)[..., 0]

    def _validated(
        self, size: Float[np.ndarray, "subject draw direction"], along: Float[np.ndarray, "subject draw direction"]
    ) -> Float[np.ndarray, "subject draw"]:
        """Choose lambda where the squares of the residuals, over their degrees of freedom squared, are least.

        With few examples there often is a second minimum near interpolation, which is no sign of a rough world (Wahba
        & Wang 1995); the smoothest minimum is taken.
        """
        left_out = self.PENALTIES[:, None] / (size[..., None, :] + self.PENALTIES[:, None])
        residual = np.square(left_out * along[..., None, :]).sum(-1)
        score = residual / np.square(left_out.sum(-1))
        rises = np.diff(score, append=np.inf) > 0
        return self.PENALTIES[rises.argmax(-1)]


def _distance_cubed(
    here: Float[np.ndarray, "*batch place"], there: Float[np.ndarray, "*batch example"]
) -> Float[np.ndarray, "*batch place example"]:
    """Kernel of a function's squared second derivative."""
    return np.abs(here[..., :, None] - there[..., None, :]) ** 3 / 12


@dataclass(frozen=True)
class NeuralNetwork(Learner):
    """A network with one hidden layer, fitted by gradient descent; the nets of all problems side by side."""

    units: int
    descent: OuterLoopConfiguration = DESCENT

    def predict(
        self,
        x: Float[np.ndarray, "subject draw example"],
        y: Float[np.ndarray, "subject draw example"],
        at: Float[np.ndarray, " point"],
        streams: Streams,
    ) -> Float[np.ndarray, "subject draw point"]:
        model, (subjects, draws, examples) = Perceptron((1, self.units, 1)), x.shape
        seen, target = (torch.from_numpy(each).float().reshape(-1, examples, 1) for each in (x, y))

        def error(weights: Weights, _: int) -> Float[Tensor, " problem"]:
            return (self._answers(weights, seen) - target).square().mean((1, 2))

        loop = OuterLoop(self._initial(model, streams, draws), error, self.descent)
        for _ in range(self.descent.iterations):
            loop.advance()
        places = torch.from_numpy(at).float()[:, None].expand(len(seen), -1, -1)
        answers = self._answers(loop.trained(), places)
        return answers.view(subjects, draws, len(at)).double().numpy()

    @staticmethod
    def _answers(weights: Weights, x: Float[Tensor, "problem example 1"]) -> Float[Tensor, "problem example 1"]:
        """What the networks of all problems answer, each as a ``Perceptron`` does."""
        hidden = torch.relu(torch.baddbmm(weights["bias_0"][:, None], x, weights["weight_0"]))
        return torch.baddbmm(weights["bias_1"][:, None], hidden, weights["weight_1"])[..., :1]

    @staticmethod
    def _initial(model: Perceptron, streams: Streams, draws: int) -> dict[str, Tensor]:
        """Initial weights of the network of every problem."""
        drawn = [model.draw(generator) for generator in streams.generators("weights") for _ in range(draws)]
        return {name: torch.from_numpy(np.stack([each[name] for each in drawn])).float() for name in drawn[0]}


def polynomial(degree: int) -> Basis:
    """Terms up to a power of x."""

    def basis(x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch term"]:
        return x[..., None] ** np.arange(degree + 1)

    return basis


# From the strongest bias to the weakest.
LEARNERS: dict[str, Learner] = {
    "line": Family(polynomial(1)),
    "parabola": Family(parabola),
    "wave": Family(wave),
    "cubic": Family(polynomial(3)),
    "spline": SmoothingSpline(),
    **{f"net-{units}": NeuralNetwork(units) for units in HIDDEN_UNITS},
}

NETWORKS: Sequence[str] = tuple(f"net-{units}" for units in HIDDEN_UNITS)

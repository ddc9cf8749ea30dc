"""Two ways to learn a task from examples: by gradient steps, or by reading them into a recurrent state.

A learner is its settings and what it does with weights, which have a leading subject
dimension. Both are trained by making ``loss`` small over many tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.func import vmap

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.meta_gradient.maml import adapt, adapted_loss
from pfc_metarl.meta_gradient.perceptron import Perceptron, in_fours
from pfc_metarl.meta_gradient.sinusoids import Examples
from pfc_metarl.network.core import LSTM, State, Weights

Size = Annotated[int, Field(ge=1, le=4096)]


class Learner(Configuration, ABC):
    """Maps one number to another, as the examples of a task do."""

    @abstractmethod
    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights."""

    @abstractmethod
    def loss(self, weights: Weights, support: Examples, query: Examples) -> Float[Tensor, "subject task"]:
        """Squared error on the queries, after learning from the support."""


class GradientLearner(Learner):
    """A feed-forward network that learns a task by gradient steps from its initial weights.

    With inner steps in training this is MAML. Without any the outer loop learns all tasks at once, and the result
    is a pretrained network to be fine-tuned.
    """

    kind: Literal["gradient"] = "gradient"
    """Says in files which learner this is."""

    hidden: Annotated[tuple[Size, ...], Field(min_length=1)] = (40, 40)
    """Units of each hidden layer."""

    inner_steps: Annotated[int, Field(ge=0)] = 1
    """Gradient steps on each task while training."""

    inner_rate: Annotated[float, Field(gt=0.0)] = 0.01
    """Size of a gradient step, alpha."""

    first_order: bool = False
    """Whether training leaves out second derivatives."""

    @property
    def model(self) -> Perceptron:
        return Perceptron((1, *self.hidden, 1))

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        return self.model.draw(generator)

    def loss(self, weights: Weights, support: Examples, query: Examples) -> Float[Tensor, "subject task"]:
        inner = {"rate": self.inner_rate, "steps": self.inner_steps, "first_order": self.first_order}
        one = partial(adapted_loss, self._error, **inner)
        return vmap(vmap(one, in_dims=(None, 0, 0)))(dict(weights), support, query)

    def course(
        self,
        weights: Weights,
        support: Examples,
        x: Float[Tensor, "subject task example 1"],
        rate: Float[Tensor, " subject"],
        steps: int,
    ) -> Float[Tensor, "subject task stage example 1"]:
        """Predictions before the first gradient step and after each.

        Parameters
        ----------
        weights : initial ones.
        support : to learn from.
        x : where to predict.
        rate : each subject's step size.
        steps : how many.
        """

        def one(weights: Weights, support: Examples, x: Tensor, rate: Tensor) -> Tensor:
            return torch.stack([self.model(stage, x) for stage in adapt(self._error, weights, support, rate, steps)])

        return vmap(vmap(one, in_dims=(None, 0, 0, None)))(dict(weights), support, x, rate)

    def _error(self, weights: Weights, examples: Examples) -> Float[Tensor, ""]:
        return (self.model(weights, examples.x) - examples.y).square().mean()


class RecurrentLearner(Learner):
    """An LSTM that reads a task's examples one by one and then answers from its state; its weights stay as they are.

    It receives x, y and whether y is withheld because this is a question.

    References
    ----------
    Hochreiter, Younger & Conwell (2001), "Learning to learn using gradient descent".
    """

    kind: Literal["recurrent"] = "recurrent"
    """Says in files which learner this is."""

    units: Size = 48
    """LSTM units."""

    @property
    def core(self) -> LSTM:
        return LSTM(3, self.units)

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        head = {
            "head_weight": generator.normal(0, 1 / np.sqrt(self.units), (self.units, 1)),
            "head_bias": np.zeros(1),
        }
        return {**self.core.draw(generator), **in_fours(head, *head)}

    def loss(self, weights: Weights, support: Examples, query: Examples) -> Float[Tensor, "subject task"]:
        """After each example one query is answered, so that every number of examples is trained for."""
        subjects, tasks, questions, _ = query.x.shape
        states = self.read(weights, support)
        # Subject, task and example become subject and row: every question is asked of a state of its own.
        state = tuple(torch.stack(parts, dim=2).flatten(1, 2) for parts in zip(*states, strict=True))
        answer = self._answer(weights, state, query.x.flatten(1, 2))
        return (answer.view(subjects, tasks, questions) - query.y[..., 0]).square().mean(-1)

    def read(self, weights: Weights, support: Examples) -> list[State]:
        """State after each example, from zero."""
        subjects, tasks = support.x.shape[:2]
        state: State = tuple(support.x.new_zeros(subjects, tasks, self.units) for _ in self.core.state_names)
        states = []
        for x, y in zip(support.x.unbind(2), support.y.unbind(2), strict=True):
            state = self.core.step(weights, torch.cat([x, y, torch.zeros_like(x)], dim=-1), state)
            states.append(state)
        return states

    def predict(
        self, weights: Weights, state: State, x: Float[Tensor, "subject task example 1"]
    ) -> Float[Tensor, "subject task example 1"]:
        """Answer several questions, each from the same state of its task."""
        examples = x.shape[2]
        state = tuple(part.repeat_interleave(examples, dim=1) for part in state)
        return self._answer(weights, state, x.flatten(1, 2)).view(x.shape)

    def _answer(
        self, weights: Weights, state: State, x: Float[Tensor, "subject row 1"]
    ) -> Float[Tensor, "subject row 1"]:
        question = torch.cat([x, torch.zeros_like(x), torch.ones_like(x)], dim=-1)
        hidden = self.core.step(weights, question, state)[0]
        return torch.baddbmm(weights["head_bias"][:, None], hidden, weights["head_weight"])[..., :1]

r"""Model-agnostic meta-learning: initial weights from which a few gradient steps learn a task.

Everything here is written for one learner and one task. ``torch.func.vmap`` puts tasks and
subjects side by side, and whatever differentiates an adapted loss runs the outer loop. Model,
loss and data are arguments: weights are a mapping from names to tensors, and data whatever
the loss takes.

References
----------
Finn, Abbeel & Levine (2017), "Model-agnostic meta-learning for fast adaptation of deep networks".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.network.core import Weights

# Of one learner on the data of one task.
Loss = Callable[[Mapping[str, Tensor], Any], Float[Tensor, ""]]


def gradient_step(
    loss: Loss, weights: Weights, data: Any, rate: float | Float[Tensor, ""], first_order: bool = False
) -> dict[str, Tensor]:
    r"""Weights after one step of gradient descent, :math:`\theta' = \theta - \alpha \nabla_\theta L(\theta)`.

    The step itself can be differentiated, which gives second derivatives of the loss.

    Parameters
    ----------
    loss, weights, data : whose gradient is followed.
    rate : the step size alpha.
    first_order : take the gradient for a constant when the step is differentiated.

    References
    ----------
    Finn et al. (2017), equation 1 (section 2.2); the first-order approximation, section 5.2.
    """
    slope = torch.func.grad(loss)(weights, data)
    if first_order:
        slope = {name: each.detach() for name, each in slope.items()}
    return {name: weight - rate * slope[name] for name, weight in weights.items()}


def adapt(
    loss: Loss,
    weights: Weights,
    data: Any,
    rate: float | Float[Tensor, ""],
    steps: int,
    first_order: bool = False,
) -> list[Weights]:
    """Weights before the first gradient step on the same data and after each of them."""
    stages = [weights]
    for _ in range(steps):
        stages.append(gradient_step(loss, stages[-1], data, rate, first_order))
    return stages


def adapted_loss(
    loss: Loss,
    weights: Weights,
    support: Any,
    query: Any,
    rate: float | Float[Tensor, ""],
    steps: int,
    first_order: bool = False,
) -> Float[Tensor, ""]:
    r"""Loss on new data after adaptation, :math:`L_{query}(\theta')`: what the outer loop makes small.

    Parameters
    ----------
    loss, weights : of one learner.
    support : data of the task to adapt to.
    query : further data of the same task.
    rate, steps, first_order : of the adaptation; with no steps this is plain learning on all tasks at once.

    References
    ----------
    Finn et al. (2017), algorithm 1, lines 5 to 8.
    """
    return loss(adapt(loss, weights, support, rate, steps, first_order)[-1], query)

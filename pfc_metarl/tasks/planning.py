"""Exact planning in tabular worlds whose rewards and transitions are known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

StateValue = Float[Tensor, "*batch state"]
ActionValue = Float[Tensor, "*batch state action"]


def optimal_action_values(
    mean_reward: ActionValue, transition: Float[Tensor, "*batch state action following"], horizon: int
) -> Float[Tensor, "*batch stage state action"]:
    """Expected reward from each stage to the last, of each action now and the best ones later.

    Parameters
    ----------
    mean_reward : of each action in each state.
    transition : probability of each following state.
    horizon : number of stages.
    """
    return backward_induction(mean_reward, lambda value: expected_value(transition, value), horizon)


def backward_induction(
    mean_reward: ActionValue, expect: Callable[[StateValue], ActionValue], horizon: int
) -> Float[Tensor, "*batch stage state action"]:
    r"""Plan from the last stage to the first.

    .. math:: Q_h(s, a) = r(s, a) + E[\max_{a'} Q_{h + 1}(s', a') | s, a], \qquad Q_H(s, a) = r(s, a)

    Parameters
    ----------
    mean_reward : of each action in each state.
    expect : turns the value of every following state into what each action in each state leads to.
    horizon : H, number of stages.

    References
    ----------
    Puterman (1994), Markov Decision Processes, section 4.5.
    """
    planned = [mean_reward]
    for _ in range(horizon - 1):
        planned.append(mean_reward + expect(planned[-1].amax(dim=-1)))
    return torch.stack(planned[::-1], dim=-3)


def expected_value(transition: Float[Tensor, "*batch state action following"], value: StateValue) -> ActionValue:
    """Mean value of the state that follows each action in each state."""
    # A sum of products rather than a matrix product: it adds up in the same order whatever the batch.
    return (transition * value[..., None, None, :]).sum(dim=-1)

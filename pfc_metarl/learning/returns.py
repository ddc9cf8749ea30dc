"""Returns and dopamine-like prediction errors."""

from __future__ import annotations

from typing import no_type_check

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.compiled import on_kernels


def reward_prediction_error(
    reward: Float[Tensor, "subject episode step"],
    value: Float[Tensor, "subject episode step"],
    ended: Bool[Tensor, "subject episode step"],
    discount: float,
) -> Float[Tensor, "subject episode step"]:
    r"""Dopamine-like teaching signal, :math:`\delta_t = r_t + \gamma V_{t+1} - V_t`.

    Parameters
    ----------
    reward : earned by the action taken at each step, in task units.
    value : the critic's output before that action.
    ended : whether that action ended the episode; nothing follows, so :math:`V_{t+1} = 0`.
        The last step of the array is always treated so.
    discount : gamma per step, in [0, 1].

    References
    ----------
    Wang et al. (2018), Methods, "Meta-reinforcement learning algorithm".
    """
    following = torch.cat([value[..., 1:], torch.zeros_like(value[..., :1])], dim=-1)
    return reward + discount * following * ~ended - value


def n_step_advantage(
    reward: Float[Tensor, "subject episode step"],
    value: Float[Tensor, "subject episode step"],
    ended: Bool[Tensor, "subject episode step"],
    discount: float,
    unroll: int,
) -> Float[Tensor, "subject episode step"]:
    r"""Advantage of the paper, :math:`\delta_t = R_t - V(s_t)`.

    .. math:: R_t = \sum_{i=0}^{k-1} \gamma^i r_{t+i} + \gamma^k V(s_{t+k})

    where k counts the steps to the end of the episode or of the present stretch of
    ``unroll`` steps, whichever comes first.

    References
    ----------
    Wang et al. (2018), Methods; Mnih et al. (2016), Algorithm S3.
    """
    delta = reward_prediction_error(reward, value, ended, discount)
    return _discounted_sum(delta, n_step_share(reward.shape[-1], discount, unroll, reward.device) * ~ended)


def n_step_share(
    steps: int, discount: float, unroll: int, device: torch.device | str = "cpu"
) -> Float[Tensor, " step"]:
    """Share that each step's ``n_step_advantage`` has of the next one's: none at the end of a stretch."""
    return discount * ((torch.arange(steps, device=device) + 1) % unroll != 0)


def generalised_advantage(
    reward: Float[Tensor, "subject episode step"],
    value: Float[Tensor, "subject episode step"],
    ended: Bool[Tensor, "subject episode step"],
    discount: float,
    trace: float,
) -> Float[Tensor, "subject episode step"]:
    r"""Generalised advantage, :math:`\sum_i (\gamma\lambda)^i \delta_{t+i}`.

    Parameters
    ----------
    trace : lambda; 0 gives the one-step error, 1 the whole return.

    References
    ----------
    Schulman et al. (2016), "High-dimensional continuous control using GAE", eq. 16.
    """
    delta = reward_prediction_error(reward, value, ended, discount)
    return _discounted_sum(delta, discount * trace * ~ended)


def _discounted_sum(
    delta: Float[Tensor, "subject episode step"], keep: Float[Tensor, "subject episode step"]
) -> Float[Tensor, "subject episode step"]:
    """Solve A_t = delta_t + keep_t A_{t+1} from the last step back."""
    if on_kernels(delta):
        total = torch.empty_like(delta, memory_format=torch.contiguous_format)
        _sum_back(delta.contiguous().numpy(), keep.contiguous().numpy(), total.numpy())
        return total
    following, totals = torch.zeros_like(delta[..., 0]), []
    for own, kept in zip(reversed(delta.unbind(-1)), reversed(keep.unbind(-1)), strict=True):
        following = torch.addcmul(own, kept, following)
        totals.append(following)
    return torch.stack(totals[::-1], dim=-1)


@kernel
@no_type_check
def _sum_back(delta, keep, total):
    """The same in one pass: a hundred operations of torch on a few numbers each take thirty times as long."""
    for subject in range(delta.shape[0]):
        for episode in range(delta.shape[1]):
            own, kept, sums = delta[subject, episode], keep[subject, episode], total[subject, episode]
            following = FLOAT(0)
            for step in range(own.shape[0] - 1, -1, -1):
                following = own[step] + kept[step] * following
                sums[step] = following

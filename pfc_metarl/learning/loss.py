"""The actor-critic objective."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def actor_critic_loss(
    logits: Float[Tensor, "subject episode step action"],
    value: Float[Tensor, "subject episode step"],
    action: Int[Tensor, "subject episode step"],
    advantage: Float[Tensor, "subject episode step"],
    valid: Bool[Tensor, "subject episode step"],
    value_coefficient: float,
    entropy_coefficient: float | Tensor,
) -> Float[Tensor, " subject"]:
    r"""Loss of each subject, summed over steps and averaged over episodes.

    Its gradient is minus

    .. math::
        \delta_t \nabla \log \pi(a_t) + \beta_V \delta_t \nabla V_t + \beta_e \nabla H(\pi_t).

    Parameters
    ----------
    logits, value : the heads' outputs, with gradient.
    advantage : delta, a fixed teaching signal: no gradient flows through it.
    valid : steps that belong to an episode.
    value_coefficient, entropy_coefficient : beta_V and beta_e.

    References
    ----------
    Wang et al. (2018), Methods, gradient of the objective.
    """
    advantage = advantage.detach()
    target = advantage + value.detach()
    # Actions are few: along any axis but the last, torch takes the softmax of many steps in one vector.
    log_policy = torch.log_softmax(logits.movedim(-1, 1), dim=1)
    log_chosen = log_policy.gather(1, action[:, None])[:, 0]
    entropy = -(log_policy.exp() * log_policy).sum(dim=1)
    policy_loss = -advantage * log_chosen
    value_loss = 0.5 * (target - value) ** 2
    step_loss = policy_loss + value_coefficient * value_loss - entropy_coefficient * entropy
    return (step_loss * valid).sum(dim=(1, 2)) / logits.shape[1]

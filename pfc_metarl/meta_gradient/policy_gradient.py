r"""Policy gradients that can be differentiated again.

One learner in one problem has the expected return :math:`J(\theta)`, and a gradient step on it
leads to :math:`\theta' = \theta + \alpha \nabla J(\theta)`. The outer loop follows

.. math:: \nabla_\theta J(\theta') = (I + \alpha \nabla^2 J(\theta))\, \nabla J(\theta').

So it needs second derivatives of J too, and J is an expectation over episodes whose probability
itself depends on the weights.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.learning.returns import generalised_advantage
from pfc_metarl.meta_gradient.experience import Episodes

# Weight of small coefficients against a close fit of the baseline.
RIDGE = 1e-5

# Where returns differ by less than this, they are taken for equal.
SMALLEST_SPREAD = 1e-3


def surrogate(
    log_probability: Float[Tensor, "episode step"],
    advantage: Float[Tensor, "episode step"],
    valid: Bool[Tensor, "episode step"],
) -> Float[Tensor, ""]:
    r"""Zero, with derivatives that are those of the expected return per step, but for one part of the second.

    .. math:: \frac1N \sum_t \Big(\frac{\pi_\theta(a_t)}{\bar\pi(a_t)} - 1\Big) A_t

    where the bar takes a number for a constant. The gradient is REINFORCE,
    :math:`\sum_t A_t \nabla \log \pi(a_t)`. The second derivative is

    .. math:: \sum_t A_t \big(\nabla^2 \log \pi(a_t) + \nabla \log \pi(a_t) \nabla \log \pi(a_t)^\top\big).

    That is all of it where episodes have one step. Where they have more, it leaves out how the weights change the
    probability of a step and of those before it together, :math:`A_t \nabla \log \pi(a_s) \nabla \log \pi(a_t)^\top`
    with s < t: these products are so noisy that leaving them out learns better.

    Parameters
    ----------
    log_probability : of each action, as a function of the weights.
    advantage : of each action; a constant.
    valid : whether the episode was still running; N counts these steps.

    References
    ----------
    Rothfuss et al. (2019), "ProMP", section 5, the low-variance curvature estimator.
    """
    ratio = (log_probability - log_probability.detach()).exp()
    return ((ratio - 1) * advantage * valid).sum() / valid.sum()


def advantages(episodes: Episodes, discount: float) -> Float[Tensor, "subject problem episode step"]:
    """How much more than expected followed each action, with mean 0 and variance 1 in each problem.

    What follows is the discounted return; what is expected is read from place and time by a regression of its own
    in each problem.

    References
    ----------
    Finn et al. (2017), section 5.3, which fits a linear feature baseline (Duan et al. 2016, "Benchmarking").
    """
    rows = (episodes.reward.flatten(1, 2), episodes.ended.flatten(1, 2))
    returns = generalised_advantage(rows[0], torch.zeros_like(rows[0]), rows[1], discount, trace=1.0)
    above = returns.view_as(episodes.reward) - baseline(episodes, returns.view_as(episodes.reward))
    count = episodes.valid.sum(dim=(-2, -1), keepdim=True)
    above = (above - (above * episodes.valid).sum((-2, -1), keepdim=True) / count) * episodes.valid
    spread = (above.square().sum((-2, -1), keepdim=True) / count).sqrt()
    return above / (spread + SMALLEST_SPREAD)


def baseline(
    episodes: Episodes, returns: Float[Tensor, "subject problem episode step"]
) -> Float[Tensor, "subject problem episode step"]:
    """Regress returns on a constant, what is seen, its square, and three powers of time; each problem by itself."""
    seen = episodes.observation.double()
    time = torch.arange(seen.shape[-2], dtype=torch.float64).expand(seen.shape[:-1])[..., None] / 100
    features = torch.cat([torch.ones_like(time), seen, seen**2, time, time**2, time**3], dim=-1)
    known = (features * episodes.valid[..., None]).flatten(2, 3)
    squares = known.mT @ known + RIDGE * torch.eye(features.shape[-1], dtype=torch.float64)
    # A sum, since a product with a single column depends on what lies beside it in memory.
    targets = (known * returns.flatten(2, 3)[..., None]).sum(dim=2)
    weight = torch.linalg.solve(squares, targets)
    return (features * weight[:, :, None, None]).sum(dim=-1).to(returns)

"""An ideal observer of a probability that walks at random between 0 and 1, by an unknown or a known step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# The mirrors at 0 and 1 are seen in each other; beyond so many images a step hardly reaches.
IMAGES = 2


class WalkFilter:
    r"""Exact filter over where a walk is and how large its steps are, on a grid.

    .. math:: p' = \text{reflected}(p + \mathcal{N}(0, \sigma^2)), \qquad y \sim \text{Bernoulli}(p)

    Nothing is known at first: every position is as likely, and so is every size of step.

    Parameters
    ----------
    steps : standard deviations that a step may have; one of them holds for an episode.
    points : positions, at the middle of equal cells.
    """

    def __init__(self, steps: Sequence[float], points: int = 100) -> None:
        self.position = (torch.arange(points) + 0.5) / points
        self._transition = torch.stack([_transition(step, points) for step in steps])

    def prior(self, subjects: int, episodes: int) -> Float[Tensor, "subject episode size position"]:
        """Belief before the first outcome."""
        shape = (subjects, episodes, len(self._transition), len(self.position))
        return torch.full(shape, 1 / (shape[2] * shape[3]))

    def following(
        self,
        belief: Float[Tensor, "subject episode size position"],
        outcome: Bool[Tensor, "subject episode"],
    ) -> Float[Tensor, "subject episode size position"]:
        """Belief before the next outcome, given this one: Bayes' rule, and then a step of the walk."""
        likelihood = torch.where(outcome[..., None, None], self.position, 1 - self.position)
        seen = belief * likelihood
        seen = seen / seen.sum(dim=(-2, -1), keepdim=True)
        return (seen.movedim(-2, 0).flatten(1, 2) @ self._transition).unflatten(1, belief.shape[:2]).movedim(0, -2)

    def where(
        self, belief: Float[Tensor, "subject episode size position"]
    ) -> Float[Tensor, "subject episode position"]:
        """Belief over positions alone."""
        return belief.sum(dim=-2)

    def size(self, belief: Float[Tensor, "subject episode size position"]) -> Float[Tensor, "subject episode size"]:
        """Belief over sizes of step alone."""
        return belief.sum(dim=-1)


def favours_first(action: Tensor, reward: Tensor) -> Tensor:
    """Whether an outcome speaks for the first of two arms that pay with p and 1-p."""
    return (action == 0) == (reward > 0)


def _transition(step: float, points: int) -> Float[Tensor, "before after"]:
    """Probability of going from the middle of one cell to any place in another, between mirrors at 0 and 1."""
    edge = torch.linspace(0, 1, points + 1, dtype=torch.float64)
    middle = (edge[:-1] + edge[1:])[:, None] / 2
    after = torch.zeros(points, points, dtype=torch.float64)
    for image in range(-IMAGES, IMAGES + 1):
        for seen in (edge + 2 * image, 2 * image - edge):
            after += torch.special.ndtr((seen - middle) / step).diff(dim=-1).abs()
    return (after / after.sum(dim=-1, keepdim=True)).to(torch.float32)

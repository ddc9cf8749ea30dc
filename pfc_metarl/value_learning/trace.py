"""What each subject has gone through in the episode under way."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Trace:
    """Steps of the present episode of every subject, from which returns are computed.

    Parameters
    ----------
    subjects : how many.
    horizon : steps of the longest episode.
    discount : gamma.

    Attributes
    ----------
    horizon : steps of the longest episode.
    length : steps taken in the present episode.
    parts : what was kept of each step, by name, over ``subject step``.
    """

    def __init__(self, subjects: int, horizon: int, discount: float) -> None:
        self.length = torch.zeros(subjects, dtype=torch.int64)
        self.parts: dict[str, Tensor] = {}
        self.horizon = horizon
        later = torch.arange(horizon) - torch.arange(horizon)[:, None]
        self._discount = discount
        # From reward to return: gamma to the number of steps between, for the present and later steps.
        self._weights = torch.where(later >= 0, discount ** later.clamp(min=0).double(), 0.0).float()

    def clear(self, over: Bool[Tensor, " subject"]) -> None:
        """Forget the episodes that are over."""
        self.length = self.length.masked_fill(over, 0)
        if self.parts:
            self.parts["reward"][over] = 0.0

    def append(self, **step: Tensor) -> None:
        """Keep one step of every subject; ``reward`` must be among its parts."""
        subject = torch.arange(len(self.length))
        for name, values in step.items():
            if name not in self.parts:
                self.parts[name] = values.new_zeros(len(values), self.horizon, *values.shape[1:])
            self.parts[name][subject, self.length] = values
        self.length = self.length + 1

    def returns(self, subject: Int[Tensor, " episode"]) -> Float[Tensor, "episode step"]:
        """Discounted sum of rewards from each step to the episode's present end, for some subjects."""
        return (self.parts["reward"][subject, None] * self._weights).sum(dim=-1)

    def bootstrapped(
        self, subject: Int[Tensor, " row"], steps: int, value: Float[Tensor, " row"]
    ) -> Float[Tensor, " row"]:
        r"""N-step return of what was done ``steps`` ago, :math:`\sum_{j<N} \gamma^j r_{t+j} + \gamma^N V(s_{t+N})`."""
        first = (self.length[subject] - steps)[:, None]
        reward = self.parts["reward"][subject[:, None], first + torch.arange(steps)]
        return (reward * self._weights[0, :steps]).sum(dim=-1) + self._discount**steps * value

    def rows(self, subject: Int[Tensor, " episode"], last: int) -> tuple[Int[Tensor, " row"], Int[Tensor, " row"]]:
        """List the last steps of some subjects' episodes, at most so many of each: place in ``subject``, and step."""
        length, step = self.length[subject, None], torch.arange(self.horizon)
        episode, step = torch.nonzero((step < length) & (step >= length - last)).unbind(dim=-1)
        return episode, step

    def at(self, subject: Int[Tensor, " row"], step: Int[Tensor, " row"]) -> Mapping[str, Tensor]:
        """Return what was kept of some steps."""
        return {name: values[subject, step] for name, values in self.parts.items()}

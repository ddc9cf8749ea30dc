"""Sinusoid regression: every task is a sine wave of its own amplitude and phase."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.seeding import Streams

AMPLITUDES = (0.1, 5.0)
PHASES = (0.0, math.pi)
RANGE = (-5.0, 5.0)


class Examples(NamedTuple):
    """Pairs of input and output; torch maps functions over it as over a pair of tensors.

    Attributes
    ----------
    x : ``*batch example input``.
    y : ``*batch example output``.
    """

    x: Tensor
    y: Tensor

    def part(self, first: int, last: int) -> Examples:
        """Some of the examples of each task."""
        return Examples(self.x[..., first:last, :], self.y[..., first:last, :])


class SinusoidBatch(Configuration):
    r"""A batch of tasks :math:`y = A \sin(x - \varphi)`, with A from U[.1, 5], phi from U[0, pi] and x from U[-5, 5].

    References
    ----------
    Finn et al. (2017), section 5.1; how the phase enters is that of their released code.
    """

    tasks: Annotated[int, Field(ge=1)] = 25
    """Tasks per subject and batch."""

    shots: Annotated[int, Field(ge=1)] = 10
    """Examples of each task to learn from, K."""

    queries: Annotated[int, Field(ge=1)] = 10
    """Further examples of each task to be tested on."""

    def draw(self, streams: Streams, counter: int) -> tuple[Examples, Examples]:
        """Draw the ``counter``-th batch of every subject; return what is learned from, and what is tested on."""
        examples = self.shots + self.queries
        uniform = torch.from_numpy(streams.uniform("sinusoids", counter, (self.tasks, 2 + examples)))
        drawn = sinusoids(uniform[..., 0], uniform[..., 1], uniform[..., 2:])
        return drawn.part(0, self.shots), drawn.part(self.shots, examples)


def sinusoids(
    amplitude: Float[Tensor, "*batch"], phase: Float[Tensor, "*batch"], x: Float[Tensor, "*batch example"]
) -> Examples:
    """Turn uniform numbers in [0, 1) into examples of tasks."""
    amplitude, phase, x = (
        low + (high - low) * uniform
        for (low, high), uniform in zip((AMPLITUDES, PHASES, RANGE), (amplitude, phase, x), strict=True)
    )
    y = amplitude[..., None] * torch.sin(x - phase[..., None])
    return Examples(x[..., None], y[..., None])

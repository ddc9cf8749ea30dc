"""Contexts that come back: what an epoch of episodes brings when, and how a context looks.

References
----------
Ritter et al. (2018), "Been there, done that", section 4: every context of an epoch lies in a bag as often as it is to
be met, and the episodes draw from it without putting back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import draw_below

# Uniform numbers have 24 random bits.
RESOLUTION = 2**24


class RecurrenceConfiguration(Configuration):
    """Contexts that are met again and again within an epoch, each named by its barcode."""

    contexts: Annotated[int, Field(ge=1, le=100)] = 10
    """Different contexts of an epoch. Example: --contexts 5"""

    exposures: Annotated[int, Field(ge=1, le=100)] = 10
    """Episodes of an epoch in which each context is met. Example: --exposures 4"""

    bits: Annotated[int, Field(ge=1, le=16)] = 10
    """Length of a barcode: there are 2 to the power of this many. Example: --bits 8"""

    flip_probability: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Probability that a bit is shown flipped throughout an episode. Example: --flip-probability 0.1"""

    @model_validator(mode="after")
    def _enough_barcodes(self) -> RecurrenceConfiguration:
        if self.contexts > 2**self.bits:
            raise ValueError(
                f"{self.contexts} contexts need different barcodes, and {self.bits} bits make {2**self.bits}: "
                "give more bits"
            )
        return self


@dataclass(frozen=True)
class Meeting:
    """What an epoch brings in one of its episodes.

    Attributes
    ----------
    context : number of the context within its epoch, from 0.
    exposure : how often it has been met, this time included.
    code : which of all looks it has, the same throughout the epoch.
    shown : how it looks in this episode.
    """

    context: Int[Tensor, "subject episode"]
    exposure: Int[Tensor, "subject episode"]
    code: Int[Tensor, "subject episode"]
    shown: Float[Tensor, "subject episode feature"]


class Recurrence:
    """Draws what the episodes of an epoch bring, all from the same uniform numbers.

    Parameters
    ----------
    configuration : how many contexts, how often, and how reliably seen.
    looks : one row per possible look of a context, of numbers 1 and -1.

    Attributes
    ----------
    episodes : of an epoch.
    draws : uniform numbers that ``meet`` uses.
    """

    def __init__(self, configuration: RecurrenceConfiguration, looks: Float[Tensor, "code feature"]) -> None:
        self.configuration = configuration
        self.looks = looks
        self.episodes = configuration.contexts * configuration.exposures
        self.draws = self.episodes + 2 * configuration.contexts
        if configuration.flip_probability > 0:
            self.draws += self.episodes * looks.shape[-1]

    def meet(self, position: int, uniform: Float[Tensor, "subject episode draw"]) -> Meeting:
        """Tell what the episode at a position of its epoch brings.

        Parameters
        ----------
        position : of the episode in its epoch, from 0.
        uniform : the epoch's numbers.

        Raises
        ------
        ConfigurationError
            If the epoch is shorter.
        """
        if not 0 <= position < self.episodes:
            raise ConfigurationError(f"an epoch has episodes 0 to {self.episodes - 1}, not {position}")
        settings = self.configuration
        bag, codes, flips = uniform.tensor_split([self.episodes, self.episodes + 2 * settings.contexts], dim=-1)
        # A place in the bag is drawn when its key is the next lowest; its own number keeps keys apart.
        key = (bag * RESOLUTION).long() * self.episodes + torch.arange(self.episodes, device=uniform.device)
        drawn = key.kthvalue(position + 1, dim=-1, keepdim=True).values
        context = drawn % settings.contexts
        earlier = (key <= drawn) & (key % settings.contexts == context)
        code = draw_different(codes, len(self.looks)).gather(-1, context)[..., 0]
        shown = on_device(self.looks, uniform.device)[code]
        if settings.flip_probability > 0:
            own = flips.unflatten(-1, (self.episodes, -1))[..., position, :]
            shown = torch.where(own < settings.flip_probability, -shown, shown)
        return Meeting(context[..., 0], earlier.sum(-1), code, shown)


def barcodes(bits: int) -> Float[Tensor, "code bit"]:
    """All barcodes of this length. Bits are 1 and -1, so that none is all zero."""
    place = 2 ** torch.arange(bits)
    return torch.where(torch.arange(2**bits)[:, None] & place > 0, 1.0, -1.0)


def pictures(count: int, side: int, seed: int) -> Float[Tensor, "code pixel"]:
    """Different random pictures of black and white pixels, -1 and 1, each flattened."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    found = np.empty((0, side * side), np.int8)
    while len(found) < count:
        more = generator.integers(2, size=(count, side * side), dtype=np.int8)
        _, first = np.unique(np.concatenate([found, more]), axis=0, return_index=True)
        found = np.concatenate([found, more])[np.sort(first)]
    return torch.from_numpy(found[:count]).float() * 2 - 1


def draw_different(uniform: Float[Tensor, "*batch draw"], size: int) -> Int[Tensor, "*batch number"]:
    """Draw different numbers below ``size``, in random order; each takes two uniform numbers.

    References
    ----------
    Robert Floyd's algorithm in Bentley (1987), "Programming pearls: a sample of brilliance".
    """
    chances, order = uniform.chunk(2, dim=-1)
    count = chances.shape[-1]
    drawn = torch.empty_like(chances, dtype=torch.int64)
    for place, last in enumerate(range(size - count, size)):
        candidate = draw_below(chances[..., place], last + 1)
        taken = (drawn[..., :place] == candidate[..., None]).any(-1)
        drawn[..., place] = candidate.masked_fill(taken, last)
    # Every set is as likely, but what comes late in it is likely to be large.
    return drawn.gather(-1, order.argsort(-1))

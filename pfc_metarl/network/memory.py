"""Episodic memory: cell states stored under what was seen, and found again by what is seen.

Nothing in it is learned and no gradient passes through it. It is a value, like the recurrent state: storing
returns another memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration

# Keeps the kernel finite where a cue is a key (Pritzel et al. 2017, equation 5).
SMALLEST_DISTANCE = 1e-3


class MemoryConfiguration(Configuration):
    """The episodic memory of a network whose core recalls."""

    memory_slots: Annotated[int, Field(ge=1, le=100_000)] = 100
    """States that the episodic memory holds; the one stored longest ago gives way. Example: --memory-slots 20"""

    memory_neighbours: Annotated[int, Field(ge=1, le=1000)] = 1
    """Stored states that are recalled together, weighted by their nearness. Example: --memory-neighbours 5"""

    memory_distance: Literal["cosine", "euclidean"] = "cosine"
    """How far a cue is from a key. Example: --memory-distance euclidean"""


@dataclass(frozen=True)
class EpisodicMemory:
    """What every episode's subject has stored, slot by slot.

    Attributes
    ----------
    keys : contexts under which states were stored.
    values : the states.
    stored_at : how many times something had been stored, this time included, when a slot was last written;
        0 of an empty one.
    """

    keys: Float[Tensor, "subject episode slot feature"]
    values: Float[Tensor, "subject episode slot unit"]
    stored_at: Int[Tensor, "subject episode slot"]

    @classmethod
    def empty(cls, like: Float[Tensor, "subject episode unit"], slots: int, features: int) -> EpisodicMemory:
        """Make a memory for states like these, with nothing in it."""
        shape = (*like.shape[:2], slots)
        nowhere = torch.zeros(shape, dtype=torch.int64, device=like.device)
        return cls(like.new_zeros(*shape, features), like.new_zeros(*shape, like.shape[-1]), nowhere)

    def recall(
        self, cue: Float[Tensor, "subject episode feature"], settings: MemoryConfiguration
    ) -> Float[Tensor, "subject episode unit"]:
        r"""Mean of the states stored under the nearest keys, zero where nothing is stored or the cue is all zero.

        .. math:: m = \\sum_i w_i v_i, \\qquad w_i \\propto 1 / (d(k, k_i) + \\delta),

        over the nearest neighbours, with d one minus the cosine or the squared Euclidean distance. One
        neighbour gives its state as it is; of equally near ones the first slot's.

        References
        ----------
        Pritzel et al. (2017), "Neural episodic control", equations 1, 2 and 5.
        """
        held = self.stored_at > 0
        distance = self._distance(cue, settings.memory_distance).masked_fill(~held, torch.inf)
        some = (held.any(dim=-1) & (cue != 0).any(dim=-1))[..., None]
        if settings.memory_neighbours == 1:
            nearest = distance.argmin(dim=-1)[..., None, None]
            recalled = torch.take_along_dim(self.values, nearest, dim=2)[:, :, 0]
            return recalled * some
        neighbours = min(settings.memory_neighbours, self.keys.shape[2])
        near, slots = distance.topk(neighbours, dim=-1, largest=False)
        # An empty slot is infinitely far and weighs nothing; without any stored state all weights are 0 / 0.
        weights = 1 / (near + SMALLEST_DISTANCE)
        weights = weights / weights.sum(dim=-1, keepdim=True)
        recalled = (weights[..., None] * torch.take_along_dim(self.values, slots[..., None], dim=2)).sum(dim=2)
        return torch.where(some, recalled, 0)

    def _distance(
        self, cue: Float[Tensor, "subject episode feature"], kind: str
    ) -> Float[Tensor, "subject episode slot"]:
        along = (self.keys @ cue[..., None])[..., 0]
        if kind == "cosine":
            lengths = self.keys.norm(dim=-1) * cue.norm(dim=-1, keepdim=True)
            return 1 - along / lengths.clamp(min=torch.finfo(cue.dtype).tiny)
        return (self.keys * self.keys).sum(-1) - 2 * along + (cue * cue).sum(-1, keepdim=True)

    def store(
        self, context: Float[Tensor, "subject episode feature"], state: Float[Tensor, "subject episode unit"]
    ) -> EpisodicMemory:
        """Store a state under its context, where that is not all zero.

        It takes the place of what was stored under the very same context, else an empty slot, else the slot
        written longest ago.
        """
        context, state = context.detach(), state.detach()
        known = (self.keys == context[:, :, None]).all(dim=-1) & (self.stored_at > 0)
        slot = torch.where(known, -1, self.stored_at).argmin(dim=-1)
        written: Bool[Tensor, "subject episode slot"] = (
            torch.arange(self.keys.shape[2], device=context.device) == slot[..., None]
        ) & (context != 0).any(dim=-1)[..., None]
        now = self.stored_at.amax(dim=-1, keepdim=True) + 1
        return EpisodicMemory(
            torch.where(written[..., None], context[:, :, None], self.keys),
            torch.where(written[..., None], state[:, :, None], self.values),
            torch.where(written, now, self.stored_at),
        )

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name, subject dimension first, for a checkpoint."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def holding(self, tensors: Mapping[str, Tensor]) -> EpisodicMemory:
        """Return a memory, on the same device, that holds what a checkpoint has of it."""
        held = {name: tensors[name].to(own.device, copy=True) for name, own in self.tensors().items()}
        return replace(self, **held)

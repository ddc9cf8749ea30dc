"""What was lived through, to be learned from again."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.value_learning.identity import rank


class Replay:
    """The last rows of every subject, each a mapping of the same names; sampled evenly, with replacement.

    Parameters
    ----------
    subjects : how many.
    capacity : rows kept of each.

    Attributes
    ----------
    written : rows ever kept of each subject.
    """

    def __init__(self, subjects: int, capacity: int) -> None:
        self.capacity = capacity
        self.written = torch.zeros(subjects, dtype=torch.int64)
        self._rows: dict[str, Tensor] = {}

    def add(self, subject: Int[Tensor, " row"], row: Mapping[str, Tensor]) -> None:
        """Keep rows; those of one subject in the order in which they come, at most ``capacity`` of them."""
        place = (self.written[subject] + rank(subject)) % self.capacity
        for name, values in row.items():
            if name not in self._rows:
                self._rows[name] = values.new_zeros(len(self.written), self.capacity, *values.shape[1:])
            self._rows[name][subject, place] = values
        self.written = self.written + subject.bincount(minlength=len(self.written))

    def sample(self, uniform: Float[Tensor, "subject row"]) -> dict[str, Tensor]:
        """Return rows over ``subject row``, one per uniform number; of a subject that has none they mean nothing."""
        held = self.written.clamp(max=self.capacity)[:, None]
        # A product just below the number held may round up to it.
        place = (uniform * held).long().minimum(held - 1)
        subject = torch.arange(len(held))[:, None]
        return {name: values[subject, place] for name, values in self._rows.items()}

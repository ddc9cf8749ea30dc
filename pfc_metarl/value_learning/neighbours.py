"""Nearest neighbours, exact, by one batched product."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def nearest_neighbours(
    keys: Float[Tensor, "table entry feature"],
    square: Float[Tensor, "table entry"],
    known: Bool[Tensor, "table entry"],
    query: Float[Tensor, "table row feature"],
    count: int,
) -> tuple[Int[Tensor, "table row neighbour"], Bool[Tensor, "table row neighbour"]]:
    r"""Find the entries of each table that are nearest to each query by Euclidean distance, nearest first.

    Of equally distant entries the one at the lower place comes first, however long the longest table is.

    :math:`|q - k|^2 = |q|^2 - 2 q \cdot k + |k|^2`, whose first term is the same for all entries and is left out. So
    the whole search is one product of matrices, and two passes over its result.

    Parameters
    ----------
    keys : one row per entry.
    square : squared length of each key.
    known : which entries there are; the others are never found.
    query : what to find the neighbours of, any number for each table.
    count : neighbours wanted.

    Returns
    -------
    Their places, and whether they are entries at all: where a table has fewer than ``count``, the last are not.
    """
    further = torch.baddbmm(square[:, None], query, keys.transpose(1, 2), alpha=-2)
    further = further.masked_fill(~known[:, None], torch.inf)
    found = _by_place_where_equal(further).topk(min(count, keys.shape[1]), dim=-1, largest=False, sorted=True)
    return found.indices, further.gather(-1, found.indices) < torch.inf


def _by_place_where_equal(numbers: Float[Tensor, "table row entry"]) -> Int[Tensor, "table row entry"]:
    """Integers in the order of these numbers, all different: a number's bits, and after them its place."""
    bits = numbers.view(torch.int32).long()
    # The bits of positive numbers grow with them; a negative one has a sign before those of its positive.
    ordered = torch.where(bits < 0, -(bits & torch.iinfo(torch.int32).max), bits)
    return (ordered << 32) + torch.arange(numbers.shape[-1])

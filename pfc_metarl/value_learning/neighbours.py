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

    :math:`|q - k|^2 = |q|^2 - 2 q \cdot k + |k|^2`, whose first term is the same for all entries and is left out. So
    the whole search is one product of matrices, and one pass over its result.

    Which of equally distant entries come first is torch's choice, and may depend on the length of the tables, which is
    that of the fullest: where distances are often equal, a subject's lookups can depend on whose tables lie beside its
    own.

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
    found = further.topk(min(count, keys.shape[1]), dim=-1, largest=False, sorted=True)
    return found.indices, found.values < torch.inf

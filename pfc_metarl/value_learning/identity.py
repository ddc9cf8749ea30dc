"""When two vectors are the same one, and which rows come before others of their kind."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


def fingerprint(vector: Float[Tensor, "*batch feature"]) -> Int[Tensor, "*batch"]:
    """Name vectors by a hash of their bits: the same for equal vectors, another for all others but by rare accident.

    Whole numbers add up to the same sum in any order, so a vector's name does not depend on its company. Two
    different vectors share a name with a probability of about 2 ** -64.
    """
    # Adding zero makes 0 of -0, which is equal to it.
    mixed = (vector + 0.0).view(torch.int32).long() * _factors(vector.shape[-1])
    # Bits that many numbers share, such as the last ones of 0 and 1, would stay alike without the second mixing.
    return ((mixed ^ (mixed >> 32)) * _factors(vector.shape[-1] + 1)[1:]).sum(dim=-1)


@lru_cache(maxsize=8)
def _factors(count: int) -> Int[Tensor, " count"]:
    """Odd numbers of 64 bits, always the same."""
    drawn = np.random.default_rng(count).integers(-(2**63), 2**63 - 1, count, np.int64)
    return torch.from_numpy(drawn | 1)


def rank(*labels: Int[Tensor, " row"]) -> Int[Tensor, " row"]:
    """Count the rows before each row that have all the same labels."""
    same = torch.stack([label[:, None] == label for label in labels]).all(dim=0)
    return same.tril(-1).sum(dim=-1)

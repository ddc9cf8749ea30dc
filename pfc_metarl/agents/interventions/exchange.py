"""Who changes places with whom, where episodes exchange something."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from pfc_metarl.base.seeding import Streams


def of_partners(
    values: Shaped[Tensor, "subject episode number"], seed: int, subjects: tuple[int, ...]
) -> Shaped[Tensor, "subject episode number"]:
    """For each episode the values of another episode of the same subject.

    Who is whose partner depends on seed, subject and number of episodes alone: one random cycle through
    all episodes. An episode that is alone keeps its own.
    """
    partner = _partners(seed, subjects, values.shape[1]).to(values.device)
    return torch.take_along_dim(values, partner[..., None], dim=1)


@lru_cache(maxsize=32)
def _partners(seed: int, subjects: tuple[int, ...], episodes: int) -> Int[Tensor, "subject episode"]:
    partner = np.empty((len(subjects), episodes), np.int64)
    for own, generator in zip(partner, Streams(seed, subjects, "evaluation").generators("partner"), strict=True):
        order = generator.permutation(episodes)
        own[order] = np.roll(order, 1)
    return torch.from_numpy(partner)

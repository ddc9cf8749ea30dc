"""Who changes places with whom, where episodes exchange something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from pfc_metarl.agents.interventions.intervention import Intervention, Moment
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams, valid_seed


@dataclass(frozen=True)
class Exchange(Intervention):
    """Episodes of the same subject get each other's; where problems recur, at the same place of another epoch.

    Parameters
    ----------
    seed : of the draw of partners; who is whose partner stays the same from step to step.
    """

    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        valid_seed(self.seed)

    def of_partners(
        self, values: Shaped[Tensor, "subject episode number"], moment: Moment
    ) -> Shaped[Tensor, "subject episode number"]:
        """For each episode the values of another one.

        Raises
        ------
        ConfigurationError
            If there is no other.
        """
        assert moment.senses is not None, "exchanged is what is there at a step"
        if values.shape[1] == 1:
            epoch = moment.senses.epoch
            kind, needed = ("episode", "2 episodes") if epoch == 1 else ("epoch", f"2 epochs, {2 * epoch} episodes")
            raise ConfigurationError(
                f"'{self}' exchanges between {kind}s, and one {kind} alone is recorded: record at least {needed}"
            )
        return of_partners(values, self.seed, moment.population.subjects)


def of_partners(
    values: Shaped[Tensor, "subject episode number"], seed: int, subjects: tuple[int, ...]
) -> Shaped[Tensor, "subject episode number"]:
    """For each episode the values of another episode of the same subject.

    Who is whose partner depends on seed, subject and number of episodes alone: one random cycle through
    all episodes.
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

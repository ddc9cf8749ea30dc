"""Interventions on chosen units: clamp, silence, lesion, noise. A unit's activity is its hidden state."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.interventions.intervention import Intervention, Moment
from pfc_metarl.agents.interventions.selection import Units, chosen_units, ranges, share_of
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams, valid_seed
from pfc_metarl.network.core import State
from pfc_metarl.network.population import Population

# Noise that an episode of an epoch may have, state by state: more than any episode has steps.
STATES = 2**32

Activity = Float[Tensor, "subject episode unit"]


@dataclass(frozen=True, kw_only=True)
class OnUnits(Intervention):
    """Acts on chosen units alone.

    Parameters
    ----------
    units : numbers of units, from 0; or a share from 0 to 1 as a number with a decimal point, drawn once per
        subject. All by default.
    seed : of every draw; a larger share of the same seed contains the smaller one.
    """

    units: Units | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        valid_seed(self.seed)
        if isinstance(self.units, float):
            if not 0 <= self.units <= 1:
                raise ConfigurationError(f"units is {self.units}: give a share from 0 to 1, or unit numbers")
        elif self.units is not None:
            ranges(self.units)

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        last = population.configuration.units - 1
        if isinstance(self.units, float):
            if self.units > 0 and share_of(self.units, last + 1) == 0:
                raise ConfigurationError(f"'{self}' never acts: of {last + 1} units this share is less than one")
        elif self.units is not None:
            for each in ranges(self.units):
                # A range without an end means all that there are from its start on.
                missing = each.start if each.start > last or each.stop == sys.maxsize else each.stop - 1
                if missing > last:
                    raise ConfigurationError(f"'{self}' means a unit {missing}: the network has units 0 to {last}")

    def in_its_units(self, changed: Activity, original: Activity, population: Population) -> Activity:
        """Keep the change in the chosen units."""
        return torch.where(chosen_units(self.units, self.seed, population)[:, None], changed, original)


@dataclass(frozen=True)
class Clamp(OnUnits):
    """Units are held at a value; what their cells remember goes on by itself.

    Parameters
    ----------
    value : of the units' activity.
    """

    value: float

    def on_activity(self, state: State, moment: Moment) -> State:
        hidden, *rest = state
        return (self.in_its_units(torch.full_like(hidden, self.value), hidden, moment.population), *rest)


@dataclass(frozen=True)
class Silence(Clamp):
    """Units fall silent: nothing hears them."""

    value: float = field(default=0.0, init=False)


@dataclass(frozen=True)
class Lesion(Silence):
    """Units are lost: nothing hears them any more.

    Parameters
    ----------
    units : a share from 0 to 1 as a number with a decimal point, drawn once per subject; or unit numbers.
    seed : of the draw; a larger lesion of the same seed contains the smaller one.
    """

    units: Units = field()
    seed: int = 0


@dataclass(frozen=True)
class AddNoise(OnUnits):
    """Gaussian noise is added to units, drawn anew for each subject, episode and step.

    Parameters
    ----------
    deviation : standard deviation of the noise.
    """

    deviation: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.deviation >= 0:
            raise ConfigurationError(f"deviation is {self.deviation}: give a standard deviation of 0 or more")

    def on_activity(self, state: State, moment: Moment) -> State:
        hidden, *rest = state
        population = moment.population
        # Number 0 of each episode is the state at its start.
        number = moment.position * STATES + (0 if moment.senses is None else moment.senses.step + 1)
        generators = _streams(self.seed, population.subjects).generators(f"noise/{moment.critic}", number)
        shape = (hidden.shape[1], population.configuration.units)
        drawn = np.stack([generator.standard_normal(shape, np.float32) for generator in generators])
        noisy = hidden + self.deviation * torch.from_numpy(drawn).to(hidden)
        return (self.in_its_units(noisy, hidden, population), *rest)


@lru_cache(maxsize=32)
def _streams(seed: int, subjects: tuple[int, ...]) -> Streams:
    """Streams remember their keys, which are costly to make at every step."""
    return Streams(seed, subjects, "evaluation")

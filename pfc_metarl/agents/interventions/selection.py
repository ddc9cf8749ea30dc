"""Which subjects, units, steps, trials and phases: numbers as a person writes them, and shares of the units."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.population import Population

# One number, several, or text such as "0-4,7,20-"; both ends of a range belong to it.
Numbers = str | int | Sequence[int]

# Numbers of units, or, as a number with a decimal point, a share of them.
Units = float | Numbers


def ranges(numbers: Numbers) -> list[range]:
    """Read numbers.

    Raises
    ------
    ConfigurationError
        If it is not numbers from 0 up and ranges of them.
    """
    parts = numbers.split(",") if isinstance(numbers, str) else [numbers] if isinstance(numbers, int) else numbers
    if len(parts) == 0:
        raise ConfigurationError("a list of numbers is empty: give at least one, or leave it out to mean all")
    return [_range(str(part)) for part in parts]


def _range(text: str) -> range:
    written = re.fullmatch(r"\s*(\d+)(-?)(\d*)\s*", text)
    if written is None or (written[3] and not written[2]):
        raise ConfigurationError(f"'{text}' is no number and no range: write 3, 0-4, 20- or several, as in 0-4,7")
    first = int(written[1])
    last = int(written[3]) if written[3] else sys.maxsize - 1 if written[2] else first
    if last < first:
        raise ConfigurationError(f"the range {text} runs backwards: write {last}-{first}")
    return range(first, last + 1)


def among(number: int, numbers: Numbers | None) -> bool:
    """Whether a number is one of these; None stands for all."""
    return numbers is None or any(number in each for each in ranges(numbers))


def least(numbers: Numbers) -> int:
    """Return the smallest of some numbers."""
    return min(each.start for each in ranges(numbers))


def chosen_units(units: Units | None, seed: int, population: Population) -> Bool[Tensor, "subject unit"]:
    """Whether each unit of each subject is one of those meant; None stands for all.

    A share is drawn, once per subject; shares of one seed are nested, so that a larger one contains
    the smaller.
    """
    count = population.configuration.units
    if isinstance(units, float):
        return _rank(seed, population.subjects, count).to(population.device) < share_of(units, count)
    chosen = torch.tensor([among(unit, units) for unit in range(count)], device=population.device)
    return chosen.expand(len(population.subjects), -1)


def share_of(units: float, count: int) -> int:
    """Number of units that a share means, the nearest."""
    return round(units * count)


@lru_cache(maxsize=32)
def _rank(seed: int, subjects: tuple[int, ...], units: int) -> Int[Tensor, "subject unit"]:
    """The order in which each subject's units are taken; asked for at every step, so it is drawn once and kept."""
    generators = Streams(seed, subjects, "evaluation").generators("lesion")
    return torch.from_numpy(np.stack([generator.permutation(units) for generator in generators]))

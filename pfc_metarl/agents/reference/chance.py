"""Many uniform numbers from few: for learners that sample a whole world at one step."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

# An agent that samples more than a step's uniform numbers allow is handed two, which make one key of 48 bits.
KEY_DRAWS = 2

# Steele, Lea & Flood (2014), Fig. 17.
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


def expand(uniform: Float[Tensor, "subject episode 2"], *shape: int) -> Float[Tensor, "subject episode *shape"]:
    """Make independent numbers, uniform in (0, 1), from the two that each episode was handed.

    A counter-based generator with the two as its key: every episode's numbers are its own, whoever is beside it.

    Parameters
    ----------
    uniform : two numbers in [0, 1) per episode, of which the first 24 bits count.
    shape : how many to make per episode, and in what shape.

    Returns
    -------
    In double precision, never 0 and never 1.

    References
    ----------
    Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators", SplitMix64.
    """
    bits = (uniform.double().numpy() * 2**24).astype(np.uint64)
    key = _mixed((bits[..., 0] << np.uint64(24)) + bits[..., 1])
    counter = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * _INCREMENT
    drawn = _mixed(key[..., None] + counter)
    # The upper 53 bits, in the middle of their interval.
    numbers = ((drawn >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return torch.from_numpy(numbers.reshape(*key.shape, *shape))


def _mixed(value: np.ndarray) -> np.ndarray:
    """Scramble 64 bits so that each depends on all; arithmetic wraps around."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST_FACTOR
    value = (value ^ (value >> np.uint64(27))) * _SECOND_FACTOR
    return value ^ (value >> np.uint64(31))

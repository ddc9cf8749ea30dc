"""Worlds to learn in: functions on [-1, 1] out of a family with two parameters, seen through noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from pfc_metarl.base.seeding import Streams

from .config import DRAWS, NOISE

Basis = Callable[[Float[np.ndarray, "*batch"]], Float[np.ndarray, "*batch term"]]


def parabola(x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch term"]:
    """Terms of y = a x² + b."""
    return np.stack([x**2, np.ones_like(x)], axis=-1)


def wave(x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch term"]:
    """Terms of y = A sin(pi x + phi)."""
    return np.stack([np.sin(np.pi * x), np.cos(np.pi * x)], axis=-1)


# World -> its family.
FAMILIES: dict[str, Basis] = {"parabola": parabola, "wave": wave}


def draw_parameters(world: str, seed: int, subjects: Sequence[int]) -> Float[np.ndarray, "subject term"]:
    """Draw each subject's function: a of either sign from 1 to 2 and b from -1 to 1, or A from 1 to 2 and any phase."""
    uniform = Streams(seed, subjects, "evaluation").uniform(f"{world}-parameters", 0, (3,)).astype(float)
    size = 1 + uniform[:, 0]
    if world == "parabola":
        return np.stack([np.where(uniform[:, 1] < 0.5, -size, size), 2 * uniform[:, 2] - 1], axis=-1)
    phase = 2 * np.pi * uniform[:, 1]
    return np.stack([size * np.cos(phase), size * np.sin(phase)], axis=-1)


def draw_training_sets(
    world: str, parameters: Float[np.ndarray, "subject term"], examples: int, seed: int, subjects: Sequence[int]
) -> tuple[Float[np.ndarray, "subject draw example"], Float[np.ndarray, "subject draw example"]]:
    """Draw x evenly from [-1, 1], and y with noise."""
    generators = Streams(seed, subjects, "evaluation").generators(f"{world}-examples", examples)
    x = np.stack([generator.uniform(-1, 1, (DRAWS, examples)) for generator in generators])
    noise = np.stack([generator.normal(0, NOISE, (DRAWS, examples)) for generator in generators])
    return x, np.einsum("sdet,st->sde", FAMILIES[world](x), parameters) + noise

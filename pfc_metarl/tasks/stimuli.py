"""Objects to look at: procedural images in colour, or a folder of the user's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from PIL import Image, UnidentifiedImageError

from pfc_metarl.base.errors import ConfigurationError

ImageSet = Literal["training", "held-out"]

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}

# Grey that surrounds every object, as brightness from 0 to 1.
BACKGROUND = 0.5

# Points per pixel and side, averaged so that edges are smooth.
OVERSAMPLING = 4


@lru_cache(maxsize=8)
def procedural_objects(count: int, side: int, seed: int, images: ImageSet) -> Float[np.ndarray, "object side side rgb"]:
    """Draw objects: each a blob of its own outline, filled with stripes of its own in two colours.

    Training and held-out objects come from random streams of their own.

    Parameters
    ----------
    count : how many.
    side : pixels.
    seed : of the whole collection.
    images : which of the two sets.

    Returns
    -------
    Brightness from 0 to 1; read-only, since the collection is shared.
    """
    stream = np.random.SeedSequence(seed, spawn_key=(0 if images == "training" else 1,))
    generator = np.random.default_rng(stream)
    axis = (np.arange(side * OVERSAMPLING) + 0.5) / (side * OVERSAMPLING) * 2 - 1
    down, across = np.meshgrid(axis, axis, indexing="ij")
    drawn = np.stack([_object(generator, down, across) for _ in range(count)])
    pixels = drawn.reshape(count, side, OVERSAMPLING, side, OVERSAMPLING, 3).mean((2, 4)).astype(np.float32)
    pixels.setflags(write=False)
    return pixels


def _object(
    generator: np.random.Generator, down: Float[np.ndarray, "y x"], across: Float[np.ndarray, "y x"]
) -> Float[np.ndarray, "y x rgb"]:
    """Paint one object on the background."""
    angle, radius = np.arctan2(down, across), np.hypot(down, across)
    outline = np.full_like(radius, generator.uniform(0.65, 0.85))
    for lobes in range(2, 6):
        outline += generator.uniform(0, 0.3 / lobes) * np.cos(lobes * angle + generator.uniform(0, 2 * np.pi))
    direction, frequency, phase = generator.uniform(0, np.pi), generator.uniform(1, 6), generator.uniform(0, 2 * np.pi)
    wave = np.sin(frequency * (np.cos(direction) * across + np.sin(direction) * down) + phase)
    one, other = generator.uniform(0, 1, (2, 3))
    filling = np.where(wave[..., None] > 0, one, other)
    return np.where((radius < outline)[..., None], filling, BACKGROUND)


@lru_cache(maxsize=8)
def folder_objects(folder: Path, side: int, images: ImageSet) -> Float[np.ndarray, "object side side rgb"]:
    """Read a folder of images, resized; in the order of their names every second one is held out.

    Returns
    -------
    Brightness from 0 to 1; read-only. Transparent parts show the background.

    Raises
    ------
    ConfigurationError
        If the folder is missing, an image cannot be read, or there are fewer than 4.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"no folder of stimuli at {folder}: give a folder of PNG or JPEG images")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if len(paths) < 4:
        raise ConfigurationError(
            f"{folder} holds {len(paths)} images: give at least 4 (of {', '.join(sorted(ENDINGS))}), "
            "two to train with and two held out"
        )
    chosen = paths[0::2] if images == "training" else paths[1::2]
    pixels = np.stack([_read(path, side) for path in chosen])
    pixels.setflags(write=False)
    return pixels


def _read(path: Path, side: int) -> Float[np.ndarray, "side side rgb"]:
    try:
        with Image.open(path) as image:
            content = image.convert("RGBA").resize((side, side), Image.Resampling.BOX)
    except (OSError, UnidentifiedImageError):
        raise ConfigurationError(f"stimulus {path} is no image that can be read: remove or replace it") from None
    rgba = np.asarray(content, dtype=np.float32) / 255
    opacity = rgba[..., 3:]
    return rgba[..., :3] * opacity + BACKGROUND * (1 - opacity)

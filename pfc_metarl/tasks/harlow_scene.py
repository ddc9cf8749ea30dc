"""What a subject sees in Harlow's task: a strip with a fixation cross or two objects, through a window.

The strip is wider than the window. Looking left or right moves the window; the scene stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field, PlainSerializer
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.stimuli import BACKGROUND, ImageSet, folder_objects, procedural_objects
from pfc_metarl.tasks.task import draw_below

# Pixels: the window, the side of an object, and how far an object's centre lies from the scene's.
HEIGHT, WIDTH, CHANNELS = 16, 32, 3
OBJECT = 12
ECCENTRICITY = 8

# Half the cross's length and half its thickness, in pixels.
ARM, HALF = 3, 1

# Scenes in the order in which they are kept.
CROSS, STRAIGHT, SWAPPED = 0, 1, 2
SCENES = 3


class HarlowConfiguration(Configuration):
    """Two unfamiliar objects, one of which is always rewarded; a new pair every episode."""

    trials: Annotated[int, Field(ge=1, le=1000)] = 6
    """Trials per pair of objects, which is an episode. Example: --trials 10"""

    correct_reward: Annotated[float, Field(ge=-1000.0, le=1000.0)] = 1.0
    """Earned by choosing the rewarded object (2016: 1, released level: 5). Example: --correct-reward 5"""

    wrong_reward: Annotated[float, Field(ge=-1000.0, le=1000.0)] = -1.0
    """Earned by choosing the other object (2016: -1, released level: -5). Example: --wrong-reward -5"""

    images: ImageSet = "training"
    """Which objects are shown: those for training, or those never trained with. Example: --images held-out"""

    objects: Annotated[int, Field(ge=2, le=100_000)] = 1000
    """Procedural objects in each of the two sets. Example: --objects 2000"""

    object_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the procedural objects. Example: --object-seed 1"""

    stimuli: Annotated[Path, PlainSerializer(str)] | None = None
    """A folder of images to show instead; every second one is held out. Example: --stimuli my_images"""


def load_objects(configuration: HarlowConfiguration) -> Float[Tensor, "object height width rgb"]:
    """Objects of the configured set."""
    if configuration.stimuli is not None:
        pixels = folder_objects(configuration.stimuli, OBJECT, configuration.images)
    else:
        pixels = procedural_objects(configuration.objects, OBJECT, configuration.object_seed, configuration.images)
    return torch.tensor(pixels)


def draw_pair(uniform: Float[Tensor, "subject episode 2"], objects: int) -> Int[Tensor, "subject episode 2"]:
    """Draw two different objects from two uniform numbers."""
    first, other = draw_below(uniform[..., 0], objects), draw_below(uniform[..., 1], objects - 1)
    return torch.stack([first, other + (other >= first)], dim=-1)


def window_views(
    pair: Float[Tensor, "subject episode 2 height width rgb"], shifts: int
) -> Float[Tensor, "subject episode view pixel"]:
    """Every view that an episode can offer: three scenes, each seen from every position of the gaze.

    Parameters
    ----------
    pair : the two objects; "straight" shows the first one left, "swapped" shows it right.
    shifts : shifts of the gaze from the centre to an object; 0 for a gaze that never moves.

    Returns
    -------
    View ``scene * (2 shifts + 1) + position``, position 0 being the leftmost; pixels flattened
    from height, width and channel, from -1 (black) over 0 (background) to 1.
    """
    subjects, episodes = pair.shape[:2]
    middle = (WIDTH + 2 * ECCENTRICITY) // 2
    scenes = pair.new_full((subjects, episodes, SCENES, HEIGHT, 2 * middle, CHANNELS), BACKGROUND)
    scenes[:, :, CROSS, HEIGHT // 2 - HALF : HEIGHT // 2 + HALF, middle - ARM : middle + ARM] = 0
    scenes[:, :, CROSS, HEIGHT // 2 - ARM : HEIGHT // 2 + ARM, middle - HALF : middle + HALF] = 0
    top = (HEIGHT - OBJECT) // 2
    for side in (0, 1):
        left = middle - OBJECT // 2 + (2 * side - 1) * ECCENTRICITY
        place = (slice(top, top + OBJECT), slice(left, left + OBJECT))
        scenes[:, :, STRAIGHT, *place] = pair[:, :, side]
        scenes[:, :, SWAPPED, *place] = pair[:, :, 1 - side]
    windows = []
    for position in range(-shifts, shifts + 1):
        left = middle - WIDTH // 2 + (position * ECCENTRICITY // shifts if shifts else 0)
        windows.append(scenes[..., left : left + WIDTH, :])
    views = torch.stack(windows, dim=3)
    # The background is nothing, 0; so the encoder starts with differences and not with what never changes.
    return (views.flatten(2, 3).flatten(3) - BACKGROUND) / BACKGROUND


def look(
    views: Float[Tensor, "subject episode view pixel"], view: Int[Tensor, "subject episode"]
) -> Float[Tensor, "subject episode pixel"]:
    """Pick what is seen in each episode."""
    index = view[..., None, None].expand(*view.shape, 1, views.shape[-1])
    return views.gather(2, index)[..., 0, :]

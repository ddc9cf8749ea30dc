"""The one function that builds the network's input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field, field_validator
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task

# In fours, as every product's columns are (ARCHITECTURE.md, "Shapes").
Channels = Annotated[int, Field(ge=4, le=4096, multiple_of=4)]


class InputConfiguration(Configuration):
    """Which channels reach the network besides the observation (Wang et al. 2018, Methods)."""

    action_input: bool = True
    """Feed the previous action, one-hot. Example: --no-action-input"""

    reward_input: bool = True
    """Feed the previous reward. Example: --no-reward-input"""

    time_input: bool = True
    """Feed the time in the episode, as a fraction from 0 to 1 (Wang et al. 2016 bandits; not Sims 1-6 of 2018).
    Example: --no-time-input"""

    image: tuple[int, int, int] | None = None
    """Height, width and channels of an observation that is an image, seen through a convolutional
    encoder; a task that shows images sets it. Example: --image 16 32 3"""

    image_channels: tuple[Channels, Channels] = (16, 32)
    """Channels of the encoder's two convolutions. Example: --image-channels 8 16"""

    image_features: Channels = 64
    """Features that the encoder hands on. Example: --image-features 32"""

    @field_validator("image")
    @classmethod
    def _in_patches(cls, image: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
        if image is not None and (min(image) < 1 or image[0] % 8 or image[1] % 8):
            raise ValueError("height and width must be multiples of 8, such as (16, 32, 3)")
        return image


def input_size(task: Task, inputs: InputConfiguration) -> int:
    """Length of the input vector.

    Raises
    ------
    ConfigurationError
        If the task's observation is not an image of the size that the encoder expects.
    """
    if inputs.image is not None and math.prod(inputs.image) != task.features:
        raise ConfigurationError(
            f"the encoder expects images of {inputs.image} = {math.prod(inputs.image)} numbers, the task shows "
            f"{task.features}: leave 'image' to the task"
        )
    seen = task.features if inputs.image is None else inputs.image_features
    return seen + task.actions * inputs.action_input + inputs.reward_input + inputs.time_input


def input_channels(inputs: InputConfiguration, size: int, actions: int) -> dict[str, range]:
    """Where each channel stands in the input vector of ``build_input``; one that is not in use has no place."""
    lengths = {"action": actions * inputs.action_input, "reward": int(inputs.reward_input), "time": inputs.time_input}
    first = size - sum(lengths.values())
    places = {"observation": range(first)}
    for name, length in lengths.items():
        places[name] = range(first, first + length)
        first += length
    return {name: place for name, place in places.items() if place}


def build_input(senses: Senses, inputs: InputConfiguration) -> Float[Tensor, "subject episode input"]:
    """Join observation, previous action, previous reward and time, in this order.

    Parameters
    ----------
    senses : what the subject receives at this step.
    inputs : the channels in use.

    References
    ----------
    Wang et al. (2018), Methods: "x_t = [o_t, a_{t-1}, r_{t-1}]".
    """
    reward = senses.previous_reward[..., None]
    channels = [senses.observation]
    if inputs.action_input:
        channels.append(senses.previous_action)
    if inputs.reward_input:
        channels.append(reward)
    if inputs.time_input:
        channels.append(torch.full_like(reward, senses.step / senses.horizon))
    return torch.cat(channels, dim=-1)


def input_places(
    received: Float[Tensor, "subject episode input"], inputs: InputConfiguration, actions: int
) -> dict[str, Tensor]:
    """Views of each channel's place in memory for an input vector, for ``write_input``."""
    channels = input_channels(inputs, received.shape[-1], actions)
    return {name: received[..., place.start : place.stop] for name, place in channels.items()}


def write_input(senses: Senses, places: Mapping[str, Tensor]) -> None:
    """Write what ``build_input`` would return to where it is needed: several times faster, for its rows are short."""
    for name, place in places.items():
        if name == "observation":
            place.copy_(senses.observation)
        elif name == "action":
            place.copy_(senses.previous_action)
        elif name == "reward":
            place.copy_(senses.previous_reward[..., None])
        else:
            place.fill_(senses.step / senses.horizon)


def prediction_error(
    senses: Senses,
    value: Float[Tensor, "subject episode"],
    previous_value: Float[Tensor, "subject episode"] | None,
    discount: float,
) -> Float[Tensor, "subject episode"]:
    r"""Error of the last step, :math:`\delta_{t-1} = r_{t-1} + \gamma V_t - V_{t-1}`.

    Zero at an episode's first step, which has no previous value.

    References
    ----------
    Wang et al. (2018), Simulation 6: the error takes the reward's place in the policy network's input.
    """
    if previous_value is None:
        return torch.zeros_like(value)
    return senses.previous_reward + discount * value - previous_value

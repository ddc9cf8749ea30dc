"""From pixels to features: a small convolutional encoder, one per subject."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

# Side of the square patches that each convolution reads; patches do not overlap.
SIDES = (4, 2)

Image = tuple[int, int, int]


class ConvolutionalEncoder:
    """Two convolutions whose stride is their kernel's side, then a dense layer; ReLU after each.

    With patches that do not overlap, a convolution is a reshape and one matrix product, so
    that subjects with weights of their own share it as they share the recurrent layer's.

    Wang et al. (2018) give no shape for the encoder of Simulation 5; this one is ours.

    Parameters
    ----------
    image : height, width and channels; both sides must be multiples of 8.
    channels : of the two convolutions.
    features : length of the result.
    """

    def __init__(self, image: Image, channels: tuple[int, int], features: int) -> None:
        self.image = image
        self.layers = tuple(zip(SIDES, channels, strict=True))
        self.features = features

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each weight of one subject."""
        height, width, channels = self.image
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (side, outputs) in enumerate(self.layers, start=1):
            shapes[f"encoder_weight_{number}"] = (side * side * channels, outputs)
            shapes[f"encoder_bias_{number}"] = (outputs,)
            height, width, channels = height // side, width // side, outputs
        shapes["encoder_weight_dense"] = (height * width * channels, self.features)
        shapes["encoder_bias_dense"] = (self.features,)
        return shapes

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights, scaled so that activity keeps its size (He et al. 2015)."""
        return {
            name: np.zeros(shape) if "bias" in name else generator.normal(0, math.sqrt(2 / shape[0]), shape)
            for name, shape in self.shapes().items()
        }

    def encode(
        self, weights: Mapping[str, Tensor], pixels: Float[Tensor, "subject *batch pixel"]
    ) -> Float[Tensor, "subject *batch encoded"]:
        """Turn images, flattened from height, width and channel, into features."""
        subjects, batch = len(pixels), pixels.shape[1:-1]
        seen = pixels.reshape(subjects, math.prod(batch), *self.image)
        for number, (side, _) in enumerate(self.layers, start=1):
            patches = _patches(seen, side)
            flat = _layer(weights, str(number), patches.flatten(1, 3))
            seen = flat.view(*patches.shape[:-1], flat.shape[-1])
        return _layer(weights, "dense", seen.flatten(2)).view(subjects, *batch, self.features)


def _patches(
    seen: Float[Tensor, "subject image height width channel"], side: int
) -> Float[Tensor, "subject image row column patch"]:
    """Cut images into square patches, each flattened in the order height, width, channel."""
    subjects, images, height, width, channels = seen.shape
    split = seen.view(subjects, images, height // side, side, width // side, side, channels)
    return split.transpose(3, 4).reshape(subjects, images, height // side, width // side, side * side * channels)


def _layer(
    weights: Mapping[str, Tensor], name: str, rows: Float[Tensor, "subject row input"]
) -> Float[Tensor, "subject row output"]:
    return torch.relu(torch.baddbmm(weights[f"encoder_bias_{name}"][:, None], rows, weights[f"encoder_weight_{name}"]))

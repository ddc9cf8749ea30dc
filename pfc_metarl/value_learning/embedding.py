"""From what is seen to features that are learned: one encoder per subject, convolutional for pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.encoder import ConvolutionalEncoder
from pfc_metarl.tasks.task import Task

# Channels of the two convolutions.
IMAGE_CHANNELS = (16, 32)


class DenseEncoder:
    """One layer of rectified units, for observations that are no pictures."""

    def __init__(self, inputs: int, features: int) -> None:
        self.inputs = inputs
        self.features = features

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each weight of one subject."""
        return {"encoder_weight": (self.inputs, self.features), "encoder_bias": (self.features,)}

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights, scaled so that activity keeps its size (He et al. 2015)."""
        weight = generator.normal(0, math.sqrt(2 / max(self.inputs, 1)), (self.inputs, self.features))
        return {"encoder_weight": weight, "encoder_bias": np.zeros(self.features)}

    def encode(
        self, weights: Mapping[str, Tensor], seen: Float[Tensor, "subject row seen"]
    ) -> Float[Tensor, "subject row encoded"]:
        """Turn observations into features."""
        return torch.relu(torch.baddbmm(weights["encoder_bias"][:, None], seen, weights["encoder_weight"]))


Encoder = DenseEncoder | ConvolutionalEncoder


def encoder_for(task: Task[Any], features: int) -> Encoder:
    """Make the encoder that a task's observations need."""
    if task.image is None:
        return DenseEncoder(task.features, features)
    return ConvolutionalEncoder(task.image, IMAGE_CHANNELS, features)


def draw_weights(encoder: Encoder, streams: Streams) -> dict[str, Tensor]:
    """Draw the weights of every subject from its own stream."""
    drawn = [encoder.draw(generator) for generator in streams.generators("embedding")]
    return {
        name: torch.from_numpy(np.stack([own[name] for own in drawn]).astype(np.float32)).requires_grad_()
        for name in drawn[0]
    }

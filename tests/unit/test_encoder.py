"""The encoder is a convolution, and images reach the network through it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.encoder import ConvolutionalEncoder
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import make_task

IMAGE, CHANNELS, FEATURES = (16, 24, 3), (8, 12), 8


def weights_of(encoder: ConvolutionalEncoder, subjects: int) -> dict[str, torch.Tensor]:
    generators = [np.random.default_rng(seed) for seed in range(subjects)]
    drawn = [encoder.draw(generator) for generator in generators]
    shaken = torch.Generator().manual_seed(0)
    stacked = {name: torch.from_numpy(np.stack([each[name] for each in drawn])) for name in drawn[0]}
    return {name: weight + 0.1 * torch.randn(weight.shape, generator=shaken) for name, weight in stacked.items()}


def test_it_is_torchs_convolution_subject_by_subject() -> None:
    encoder = ConvolutionalEncoder(IMAGE, CHANNELS, FEATURES)
    weights = weights_of(encoder, subjects=2)
    height, width, channels = IMAGE
    pixels = torch.rand(2, 3, 5, height * width * channels, dtype=torch.float64)
    found = encoder.encode(weights, pixels)
    assert found.shape == (2, 3, 5, FEATURES)
    for subject in range(2):
        seen = pixels[subject].reshape(15, height, width, channels).permute(0, 3, 1, 2)
        for number, (side, outputs) in enumerate(zip((4, 2), CHANNELS, strict=True), start=1):
            kernel = weights[f"encoder_weight_{number}"][subject].view(side, side, -1, outputs).permute(3, 2, 0, 1)
            bias = weights[f"encoder_bias_{number}"][subject]
            seen = torch.relu(torch.nn.functional.conv2d(seen, kernel, bias, stride=side))
        flat = seen.permute(0, 2, 3, 1).flatten(1)
        dense = torch.relu(flat @ weights["encoder_weight_dense"][subject] + weights["encoder_bias_dense"][subject])
        torch.testing.assert_close(found[subject].reshape(15, FEATURES), dense)


def test_activity_keeps_its_size_at_first() -> None:
    encoder = ConvolutionalEncoder(IMAGE, (16, 32), 64)
    weights = {name: torch.from_numpy(weight)[None] for name, weight in encoder.draw(np.random.default_rng(0)).items()}
    pixels = torch.randn(1, 200, 16 * 24 * 3, dtype=torch.float64)
    assert 0.5 < float(encoder.encode(weights, pixels).square().mean()) < 2


@pytest.mark.parametrize("image", [(10, 16, 3), (16, 12, 3), (0, 16, 3)])
def test_an_image_that_cannot_be_cut_into_patches_is_refused(image: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigurationError, match="multiples of 8"):
        NetworkConfiguration(image=image)


def test_an_image_of_another_size_than_the_tasks_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="leave 'image' to the task"):
        input_size(make_task("harlow"), NetworkConfiguration(image=(8, 8, 3)))


def test_a_task_of_images_is_learned_through_the_encoder_and_recorded_with_it() -> None:
    task: Any = make_task("harlow", longest=4)
    training = TrainingConfiguration(updates=1, episodes=2)
    network = NetworkConfiguration(units=8, initial_state="zero")
    population = train(task, subjects=2, network=network, training=training, quiet=True)
    assert population.configuration.image == task.image
    before = Population.draw(population.configuration, population.inputs, 3, Streams(0, [0, 1])).weights
    for name, weight in population.weights.items():
        assert not torch.equal(weight, before[name]), f"{name} was not trained"
    assert record(freeze(population), task, episodes=2).sizes["unit"] == 8

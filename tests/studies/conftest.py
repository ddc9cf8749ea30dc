"""Networks that have learned nothing, on which a study's evaluation can be tried in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Recipe

SUBJECTS = 2


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def untrained() -> Callable[..., Population]:
    """Draw two subjects of a recipe before any training; ``changes`` are settings of the network."""

    def draw(recipe: Recipe, seed: int = 100, **changes: Any) -> Population:
        task = recipe.make_task()
        network = recipe.network.model_copy(update=changes).seeing(task)
        return Population.draw(network, input_size(task, network), task.actions, Streams(seed, range(SUBJECTS)))

    return draw

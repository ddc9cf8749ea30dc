"""The episodic memory by itself: what is found, what gives way, and how neighbours are weighed."""

from __future__ import annotations

import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from pfc_metarl.network.memory import SMALLEST_DISTANCE, EpisodicMemory, MemoryConfiguration

NEAREST = MemoryConfiguration()


def empty(slots: int = 3, features: int = 2, subjects: int = 1, episodes: int = 1, units: int = 1) -> EpisodicMemory:
    return EpisodicMemory.empty(torch.zeros(subjects, episodes, units, dtype=torch.float64), slots, features)


def one(*numbers: float) -> Tensor:
    """A cue, context or state of a single subject in a single episode."""
    return torch.tensor(numbers, dtype=torch.float64)[None, None]


def found(memory: EpisodicMemory, *cue: float, settings: MemoryConfiguration = NEAREST) -> float:
    return float(memory.recall(one(*cue), settings))


def test_an_empty_memory_gives_nothing() -> None:
    for settings in (NEAREST, MemoryConfiguration(memory_neighbours=2)):
        assert found(empty(), 1, 0, settings=settings) == 0


def test_the_nearest_key_by_angle_is_not_the_nearest_by_distance() -> None:
    memory = empty().store(one(10, 0), one(7.0)).store(one(0, 1), one(8.0))
    assert found(memory, 1, 0.5) == 7
    assert found(memory, 1, 0.5, settings=MemoryConfiguration(memory_distance="euclidean")) == 8


def test_a_context_seen_again_keeps_only_its_last_state() -> None:
    memory = empty().store(one(1, 1), one(3.0)).store(one(1, -1), one(4.0)).store(one(1, 1), one(5.0))
    assert found(memory, 1, 1) == 5
    assert found(memory, 1, -1) == 4
    assert memory.stored_at[0, 0].tolist() == [3, 2, 0]


def test_the_slot_written_longest_ago_gives_way() -> None:
    memory = empty(slots=2, features=3)
    for state, context in enumerate([(1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)], start=1):
        memory = memory.store(one(*context), one(float(state)))
    # The first context was stored again after the second, which therefore made room for the third.
    assert sorted(memory.values.flatten().tolist()) == [3, 4]
    assert found(memory, 1, 0, 0) == 3
    assert found(memory, 0, 0, 1) == 4


def test_nothing_is_stored_or_recalled_where_all_features_are_zero() -> None:
    memory = empty().store(one(1, 0), one(3.0))
    assert found(memory, 0, 0) == 0
    assert found(memory, 0, 0, settings=MemoryConfiguration(memory_neighbours=3)) == 0
    unchanged = memory.store(one(0, 0), one(9.0))
    for name, tensor in memory.tensors().items():
        assert torch.equal(tensor, unchanged.tensors()[name])


def test_neighbours_are_weighed_by_the_inverse_distance_kernel() -> None:
    settings = MemoryConfiguration(memory_neighbours=2, memory_distance="euclidean")
    memory = empty().store(one(1, 0), one(10.0)).store(one(3, 0), one(20.0)).store(one(9, 0), one(1000.0))
    # Squared distances from (2.5, 0) are 2.25 and .25; the third key is no neighbour.
    weights = [1 / (2.25 + SMALLEST_DISTANCE), 1 / (0.25 + SMALLEST_DISTANCE)]
    expected = (10 * weights[0] + 20 * weights[1]) / sum(weights)
    assert found(memory, 2.5, 0, settings=settings) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("neighbours", [1, 4])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_neighbours_are_those_that_scikit_learn_finds(neighbours: int, distance: str) -> None:
    generator = torch.Generator().manual_seed(1)
    subjects, episodes, slots, features, units = 2, 3, 20, 5, 4
    memory = empty(slots, features, subjects, episodes, units)
    for _ in range(slots):
        context, state = (
            torch.randn(subjects, episodes, size, generator=generator, dtype=torch.float64)
            for size in (features, units)
        )
        memory = memory.store(context, state)
    cue = torch.randn(subjects, episodes, features, generator=generator, dtype=torch.float64)
    settings = MemoryConfiguration(memory_neighbours=neighbours, memory_distance=distance)  # pyright: ignore[reportArgumentType]
    recalled = memory.recall(cue, settings)
    for subject in range(subjects):
        for episode in range(episodes):
            keys, values = memory.keys[subject, episode].numpy(), memory.values[subject, episode]
            search = NearestNeighbors(n_neighbors=neighbours, metric=distance, algorithm="brute").fit(keys)
            far, slot = search.kneighbors(cue[subject, episode][None].numpy())
            kernel = torch.from_numpy(1 / (far[0] ** (2 if distance == "euclidean" else 1) + SMALLEST_DISTANCE))
            expected = (kernel[:, None] * values[slot[0]]).sum(0) / kernel.sum()
            torch.testing.assert_close(recalled[subject, episode], expected)


def test_no_gradient_reaches_what_is_stored() -> None:
    state = one(2.0).requires_grad_()
    context = one(1, 0).requires_grad_()
    memory = empty().store(context, state)
    assert not any(tensor.requires_grad for tensor in memory.tensors().values())


def test_storing_leaves_the_earlier_memory_as_it_was() -> None:
    before = empty().store(one(1, 0), one(3.0))
    before.store(one(1, 0), one(4.0))
    assert found(before, 1, 0) == 3


def test_a_memory_takes_up_a_checkpoint_where_it_is() -> None:
    read = empty().store(one(1, 0), one(3.0)).tensors()
    elsewhere = EpisodicMemory.empty(torch.zeros(1, 1, 1, dtype=torch.float64, device="meta"), slots=3, features=2)
    assert {tensor.device.type for tensor in elsewhere.holding(read).tensors().values()} == {"meta"}
    for name, tensor in empty().holding(read).tensors().items():
        assert torch.equal(tensor, read[name])
        assert tensor.data_ptr() != read[name].data_ptr()

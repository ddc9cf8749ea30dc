"""Epochs bring every context as often as they say, and tell contexts apart."""

from __future__ import annotations

from itertools import combinations
from math import comb, perm
from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.recurrence import (
    Meeting,
    Recurrence,
    RecurrenceConfiguration,
    barcodes,
    draw_different,
    pictures,
)

EPOCHS = 4000


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def epochs(count: int = EPOCHS, seed: int = 0, **settings: Any) -> tuple[Recurrence, list[Meeting]]:
    """All episodes of many epochs, position by position."""
    configuration = RecurrenceConfiguration(**settings)
    recurrence = Recurrence(configuration, barcodes(configuration.bits))
    drawn = uniform(1, count, recurrence.draws, seed=seed)
    return recurrence, [recurrence.meet(position, drawn) for position in range(recurrence.episodes)]


def stacked(meetings: list[Meeting], name: str) -> Tensor:
    return torch.stack([getattr(meeting, name) for meeting in meetings], dim=-1)


def test_every_context_comes_as_often_as_the_bag_holds_it() -> None:
    _, meetings = epochs(50)
    context = stacked(meetings, "context")
    for each in range(10):
        assert bool(((context == each).sum(-1) == 10).all())


def test_equal_draws_still_make_a_full_bag() -> None:
    """Keys that tie are told apart by their place; none is drawn twice and none is left."""
    recurrence = Recurrence(RecurrenceConfiguration(contexts=3, exposures=2), barcodes(10))
    drawn = torch.full((1, 1, recurrence.draws), 0.25)
    context = [int(recurrence.meet(position, drawn).context) for position in range(6)]
    assert sorted(context) == [0, 0, 1, 1, 2, 2]


def test_exposures_are_counted_from_one() -> None:
    _, meetings = epochs(50, contexts=3, exposures=4)
    context, exposure = stacked(meetings, "context"), stacked(meetings, "exposure")
    for position in range(context.shape[-1]):
        before = (context[..., :position] == context[..., position, None]).sum(-1)
        assert torch.equal(exposure[..., position], before + 1)


def test_every_order_of_the_bag_is_equally_likely() -> None:
    _, meetings = epochs(contexts=2, exposures=2)
    orders, counts = stacked(meetings, "context")[0].unique(dim=0, return_counts=True)
    assert len(orders) == comb(4, 2)
    assert (counts - EPOCHS / 6).abs().max() < 5 * (EPOCHS * 5 / 36) ** 0.5


def test_a_context_looks_the_same_at_every_exposure_and_like_no_other() -> None:
    recurrence, meetings = epochs(200, contexts=4, exposures=3, bits=3)
    context, code = stacked(meetings, "context"), stacked(meetings, "code")
    for one, other in combinations(range(recurrence.episodes), 2):
        assert torch.equal(context[..., one] == context[..., other], code[..., one] == code[..., other])
    for meeting in meetings:
        assert torch.equal(meeting.shown, recurrence.looks[meeting.code])


def test_an_epoch_has_an_end() -> None:
    recurrence, _ = epochs(1, contexts=2, exposures=2)
    with pytest.raises(ConfigurationError, match="episodes 0 to 3, not 4"):
        recurrence.meet(4, uniform(1, 1, recurrence.draws))


def test_there_are_enough_barcodes() -> None:
    with pytest.raises(ConfigurationError, match="9 contexts need different barcodes, and 3 bits make 8"):
        RecurrenceConfiguration(contexts=9, bits=3)


def test_bits_are_flipped_as_often_as_asked_and_for_each_episode_anew() -> None:
    recurrence, meetings = epochs(400, contexts=2, exposures=3, flip_probability=0.3)
    true = torch.stack([recurrence.looks[meeting.code] for meeting in meetings])
    flipped = torch.stack([meeting.shown for meeting in meetings]) != true
    expected = 0.3 * flipped.numel()
    assert abs(float(flipped.sum()) - expected) < 5 * (expected * 0.7) ** 0.5
    # Two bits, and the same bit in two episodes, are flipped together by chance only.
    for one, other in ((flipped[..., 0], flipped[..., 1]), (flipped[0], flipped[1])):
        together = (one & other).float().mean()
        assert abs(float(together) - 0.09) < 5 * (0.09 * 0.91 / one.numel()) ** 0.5


def test_flips_change_nothing_else() -> None:
    _, plain = epochs(20)
    settings = RecurrenceConfiguration(flip_probability=1.0)
    flipping = Recurrence(settings, barcodes(10))
    drawn = torch.cat([uniform(1, 20, 120), uniform(1, 20, 1000, seed=1)], dim=-1)
    assert drawn.shape[-1] == flipping.draws
    for position, meeting in enumerate(plain):
        other = flipping.meet(position, drawn)
        assert torch.equal(meeting.context, other.context)
        assert torch.equal(meeting.code, other.code)
        assert torch.equal(meeting.shown, -other.shown)


def test_barcodes_are_all_different_and_never_zero() -> None:
    table = barcodes(3)
    assert table.tolist()[0] == [-1, -1, -1]
    assert table.tolist()[5] == [1, -1, 1]
    assert len(table.unique(dim=0)) == 8


def test_pictures_are_all_different_and_the_same_every_time() -> None:
    table = pictures(1024, side=8, seed=0)
    assert table.shape == (1024, 64)
    assert table.unique().tolist() == [-1, 1]
    assert len(table.unique(dim=0)) == 1024
    assert torch.equal(table, pictures(1024, side=8, seed=0))
    # Where there are hardly enough, all are found.
    assert len(pictures(16, side=2, seed=3).unique(dim=0)) == 16


def test_every_sequence_of_different_numbers_is_equally_likely() -> None:
    drawn = draw_different(uniform(EPOCHS, 4), 4)
    sequences, counts = drawn.unique(dim=0, return_counts=True)
    assert len(sequences) == perm(4, 2)
    assert (counts - EPOCHS / 12).abs().max() < 5 * (EPOCHS * 11 / 144) ** 0.5


def test_all_numbers_can_be_drawn() -> None:
    assert sorted(draw_different(uniform(14), 7).tolist()) == list(range(7))

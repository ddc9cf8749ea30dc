"""Actions are sampled from the softmax by inverting its cumulative distribution."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pfc_metarl.network.population import choose

JUST_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))


@pytest.mark.parametrize("probability", [(0.5, 0.5), (0.9, 0.1), (0.1, 0.2, 0.7), (0.25, 0.05, 0.3, 0.4)])
def test_actions_come_as_often_as_the_policy_says(probability: tuple[float, ...]) -> None:
    draws = 40_000
    uniform = torch.from_numpy(np.random.default_rng(1).random((2, draws), dtype=np.float32))
    logits = (torch.tensor(probability).log() + 3.0).expand(2, draws, -1)
    action = choose(logits, uniform)
    for subject in range(2):
        count = np.bincount(action[subject].numpy(), minlength=len(probability))
        expected = draws * np.array(probability)
        # 99.99 % quantile of chi-square with 3 degrees of freedom, the most here
        assert ((count - expected) ** 2 / expected).sum() < 21.1


def test_the_interval_of_an_action_begins_at_the_cumulative_probability_before_it() -> None:
    logits = torch.tensor([0.25, 0.5, 0.25]).log().expand(1, 6, 3)
    uniform = torch.tensor([[0.0, 0.2499, 0.2501, 0.7499, 0.7501, float(JUST_BELOW_ONE)]])
    assert choose(logits, uniform).tolist() == [[0, 0, 1, 1, 2, 2]]


@pytest.mark.parametrize("actions", [2, 3, 7, 10, 49])
def test_every_number_from_zero_to_just_below_one_gives_an_action(actions: int) -> None:
    logits = torch.randn(1, 2, actions, generator=torch.Generator().manual_seed(0))
    chosen = choose(logits, torch.tensor([[0.0, float(JUST_BELOW_ONE)]]))
    assert chosen.tolist() == [[0, actions - 1]]


def test_an_impossible_first_action_is_not_taken() -> None:
    logits = torch.tensor([[[-torch.inf, 0.0, 0.0]]])
    assert choose(logits, torch.tensor([[0.0]])).item() == 1


def test_softmax_is_applied_once() -> None:
    # Applied twice, a policy of .999 would fall to .73.
    logits = torch.tensor([0.999, 0.001]).log().expand(1, 1, 2)
    assert choose(logits, torch.tensor([[0.9]])).item() == 0

"""Returns and prediction errors against numbers worked out by hand and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pfc_metarl.learning.returns import generalised_advantage, n_step_advantage, reward_prediction_error

# Three steps, discount 0.5. V = (1, 2, 4), r = (1, 0, 8).
REWARD = torch.tensor([[[1.0, 0.0, 8.0]]])
VALUE = torch.tensor([[[1.0, 2.0, 4.0]]])
AT_END = torch.tensor([[[False, False, True]]])
EARLY = torch.tensor([[[False, True, True]]])


def by_hand(*numbers: float) -> torch.Tensor:
    return torch.tensor([[numbers]])


def random_batch(steps: int = 11) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    reward = torch.randn(2, 3, steps, generator=generator)
    value = torch.randn(2, 3, steps, generator=generator)
    ended = torch.zeros(2, 3, steps, dtype=torch.bool)
    ended[..., -1] = True
    ended[0, 1, 4:] = True
    ended[1, 2, 0:] = True
    return reward, value, ended


def plain_n_step(reward: np.ndarray, value: np.ndarray, ended: np.ndarray, discount: float, unroll: int) -> np.ndarray:
    """The paper's equation, term by term, for one episode."""
    steps = len(reward)
    advantage = np.zeros(steps)
    for t in range(steps):
        stretch_end = min((t // unroll + 1) * unroll, steps)
        total, i = 0.0, 0
        while True:
            total += discount**i * reward[t + i]
            i += 1
            if ended[t + i - 1] or t + i == steps:
                break
            if t + i == stretch_end:
                total += discount**i * value[t + i]
                break
        advantage[t] = total - value[t]
    return advantage


def test_prediction_error_is_reward_plus_discounted_next_value_minus_value() -> None:
    # 1 + .5 * 2 - 1, 0 + .5 * 4 - 2, 8 + 0 - 4
    assert torch.equal(reward_prediction_error(REWARD, VALUE, AT_END, 0.5), by_hand(1.0, 0.0, 4.0))


def test_prediction_error_sees_no_value_beyond_an_early_end() -> None:
    # the second action ended the episode: 0 + 0 - 2
    assert torch.equal(reward_prediction_error(REWARD, VALUE, EARLY, 0.5), by_hand(1.0, -2.0, 4.0))


def test_prediction_error_treats_the_last_row_as_the_end() -> None:
    never = torch.zeros_like(AT_END)
    assert reward_prediction_error(REWARD, VALUE, never, 0.5)[0, 0, -1] == 4.0


def test_n_step_return_covers_the_whole_episode_when_the_stretch_is_long() -> None:
    # R = 1 + 0 + .25 * 8 = 3, .5 * 8 = 4, 8; minus V
    expected = by_hand(2.0, 2.0, 4.0)
    assert torch.equal(n_step_advantage(REWARD, VALUE, AT_END, 0.5, unroll=3), expected)
    assert torch.equal(n_step_advantage(REWARD, VALUE, AT_END, 0.5, unroll=100), expected)


def test_n_step_return_bootstraps_at_the_stretch_boundary() -> None:
    # stretches (0, 1) and (2): R_0 = 1 + 0 + .25 * V_2 = 2; R_1 = 0 + .5 * V_2 = 2; R_2 = 8
    assert torch.equal(n_step_advantage(REWARD, VALUE, AT_END, 0.5, unroll=2), by_hand(1.0, 0.0, 4.0))


def test_n_step_return_stops_at_an_early_end_without_bootstrapping() -> None:
    # R_0 = 1 + .5 * 0 = 1, R_1 = 0
    assert torch.equal(n_step_advantage(REWARD, VALUE, EARLY, 0.5, unroll=100)[..., :2], by_hand(0.0, -2.0))


def test_n_step_of_one_is_the_prediction_error() -> None:
    reward, value, ended = random_batch()
    torch.testing.assert_close(
        n_step_advantage(reward, value, ended, 0.9, unroll=1), reward_prediction_error(reward, value, ended, 0.9)
    )


@pytest.mark.parametrize("unroll", [1, 2, 3, 4, 5, 11, 40])
def test_n_step_return_equals_the_plain_equation(unroll: int) -> None:
    reward, value, ended = random_batch()
    found = n_step_advantage(reward, value, ended, 0.9, unroll).numpy()
    for subject in range(2):
        for episode in range(3):
            own = tuple(x[subject, episode].numpy() for x in (reward, value, ended))
            last = int(np.argmax(own[2])) + 1  # what follows an end does not count
            np.testing.assert_allclose(
                found[subject, episode, :last], plain_n_step(*own, 0.9, unroll)[:last], rtol=1e-5, atol=1e-5
            )


def test_generalised_advantage_by_hand() -> None:
    # delta = (1, 0, 4), discount * lambda = .5 * .5: 1 + .25 * (0 + .25 * 4), 0 + .25 * 4, 4
    assert torch.equal(generalised_advantage(REWARD, VALUE, AT_END, 0.5, 0.5), by_hand(1.25, 1.0, 4.0))


def test_generalised_advantage_does_not_reach_over_an_early_end() -> None:
    # delta = (1, -2, .): 1 + .25 * -2, -2
    assert torch.equal(generalised_advantage(REWARD, VALUE, EARLY, 0.5, 0.5)[..., :2], by_hand(0.5, -2.0))


def test_lambda_one_is_the_full_return_minus_value() -> None:
    reward, value, ended = random_batch()
    torch.testing.assert_close(
        generalised_advantage(reward, value, ended, 0.9, 1.0),
        n_step_advantage(reward, value, ended, 0.9, unroll=1000),
        rtol=1e-5,
        atol=1e-5,
    )


def test_lambda_zero_is_the_prediction_error() -> None:
    reward, value, ended = random_batch()
    torch.testing.assert_close(
        generalised_advantage(reward, value, ended, 0.9, 0.0), reward_prediction_error(reward, value, ended, 0.9)
    )


def test_what_happens_after_an_end_changes_nothing_before_it() -> None:
    reward, value, ended = random_batch()
    other_reward, other_value = reward.clone(), value.clone()
    other_reward[0, 1, 5:] = 1e3
    other_value[0, 1, 5:] = -1e3
    for advantage in (
        lambda r, v: n_step_advantage(r, v, ended, 0.9, 4),
        lambda r, v: generalised_advantage(r, v, ended, 0.9, 0.95),
        lambda r, v: reward_prediction_error(r, v, ended, 0.9),
    ):
        assert torch.equal(advantage(reward, value)[0, 1, :5], advantage(other_reward, other_value)[0, 1, :5])


@pytest.mark.parametrize("trace", [0.0, 0.7, 1.0])
def test_the_kernel_sums_what_torch_sums(trace: float) -> None:
    """Double precision has no kernel."""
    reward, value, ended = random_batch(steps=100)
    on_kernel = generalised_advantage(reward, value, ended, 0.9, trace)
    in_torch = generalised_advantage(reward.double(), value.double(), ended, 0.9, trace)
    torch.testing.assert_close(on_kernel.double(), in_torch, rtol=1e-6, atol=1e-6)

"""The objective's gradient, against the paper's equation written out term by term."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pfc_metarl.learning.loss import actor_critic_loss

SHAPE = (2, 3, 4)  # subject episode step
ACTIONS = 3


def batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(2)
    return {
        "logits": torch.randn(*SHAPE, ACTIONS, generator=generator).requires_grad_(),
        "value": torch.randn(SHAPE, generator=generator).requires_grad_(),
        "action": torch.randint(ACTIONS, SHAPE, generator=generator),
        "advantage": torch.randn(SHAPE, generator=generator),
        "valid": torch.ones(SHAPE, dtype=torch.bool),
    }


def gradients(inputs: dict[str, Tensor], value_coefficient: float, entropy_coefficient: float) -> tuple[Tensor, Tensor]:
    loss = actor_critic_loss(**inputs, value_coefficient=value_coefficient, entropy_coefficient=entropy_coefficient)
    loss.sum().backward()
    logits, value = inputs["logits"].grad, inputs["value"].grad
    assert logits is not None
    assert value is not None
    return logits, value


def policy_term(inputs: dict[str, Tensor]) -> Tensor:
    """Delta times the gradient of log pi(a): one-hot minus pi, by the softmax's derivative."""
    policy = inputs["logits"].detach().softmax(-1)
    return inputs["advantage"][..., None] * (torch.eye(ACTIONS)[inputs["action"]] - policy)


def entropy_term(inputs: dict[str, Tensor]) -> Tensor:
    """Gradient of H with respect to logit j: -pi_j (log pi_j + H)."""
    policy = inputs["logits"].detach().softmax(-1)
    entropy = -(policy * policy.log()).sum(-1, keepdim=True)
    return -policy * (policy.log() + entropy)


@pytest.mark.parametrize(
    ("value_coefficient", "entropy_coefficient"), [(0.0, 0.0), (0.05, 0.0), (0.0, 0.3), (0.4, 0.05)]
)
def test_gradient_is_minus_the_papers_equation(value_coefficient: float, entropy_coefficient: float) -> None:
    inputs = batch()
    logits, value = gradients(inputs, value_coefficient, entropy_coefficient)
    per_episode = SHAPE[1]
    torch.testing.assert_close(
        logits, -(policy_term(inputs) + entropy_coefficient * entropy_term(inputs)) / per_episode, rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(value, -value_coefficient * inputs["advantage"] / per_episode)


def test_the_critic_gets_a_gradient() -> None:
    _, value = gradients(batch(), 0.05, 0.05)
    assert bool((value != 0).all())


def test_the_critic_moves_towards_its_target() -> None:
    inputs = batch()
    inputs["advantage"] = torch.ones(SHAPE)
    _, value = gradients(inputs, 1.0, 0.0)
    assert bool((value < 0).all())  # descending raises the value where the outcome was better than expected


def test_the_advantage_carries_no_gradient() -> None:
    inputs = batch()
    inputs["advantage"] = inputs["advantage"].requires_grad_()
    gradients(inputs, 0.05, 0.05)
    assert inputs["advantage"].grad is None


def test_steps_outside_an_episode_give_no_gradient() -> None:
    inputs = batch()
    inputs["valid"] = inputs["valid"].clone()
    inputs["valid"][0, 1, 2:] = False
    logits, value = gradients(inputs, 0.05, 0.05)
    assert not bool(logits[0, 1, 2:].any())
    assert not bool(value[0, 1, 2:].any())
    assert bool(logits[0, 1, :2].any())


def test_the_entropy_bonus_makes_the_policy_more_even() -> None:
    inputs = batch()
    inputs["advantage"] = torch.zeros(SHAPE)
    logits, _ = gradients(inputs, 0.0, 1.0)
    before = inputs["logits"].detach()
    after = before - 0.1 * logits

    def entropy(x: Tensor) -> Tensor:
        return torch.distributions.Categorical(logits=x).entropy()

    assert bool((entropy(after) > entropy(before)).all())


def test_a_subjects_loss_depends_on_its_own_rows_only() -> None:
    first, second = batch(), batch()
    second["advantage"] = second["advantage"].clone()
    second["advantage"][1] += 7
    one, other = (actor_critic_loss(**x, value_coefficient=0.05, entropy_coefficient=0.05) for x in (first, second))
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_loss_is_the_sum_over_steps_and_the_mean_over_episodes() -> None:
    inputs = batch()
    loss = actor_critic_loss(**inputs, value_coefficient=0.5, entropy_coefficient=0.1).detach()
    expected = torch.zeros(SHAPE[0])
    for subject in range(SHAPE[0]):
        for episode in range(SHAPE[1]):
            for step in range(SHAPE[2]):
                where = (subject, episode, step)
                policy = inputs["logits"].detach()[where].softmax(-1)
                delta = inputs["advantage"][where]
                expected[subject] += (
                    -delta * policy[inputs["action"][where]].log()
                    + 0.5 * 0.5 * delta**2
                    + 0.1 * (policy * policy.log()).sum()
                ) / SHAPE[1]
    torch.testing.assert_close(loss, expected)

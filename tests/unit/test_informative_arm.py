"""Arms with hidden information, pull by pull, against their rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from pfc_metarl.agents.reference.informative_arm import TargetOptimalAgent, TargetThompsonAgent, UntriedArmAgent
from pfc_metarl.analysis.informative_arm import asked_once, kind_of_pull, share_by_pull, used_the_answer
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.informative_arm import InformativeArm, InformativeArmConfiguration, InformativeArmState

INFORMATIVE = 10


def begin(number: int, **settings: Any) -> tuple[InformativeArm, InformativeArmState]:
    """One episode whose target is the arm with this number, counted from 1."""
    task = InformativeArm(InformativeArmConfiguration(**settings))
    state, shown = task.start(torch.tensor([[[(number - 0.5) / task.configuration.candidates]]]))
    assert not bool(shown.observation.any())
    assert int(state.target) == number - 1
    return task, state


def pull(task: InformativeArm, state: InformativeArmState, arm: int) -> tuple[float, list[float]]:
    _, shown = task.step(state, torch.tensor([[arm]]), torch.empty(1, 1, 0))
    return float(shown.reward), shown.observation.flatten().tolist()


@pytest.mark.parametrize("number", range(1, 11))
def test_the_target_pays_5_the_others_1_and_the_last_arm_a_tenth_of_the_targets_number(number: int) -> None:
    task, state = begin(number)
    paid = [pull(task, state, arm)[0] for arm in range(11)]
    expected = [5.0 if arm == number - 1 else 1.0 for arm in range(10)] + [number / 10]
    assert paid == pytest.approx(expected)
    assert task.expected_reward(state).flatten().tolist() == pytest.approx(expected)
    assert task.truth(state)["arm_reward"].values.flatten().tolist() == pytest.approx(expected)


def test_what_was_earned_is_shown_one_hot_from_the_smallest_amount() -> None:
    task, state = begin(3)
    # .1 to .9, then 1, which the tenth target's number and a wrong candidate share, then 5.
    assert task.features == 11
    for arm, place in ((INFORMATIVE, 2), (0, 9), (2, 10)):
        assert pull(task, state, arm)[1] == [float(each == place) for each in range(11)]
    task, state = begin(10)
    assert pull(task, state, INFORMATIVE)[1] == pull(task, state, 0)[1]


def test_every_candidate_is_as_often_the_target() -> None:
    task = InformativeArm()
    state, _ = task.start(((torch.arange(10_000) + 0.5) / 10_000)[None, :, None])
    assert torch.bincount(state.target.flatten()).tolist() == [1000] * 10


def test_the_belief_rules_out_what_would_have_paid_otherwise() -> None:
    task = InformativeArm(InformativeArmConfiguration(candidates=4, trials=4))
    action, reward = torch.tensor([[[1, 2, 4, 0]]]), torch.tensor([[[1.0, 1.0, 0.25, 5.0]]])
    believed = task.belief(action, reward)["believed_target"].values[0, 0]
    expected = [[1 / 4] * 4, [1 / 3, 0, 1 / 3, 1 / 3], [1 / 2, 0, 0, 1 / 2], [1, 0, 0, 0]]
    np.testing.assert_allclose(believed, expected, rtol=1e-6)


def test_a_target_that_pays_what_all_pay_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="a target must pay something else"):
        InformativeArmConfiguration(target_reward=1.0)


def test_reference_learners_do_what_they_are_called() -> None:
    task = InformativeArm()
    kinds = (TargetOptimalAgent, TargetThompsonAgent, UntriedArmAgent)
    optimal, thompson, untried = (record(kind(task, 2), task, 200, 3) for kind in kinds)
    assert bool((optimal["choice"].isel(step=0) == INFORMATIVE).all())
    assert bool((optimal["reward"].isel(step=slice(1, None)) == 5).all())
    assert not bool((thompson["choice"] == INFORMATIVE).any())
    # It stays with the target once it has found it, and tries no candidate twice before.
    reward = thompson["reward"].values
    assert (np.diff(reward, axis=-1) >= 0).all()
    for recording, searching in ((untried, np.ones_like(reward, bool)), (thompson, reward < 5)):
        for choice, own in zip(recording["choice"].values.reshape(-1, 5), searching.reshape(-1, 5), strict=True):
            assert len(set(choice[own])) == own.sum()


def test_a_reference_learner_refuses_other_rules() -> None:
    learner = TargetThompsonAgent(InformativeArm(), 1)
    for other in (Bandit(), InformativeArm(InformativeArmConfiguration(other_reward=2.0))):
        with pytest.raises(ConfigurationError, match="knows other rules"):
            record(learner, other, 1)


def episodes(*choices: list[int]) -> xr.Dataset:
    """One subject, target 2."""
    choice = xr.DataArray(np.array([choices]), dims=("subject", "episode", "step"))
    return xr.Dataset(
        {"choice": choice, "target_arm": xr.full_like(choice, 2), "previous_action": ("action", np.zeros(11))}
    )


def test_pulls_are_counted_as_by_hand() -> None:
    recording = episodes([10, 2, 2], [10, 10, 3], [1, 2, 2], [0, 1, 10])
    kinds = kind_of_pull(recording).isel(subject=0)
    np.testing.assert_array_equal(kinds.sum("kind"), 1)
    assert share_by_pull(recording).sel(kind="informative").values.tolist() == [[0.5, 0.25, 0.25]]
    assert share_by_pull(recording).sel(kind="other").values.tolist() == [[0.5, 0.25, 0.25]]
    # Asked once in the first and the last episode; pulls after asking are 2 of 2 and 0 of 2.
    assert asked_once(recording).item() == 0.5
    assert used_the_answer(recording).item() == 0.5


def test_who_never_asks_uses_no_answer() -> None:
    assert used_the_answer(episodes([2, 2, 2])).item() == 0

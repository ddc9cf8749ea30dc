"""The two-step task whose payoffs last for an episode: what the best there is does, in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from pfc_metarl.experiments.wang2016_two_step.config import COMMON, TASK
from scipy.stats import binom

from pfc_metarl.agents.reference.two_step import TwoStepOptimalAgent
from pfc_metarl.analysis.two_step import STAGE_2, better_choices, staying, trials
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

PAYS, TRIALS = 0.9, 10


@pytest.fixture(scope="module")
def ideal() -> xr.Dataset:
    task = TwoStep(TwoStepConfiguration.model_validate(TASK))
    return record(TwoStepOptimalAgent(task, 4), task, 2500, 9)


def share_of_better_choices() -> np.ndarray:
    """Whatever was chosen and wherever it led, an outcome speaks for the truth with .9; most outcomes decide."""
    before = np.arange(TRIALS)
    tied = np.where(before % 2, 0.0, binom.pmf(before // 2, before, PAYS))
    return binom.sf(before / 2, before, PAYS) + tied / 2


def test_the_better_action_is_chosen_as_often_as_most_outcomes_speak_for_it(ideal: xr.Dataset) -> None:
    expected = share_of_better_choices()
    assert expected[:4] == pytest.approx([0.5, 0.9, 0.9, 0.972])
    measured = better_choices(ideal).mean(("subject", "episode")).values
    np.testing.assert_allclose(measured, expected, atol=4 * 0.5 / 10_000**0.5)


def test_the_reward_is_that_of_the_closed_form(ideal: xr.Dataset) -> None:
    better = COMMON * PAYS + (1 - COMMON) * (1 - PAYS)
    share = share_of_better_choices().mean()
    expected = share * better + (1 - share) * (1 - better)
    assert (better, expected) == pytest.approx((0.7, 0.6688), abs=1e-4)
    assert float(reward_per_trial(ideal, STAGE_2).mean()) == pytest.approx(expected, abs=4 * 0.5 / 100_000**0.5)


def test_its_staying_has_no_main_effect(ideal: xr.Dataset) -> None:
    """A reward after a common transition and none after an uncommon one say the same of the choice."""
    found = staying(trials(ideal)).mean("subject")
    assert abs(float(found["reward_effect"])) < 0.03
    assert abs(float(found["transition_effect"])) < 0.03
    assert float(found["interaction"]) > 0.5
    assert bool((staying(trials(ideal))["above_zero"]).all())

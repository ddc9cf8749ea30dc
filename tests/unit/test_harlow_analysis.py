"""Performance by trial, against subjects whose choices are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.analysis.harlow import correct_choices, performance, stage_trend
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import LEFT, RIGHT
from pfc_metarl.tasks.harlow_scene import HEIGHT, WIDTH
from pfc_metarl.tasks.registry import make_task


class WinStay(Agent):
    """Remembers how the chosen object looked and what it earned; sees where the cross is by its darkness."""

    subjects = (0, 1)
    choice_draws = 1

    def __init__(self, gaze: bool) -> None:
        self.gaze = gaze

    def begin(self, episodes: int) -> tuple[Tensor, Tensor]:
        return torch.zeros(2, episodes, 12, 12, 3), torch.zeros(2, episodes)

    def respond(self, memory: tuple[Tensor, Tensor], senses: Senses, uniform: Tensor) -> Response:
        look, worth = memory
        view = senses.observation.view(*uniform.shape[:2], HEIGHT, WIDTH, 3)
        worth = torch.where(senses.previous_reward.abs() == 1, senses.previous_reward, worth)
        left, right = view[..., 2:14, 2:14, :], view[..., 2:14, 18:30, :]
        same_left = (left == look).all(-1).all(-1).all(-1)
        stay = torch.where(same_left, LEFT, RIGHT)
        side = torch.where(worth > 0, stay, 1 - stay)
        side = torch.where(worth == 0, (uniform[..., 0] < 0.5).long(), side)
        dark = (view.sum(-1) == -3).any(-2)
        crossed, place = dark.any(-1), dark.float().argmax(-1)
        action = torch.where(crossed, torch.where(place < WIDTH // 2 - 4, LEFT, RIGHT), side) if self.gaze else side
        chosen = torch.where((side == LEFT)[..., None, None, None], left, right)
        # While the gaze dwells on the outcome there is nothing to choose.
        looking = ~crossed & (senses.previous_reward.abs() != 1) if self.gaze else torch.ones_like(crossed)
        return Response(action, (torch.where(looking[..., None, None, None], chosen, look), worth))


@pytest.mark.parametrize("name", ["harlow", "harlow-choice"])
def test_an_ideal_subject_is_at_chance_once_and_then_right(name: str) -> None:
    recording = record(WinStay(gaze=name == "harlow"), make_task(name), episodes=300)
    assert "observation" not in record(WinStay(name == "harlow"), make_task(name), 2, variables=["trial"])
    found = performance(recording)
    assert found.dims == ("subject", "trial")
    assert (np.abs(found.sel(trial=1) - 0.5) < 0.1).all()
    assert (found.sel(trial=slice(2, None)) == 1).all()
    assert int(correct_choices(recording).notnull().sum()) == 2 * 300 * 6


def test_a_trial_never_reached_counts_for_nothing() -> None:
    recording = record(WinStay(gaze=True), make_task("harlow", longest=6), episodes=50)
    reached = correct_choices(recording).notnull().mean(("subject", "episode"))
    assert float(reached.sel(trial=1)) == 1
    assert float(reached.sel(trial=6)) == 0


def test_a_choice_at_an_episodes_very_last_step_is_one() -> None:
    # Four steps a row; the objects appear after the first. Left is chosen at the third step, right or left at the
    # fourth; the last two episodes end while the gaze still rests in the middle, and before the objects appear.
    steps = {
        "choosing": [[0, 1, 1, 0], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]],
        "choice": [[2, 2, 0, 2], [2, 2, 2, 1], [2, 2, 2, 0], [2, 2, 2, 2], [0, 0, 0, 2]],
        "rewarded_side": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]],
        "reward": [[0.2, 0, 1, 0], [0.2, 0, 0, 1], [0.2, 0, 0, -1], [0.2, 0, 0, 0], [0, 0, 0, 0.2]],
    }
    variables = {name: (("subject", "episode", "step"), np.array([rows])) for name, rows in steps.items()}
    recording = xr.Dataset(variables, coords={"subject": [0]})
    recording = recording.assign(
        choosing=recording["choosing"].astype(bool),
        trial=xr.zeros_like(recording["choice"]),
        valid=xr.ones_like(recording["choice"], dtype=bool),
    )
    np.testing.assert_array_equal(correct_choices(recording, 1).values[0, :, 0], [1, 1, 0, np.nan, np.nan])


@pytest.mark.parametrize("longest", range(3, 9))
def test_every_outcome_is_that_of_a_choice_found(longest: int) -> None:
    recording = record(WinStay(gaze=True), make_task("harlow", longest=longest), episodes=50)
    found = correct_choices(recording)
    outcomes = recording["reward"].values
    for earned, correct in ((1, 1), (-1, 0)):
        assert np.isclose(outcomes, earned).sum() == (found.values == correct).sum()


def test_the_trend_over_stages_is_a_rank_correlation() -> None:
    later = pd.DataFrame([[0.5, 0.6, 0.7, 0.9], [0.9, 0.8, 0.6, 0.5], [0.5, 0.7, 0.6, 0.9]])
    np.testing.assert_allclose(stage_trend(later), [1, -1, 0.8])

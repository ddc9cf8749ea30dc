"""Scripted agents in the inferred-value task: what they earn, and what an ideal critic makes of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.analysis.inferred_value import ideal_errors, mean_errors, trials
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT
from pfc_metarl.tasks.inferred_value import InferredValue

EPISODES, TRIALS, DISCOUNT = 2500, 24, 0.9

# Trials on which the roles may reverse: the middle half.
WINDOW = range(6, 18)


class Scripted(Agent):
    """Answers every cue as it wants, or at random; its value is zero."""

    subjects = (0, 1)

    def __init__(self, at_random: bool = False) -> None:
        self.at_random = at_random

    def begin(self, episodes: int) -> None:
        return None

    def respond(self, memory: None, senses: Senses, uniform: Tensor) -> Response:
        wanted = torch.tensor([CENTRE, LEFT, RIGHT])[senses.observation.argmax(-1)]
        action = (uniform[..., 0] * 3).long() if self.at_random else wanted
        return Response(action, memory, {"value": torch.zeros_like(uniform[..., 0])})


@pytest.fixture(scope="module")
def recording() -> xr.Dataset:
    return record(Scripted(), InferredValue(), EPISODES, seed=3)


@pytest.fixture(scope="module")
def table(recording: xr.Dataset) -> xr.Dataset:
    return trials(recording, DISCOUNT)


def test_answering_earns_half_of_the_trials(recording: xr.Dataset) -> None:
    total = recording["reward"].sum("step").values.ravel()
    assert abs(total.mean() - TRIALS / 2) < 4 * total.std() / len(total) ** 0.5
    assert float(recording["regret"].max()) == 0


def test_answering_at_random_costs_what_it_should() -> None:
    # Two wrong of three responses to each of two cues, and a sixth of the targets' rewards.
    total = record(Scripted(at_random=True), InferredValue(), EPISODES, seed=3)["reward"].sum("step").values.ravel()
    assert abs(total.mean() - TRIALS * (-2 / 3 - 2 / 3 + 1 / 6)) < 4 * total.std() / len(total) ** 0.5


def test_targets_sides_and_reversals_are_uniform(table: xr.Dataset) -> None:
    count = table.sizes["subject"] * table.sizes["episode"]
    assert abs(float(table["target"].mean()) - 0.5) < 4 * 0.5 / (count * TRIALS) ** 0.5
    assert abs(float(table["rewarded_side"].isel(trial=0).mean()) - 0.5) < 4 * 0.5 / count**0.5
    trial, times = np.unique(-table["since_reversal"].isel(trial=0), return_counts=True)
    assert trial.tolist() == list(WINDOW)
    assert np.all(abs(times - count / 12) < 4 * (count * 11) ** 0.5 / 12)


def test_the_belief_is_that_of_an_independent_filter(recording: xr.Dataset, table: xr.Dataset) -> None:
    """Before the reversal the hazard grows, 1 in the trials that are left for it; afterwards all is certain."""
    side = table["rewarded_side"].values
    expected = np.full(side.shape, 0.5)
    for trial in range(1, TRIALS):
        last, reversed_before = side[..., trial - 1], side[..., trial - 1] != side[..., 0]
        hazard = 1 / (WINDOW.stop - trial) if trial in WINDOW else 0.0
        change = np.where(reversed_before, 0.0, hazard)
        expected[..., trial] = last * (1 - change) + (1 - last) * change
    np.testing.assert_allclose(recording["believed_right"].values[..., 1::3], expected, atol=1e-6)


def test_the_ideal_errors_before_and_after_the_reversal(table: xr.Dataset) -> None:
    errors = mean_errors(table.assign(ideal_errors(table, DISCOUNT))).sel(cue="rewarded before").mean("subject")
    # The last trial before a reversal has hazard 1 in 12, 11, ... 2, or none; the reversal trial 1 in 12, ... 1.
    before = 1 - sum(1 / left for left in range(2, 13)) / 12
    reversal = 1 - sum(1 / left for left in range(1, 13)) / 12
    for kind, believed, outcome in (
        ("before reversal", before, 1),
        ("reversal", reversal, 0),
        ("experienced change", 0, 0),
        ("inferred change", 0, 0),
    ):
        expected = [0, DISCOUNT * (believed - 0.5), outcome - believed]
        np.testing.assert_allclose(errors.sel(kind=kind).values, expected, atol=0.02)


def test_the_ideal_errors_sum_to_the_return_minus_its_expectation(table: xr.Dataset) -> None:
    """All errors of an episode, discounted, are what was earned beyond the value at the start."""
    errors, steps = ideal_errors(table, DISCOUNT), 3 * np.arange(TRIALS)
    total = (errors["rpe_stimulus"] * DISCOUNT**steps + errors["rpe_saccade"] * DISCOUNT ** (steps + 1)).sum("trial")
    earned = ((table["reward"] - 0.5) * DISCOUNT ** (steps + 1)).sum("trial")
    np.testing.assert_allclose(total.values, earned.values, atol=1e-6)


def test_the_ideal_errors_cannot_be_foretold(table: xr.Dataset) -> None:
    errors = ideal_errors(table, DISCOUNT)
    for low in np.arange(0, 1, 0.1):
        inside = (table["believed_pay"] >= low) & (table["believed_pay"] < low + 0.1)
        values = errors["rpe_saccade"].values[inside.values]
        if len(values) > 500:
            assert abs(values.mean()) < 4 * values.std() / len(values) ** 0.5 + 1e-6
    arriving = errors["rpe_stimulus"].values.ravel()
    assert abs(arriving.mean()) < 4 * arriving.std() / len(arriving) ** 0.5

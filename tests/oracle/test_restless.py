"""The filter of restless bandits against a particle filter, and its calibration; nobody does better than it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from pfc_metarl.agents.reference import UpperConfidenceAgent
from pfc_metarl.agents.reference.restless import WalkOptimalAgent, WalkThompsonAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.restless import RestlessBandit
from pfc_metarl.tasks.walk_filter import WalkFilter

STEPS = (0.02, 0.2)


@pytest.fixture(scope="module")
def optimal() -> xr.Dataset:
    return record(WalkOptimalAgent(2, STEPS), RestlessBandit(), 400, 5)


def test_the_filter_agrees_with_a_million_walks() -> None:
    """Importance sampling: walks from the prior, weighted by how likely they make the outcomes."""
    generator = np.random.default_rng(0)
    outcomes, walks = [True, True, False, True, True, True], 1_000_000
    filter_ = WalkFilter(STEPS)
    belief = filter_.prior(1, 1)
    position, size = generator.random(walks), np.where(np.arange(walks) % 2, STEPS[1], STEPS[0])
    weight = np.ones(walks)
    for outcome in outcomes:
        weight *= position if outcome else 1 - position
        position = np.mod(position + size * generator.standard_normal(walks), 2)
        position = np.minimum(position, 2 - position)
        belief = filter_.following(belief, torch.tensor([[outcome]]))
        assert float(filter_.where(belief) @ filter_.position) == pytest.approx(
            np.average(position, weights=weight), abs=2e-3
        )
        assert float(filter_.size(belief)[..., 1]) == pytest.approx(
            np.average(size == STEPS[1], weights=weight), abs=2e-3
        )


def test_the_belief_is_calibrated(optimal: xr.Dataset) -> None:
    believed, true = optimal["believed_probability"].values, optimal["arm_probability"].isel(arm=0).values
    deviation = optimal["believed_probability_uncertainty"].values
    error = (true - believed) / deviation
    assert abs(error.mean()) < 0.05
    assert error.std() == pytest.approx(1, abs=0.05)


def test_belief_in_high_volatility_is_as_often_right_as_it_is_sure(optimal: xr.Dataset) -> None:
    believed, true = optimal["believed_volatile"].values[..., -1], optimal["volatile"].values[..., -1]
    for low, high in ((0.0, 0.25), (0.25, 0.75), (0.75, 1.0)):
        inside = (believed >= low) & (believed <= high)
        spread = 4 * 0.5 / inside.sum() ** 0.5
        assert abs(true[inside].mean() - believed[inside].mean()) < spread


def test_nobody_has_less_regret(optimal: xr.Dataset) -> None:
    rivals = {
        "one small step": WalkOptimalAgent(2, STEPS[:1]),
        "one large step": WalkOptimalAgent(2, STEPS[1:]),
        "thompson": WalkThompsonAgent(2, STEPS),
        "ucb": UpperConfidenceAgent(2),
    }
    best = float(final_regret(optimal).mean())
    # Independent simulation of other code, 3,000 episodes: 6.5.
    assert best == pytest.approx(6.5, abs=0.5)
    for name, agent in rivals.items():
        assert float(final_regret(record(agent, RestlessBandit(), 400, 5)).mean()) > best, name

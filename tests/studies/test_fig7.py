"""The dopamine study measures and draws all that its claims ask for, on networks of any quality."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.fig7 import score
from pfc_metarl.experiments.fig7.config import MANIPULATIONS, PRESETS
from pfc_metarl.experiments.fig7.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS = 2


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    population = untrained(PRESETS["fast"]["risky-choice"], units=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", 20)
        return STUDY.evaluate({"risky-choice": freeze(population)}, 100, True)


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    for claim in STUDY.claims:
        for measure in claim.judge(evaluation.measures).measured.values():
            assert measure.subjects == SUBJECTS
    assert all(values.shape == (SUBJECTS,) for values in evaluation.measures.values())


def test_a_shift_is_the_difference_that_is_drawn(evaluation: Evaluation) -> None:
    for name, manipulation in MANIPULATIONS.items():
        drawn = evaluation.panels[manipulation.panel].groupby("subject")[["control", "manipulated"]].mean()
        difference = drawn["manipulated"] - drawn["control"]
        np.testing.assert_allclose(evaluation.measures[f"shift.{name}"], difference, atol=1e-12)


def test_each_manipulation_moves_the_errors_of_its_own_outcome_by_its_amount(evaluation: Evaluation) -> None:
    errors = evaluation.panels["errors"]
    assert len(errors) == SUBJECTS * (3 + len(MANIPULATIONS))
    mean = errors.groupby(["event", "added"])["error"].mean()
    for event, added in mean.index:
        # Untrained values hardly differ between the problems that two conditions meet.
        assert mean[event, added] - mean[event, 0.0] == pytest.approx(added, abs=0.2)


def test_all_episodes_are_recorded_in_every_condition(evaluation: Evaluation) -> None:
    assert set(evaluation.recordings) == {"control", *MANIPULATIONS}
    for recording in evaluation.recordings.values():
        assert recording.sizes["subject"] == SUBJECTS
        np.testing.assert_array_equal(
            recording["risky_side"].values, evaluation.recordings["control"]["risky_side"].values
        )


def test_the_figure_has_a_panel_for_each_manipulation_and_one_for_the_errors(evaluation: Evaluation) -> None:
    titles = [axes.get_title() for axes in STUDY.plot(evaluation).get_axes()]
    assert titles == [*(each.title for each in MANIPULATIONS.values()), "what the policy network receives"]

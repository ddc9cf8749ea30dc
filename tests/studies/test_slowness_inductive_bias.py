"""The study of inductive bias measures what its claims name and draws what it measured."""

from __future__ import annotations

import numpy as np
import pytest
from pfc_metarl.experiments.slowness_inductive_bias import learners, panels, score, worlds
from pfc_metarl.experiments.slowness_inductive_bias.config import EXAMPLES
from pfc_metarl.experiments.slowness_inductive_bias.learners import LEARNERS, NETWORKS, NeuralNetwork
from pfc_metarl.experiments.slowness_inductive_bias.study import STUDY
from pfc_metarl.experiments.slowness_inductive_bias.worlds import FAMILIES

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.studies.reproduce import bundled, reproduce
from pfc_metarl.studies.study import Evaluation

SUBJECTS = 2


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    """Two subjects with few training sets, and networks that hardly learn."""
    descent = OuterLoopConfiguration(iterations=5, learning_rate=0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "SUBJECTS", SUBJECTS)
        patch.setattr(panels, "SUBJECTS", SUBJECTS)
        patch.setattr(worlds, "DRAWS", 3)
        for name in NETWORKS:
            patch.setitem(learners.LEARNERS, name, NeuralNetwork(int(name.removeprefix("net-")), descent))
        return STUDY.evaluate({}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert set(judged.values()) <= {"replicated", "partly", "not replicated"}


def test_the_true_family_is_its_own_measure(evaluation: Evaluation) -> None:
    for world in FAMILIES:
        np.testing.assert_array_equal(evaluation.measures[f"ratio.{world}.{world}"], 1.0)
        assert evaluation.measures[f"reached.{world}.{world}"].all()
        assert not evaluation.measures[f"reached.{world}.line"].any()


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    tables, conditions = evaluation.panels, len(FAMILIES) * len(LEARNERS)
    assert list(tables) == ["error", "needed", "parts", "fit"]
    assert len(tables["error"]) == conditions * len(EXAMPLES)
    assert len(tables["needed"]) == len(tables["parts"]) == conditions
    assert not any(table.isna().any(axis=None) for table in tables.values())
    row = tables["needed"].set_index(["world", "learner"]).loc[("wave", "cubic")]
    assert row["examples"] == pytest.approx(evaluation.measures["examples.wave.cubic"].mean())


def test_the_figure_has_four_panels_for_each_world(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4 * len(FAMILIES)


def test_it_needs_no_networks_and_says_so() -> None:
    assert bundled(STUDY) == bundled(STUDY, "paper") == {}
    for unfit in ({"intervene": ("lesion units=0.3",)}, {"subjects": 2}):
        with pytest.raises(ConfigurationError, match="slowness-inductive-bias has no networks"):
            reproduce("slowness-inductive-bias", quiet=True, **unfit)

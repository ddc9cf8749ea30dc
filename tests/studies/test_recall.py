"""The study of recalled states measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.recall import score
from pfc_metarl.experiments.recall.config import CONTENTS, CURVES, IDEAL_CURVES, KINDS, LATER, NULLS, SOON, STRUCTURES
from pfc_metarl.experiments.recall.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, DONORS, RECIPIENTS = 2, 150, 600


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["carousel"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "DONORS", DONORS)
        patch.setattr(score, "RECIPIENTS", RECIPIENTS)
        return STUDY.evaluate({"carousel": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"
    # Networks that learned nothing save nothing either.
    assert judged["what"] == "not replicated"


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["matrix", "matrix-ideal", "savings", "curves"]
    for name in ("matrix", "matrix-ideal"):
        assert len(panels[name]) == SUBJECTS * len(STRUCTURES) * len(CONTENTS)
    networks = panels["savings"][panels["savings"]["learner"] == "networks"]
    assert len(networks) == SUBJECTS * 2 * (len(KINDS) + len(NULLS))
    assert set(panels["curves"].groupby("condition").size()) == {LATER}
    assert set(panels["curves"]["condition"]) == {*CURVES.values(), *IDEAL_CURVES.values()}
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_matrix_and_the_kinds_are_means_of_the_same_pairs(evaluation: Evaluation) -> None:
    cells = evaluation.panels["matrix"].set_index(["structure", "contents", "subject"]).sort_index()["savings"]
    what = cells.loc[STRUCTURES[4], CONTENTS[0]]
    np.testing.assert_allclose(what, evaluation.measures[f"savings.what.{LATER}"])


def test_the_ideal_observer_saves_by_what_and_by_how(evaluation: Evaluation) -> None:
    """What 24,000 episodes of an independent simulation gave, in the order of the kinds."""
    expected = {SOON: (1.08, -0.58, 0.82, -0.55), LATER: (2.34, 0.46, -0.53, -1.89)}
    for trials, values in expected.items():
        for kind, value in zip(KINDS, values, strict=True):
            found = evaluation.measures[f"savings.{kind}.{trials}.ideal"]
            # About 50 pairs per subject, of a standard deviation of 1.5 in 5 trials and 3.5 in 30.
            assert abs(found.mean() - value) < 4 * (0.3 * trials**0.5 + 1) / (SUBJECTS * RECIPIENTS / 24) ** 0.5


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4

"""The matrix of training and test distributions is measured, judged and drawn whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.wang2016_bandits import score
from pfc_metarl.experiments.wang2016_bandits.config import DISTRIBUTIONS, PRESETS
from pfc_metarl.experiments.wang2016_bandits.panels import CURVES, REFERENCES
from pfc_metarl.experiments.wang2016_bandits.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES, TRIALS = 2, 20, 100


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    agents = {label: freeze(untrained(recipe, units=8)) for label, recipe in PRESETS["fast"].items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        return STUDY.evaluate(agents, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert len(values) == SUBJECTS, name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["weights-frozen"] == "replicated"
    assert verdicts["dependence-is-learned"] != "replicated"


def test_the_matrix_is_whole_and_its_cells_are_the_measures(evaluation: Evaluation) -> None:
    matrix = evaluation.panels["matrix"]
    assert len(matrix) == SUBJECTS * len(DISTRIBUTIONS) ** 2
    assert len(evaluation.panels["references"]) == SUBJECTS * len(DISTRIBUTIONS) * len(REFERENCES)
    for (learner, tested), cell in matrix.groupby(["learner", "tested"]):
        np.testing.assert_allclose(cell["regret"], evaluation.measures[f"regret.{learner}.{tested}"])
    columns = matrix.groupby(["tested", "subject"])["regret"].mean()
    for tested in DISTRIBUTIONS:
        np.testing.assert_allclose(columns[tested], evaluation.measures[f"regret.matrix.{tested}"])


def test_a_learner_that_knows_the_dependence_has_the_least_regret_where_it_holds(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    for tested in ("uniform", "easy", "medium"):
        own = measures[f"regret.dependence-known.{tested}"].mean()
        assert own < min(measures[f"regret.{name}.{tested}"].mean() for name in ("untrained", "ucb", "thompson"))


def test_the_curves_end_where_the_matrix_stands(evaluation: Evaluation) -> None:
    curves = evaluation.panels["curves"]
    assert curves.groupby("curve").size().to_dict() == dict.fromkeys(CURVES.values(), TRIALS)
    last = curves[curves["trial"] == TRIALS].set_index("curve")["regret"]
    for name, curve in CURVES.items():
        assert last[curve] == pytest.approx(evaluation.measures[f"regret.{name}.uniform"].mean())


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    figure = STUDY.plot(evaluation)
    assert len(figure.axes) == 4
    written = [text.get_text() for axes in figure.axes[::2] for text in axes.texts]
    assert sum(text.replace(".", "").isdigit() for text in written) >= len(DISTRIBUTIONS) ** 2


def test_the_recipes_differ_in_distribution_length_and_discount_alone() -> None:
    for recipes in PRESETS.values():
        assert list(recipes) == list(DISTRIBUTIONS)
        for label, recipe in recipes.items():
            assert recipe.task_settings["distribution"] == DISTRIBUTIONS[label]
            alike = {"updates": 1, "discount": 0.5}
            assert recipe.network == recipes["uniform"].network
            assert recipe.training.model_copy(update=alike) == recipes["uniform"].training.model_copy(update=alike)

"""The restless study measures and draws all that its claims name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.wang2016_restless import rivals, score
from pfc_metarl.experiments.wang2016_restless.panels import CURVES, FITTED
from pfc_metarl.experiments.wang2016_restless.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.analysis.learners import rate_by_block
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES, TRIALS = 2, 20, 100


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["restless"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(rivals, "RATES", (0.2, 0.5))
        patch.setattr(rivals, "THOMPSON_STEPS", (0.05, 0.1))
        patch.setattr(rate_by_block, "RATES", (0.2, 0.5))
        return STUDY.evaluate({"restless": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_networks_that_have_learned_nothing_are_no_better_than_the_algorithms(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["regret-below-algorithms"] == "not replicated"
    assert verdicts["weights-frozen"] == "replicated"


def test_the_fixed_rate_agent_wants_no_rate_for_each_block(evaluation: Evaluation) -> None:
    assert evaluation.measures["bic.one-minus-free.rescorla-wagner"].max() < 0
    assert set(evaluation.measures["best-learning-rate.rescorla-wagner"]) <= {0.2, 0.5}


def test_regret_over_both_volatilities_is_their_mean(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    for name in CURVES:
        both = (measures[f"regret.{name}.low"] + measures[f"regret.{name}.high"]) / 2
        np.testing.assert_allclose(measures[f"regret.{name}"], both, rtol=1e-5)
        assert measures[f"regret.{name}.low"].mean() < measures[f"regret.{name}.high"].mean() or name == "trained"
    assert measures["regret.optimal"].mean() < min(measures[f"regret.{name}"].mean() for name in ("thompson", "ucb"))


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["walk-low", "walk-high", "regret", "rates-trained", "rates-rescorla-wagner", "bic"]
    assert panels["regret"].groupby("curve").size().to_dict() == dict.fromkeys(CURVES.values(), TRIALS)
    moves = {name: panels[f"walk-{name}"]["true_probability"].diff().abs().median() for name in ("low", "high")}
    assert moves["low"] < 0.03 < moves["high"]
    assert all(len(panels[f"rates-{name}"]) == 2 * SUBJECTS for name in FITTED)
    assert len(panels["bic"]) == len(FITTED) * SUBJECTS
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_six_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 6

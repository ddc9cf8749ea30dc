"""The two-step study of 2016 measures and draws all that its claims name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.wang2016_two_step import score
from pfc_metarl.experiments.wang2016_two_step.panels import CURVES, STAYING
from pfc_metarl.experiments.wang2016_two_step.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES, TRIALS = 2, 300, 10


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["two-step"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        return STUDY.evaluate({"two-step": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_networks_that_have_learned_nothing_replicate_nothing(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["perfectly-model-based-staying"] != "replicated"
    assert verdicts["reward"] == "not replicated"
    assert verdicts["weights-frozen"] == "replicated"


def test_the_ideal_observer_fulfils_the_rule_on_staying(evaluation: Evaluation) -> None:
    """The rule asks for what can be had."""
    measures = evaluation.measures
    assert (measures["stay.interaction-above-zero.ideal"] == 1).all()
    assert (measures["stay.main-effect-minus-interaction.ideal"] < 0).all()
    assert measures["stay.main-effect.ideal"].mean() < 0.1
    assert measures["reward.ideal"].mean() > 0.65


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == [*(f"stay-{name}" for name in STAYING), "learning"]
    assert all(len(panels[f"stay-{name}"]) == SUBJECTS * 4 for name in STAYING)
    assert panels["learning"].groupby("curve", sort=False).size().to_dict() == dict.fromkeys(CURVES.values(), TRIALS)


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4

"""The two predictions: same start with and without dopamine, and lesions that take everything away in the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.predictions import score
from pfc_metarl.experiments.predictions.config import LESIONS
from pfc_metarl.experiments.predictions.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.reproduce import bundled
from pfc_metarl.studies.study import Evaluation

SUBJECTS = 2


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    """Fig. 5's trained networks as control, untrained ones as blocked."""
    from pfc_metarl.studies.registry import find_study

    control = bundled(find_study("fig5"), subjects=SUBJECTS)["two-step"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", 40)
        patch.setattr(score, "LESION_EPISODES", 6)
        patch.setattr(score, "DRAWS", 1)
        blocked = untrained(STUDY.presets["fast"]["blocked"])
        return STUDY.evaluate({"control": freeze(control), "blocked": freeze(blocked)}, 100, True)


def test_the_recipes_differ_in_dopamine_alone() -> None:
    for recipes in STUDY.presets.values():
        control, blocked = recipes["control"], recipes["blocked"]
        assert (control.training.dopamine, blocked.training.dopamine) == (1.0, 0.0)
        assert blocked.training == control.training.model_copy(update={"dopamine": 0.0})
        assert (control.task_settings, control.network) == (blocked.task_settings, blocked.network)


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["weights-frozen"] == "replicated"


def test_a_trained_network_has_model_based_errors_and_a_lesion_of_everything_ends_them(evaluation: Evaluation) -> None:
    assert evaluation.measures["lesion.r2-none"].min() > 0.6
    np.testing.assert_allclose(evaluation.measures["lesion.r2-all"], 0, atol=1e-9)
    assert evaluation.measures["lesion.trend"].max() < -0.5


def test_the_figure_holds_every_size_of_lesion(evaluation: Evaluation) -> None:
    assert len(evaluation.panels["lesions"]) == SUBJECTS * len(LESIONS)
    assert len(STUDY.plot(evaluation).axes) == 3

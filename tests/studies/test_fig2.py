"""The study of Figure 2 on small untrained populations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.fig2 import score
from pfc_metarl.experiments.fig2.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

EPISODES, SHUFFLES, UNITS, SUBJECTS = 40, 20, 6, 2


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    drawn = untrained(STUDY.presets["fast"]["foraging"], units=UNITS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(score, "SHUFFLES", SHUFFLES)
        return STUDY.evaluate({"foraging": freeze(drawn)}, 101, True)


def test_every_measure_is_one_number_per_subject(evaluation: Evaluation) -> None:
    assert all(values.shape == (SUBJECTS,) for values in evaluation.measures.values())
    assert all(np.isfinite(values).all() for values in evaluation.measures.values())


def test_every_claim_is_scored(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["weights-frozen"] == "replicated"
    # Networks that have learned nothing neither earn nor match.
    assert verdicts["reward"] == "not replicated"
    assert verdicts["matching"] != "replicated"


def test_every_measure_of_training_has_its_untrained_null(evaluation: Evaluation) -> None:
    trained = {name for name in evaluation.measures if not name.endswith(".untrained")} - {"weights.unchanged"}
    assert {f"{name}.untrained" for name in trained} <= set(evaluation.measures)


def test_shuffled_episodes_are_seldom_taken_for_coding(evaluation: Evaluation) -> None:
    shares = [values for name, values in evaluation.measures.items() if name.endswith(".shuffled")]
    assert len(shares) == 5
    assert np.mean(shares) < 0.25


def test_the_panels_hold_what_is_drawn(evaluation: Evaluation) -> None:
    assert len(evaluation.panels["2d"]) <= EPISODES
    assert len(evaluation.panels["2e"]) == SUBJECTS * UNITS * 5
    assert len(evaluation.panels["2f"]) == SUBJECTS * 2 * 15
    assert "hidden" not in evaluation.recordings["foraging"]
    assert len(STUDY.plot(evaluation).axes) == 4

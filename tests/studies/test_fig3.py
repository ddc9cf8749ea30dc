"""The study of Figure 3 measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.fig3 import score
from pfc_metarl.experiments.fig3.config import BLOCKS
from pfc_metarl.experiments.fig3.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES = 2, 10


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["volatility"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(score, "DECODING_SHUFFLES", 3)
        patch.setattr(score, "TRACKING_SHUFFLES", 3)
        return STUDY.evaluate({"volatility": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["3a", "3b", "3d", "3-units"]
    assert list(dict.fromkeys(panels["3d"]["block"])) == list(BLOCKS)
    assert len(panels["3d"]) == len(BLOCKS) * SUBJECTS
    for name in ("3a", "3b"):
        assert panels[name]["trial"].tolist() == list(range(1, 201))
        # The session shown begins with its stable block.
        distance = np.abs(panels[name]["true_probability"].to_numpy() - 0.5)
        np.testing.assert_allclose(distance, [0.25] * 100 + [0.3] * 100, atol=1e-6)
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    figure = STUDY.plot(evaluation)
    # Two of them carry a second axis for volatility.
    assert len(figure.axes) == 6

"""The study of arms with hidden information measures and draws all that its claims name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.wang2016_hidden_information import score
from pfc_metarl.experiments.wang2016_hidden_information.panels import CURVES
from pfc_metarl.experiments.wang2016_hidden_information.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES = 2, 50


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["informative-arm"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        return STUDY.evaluate({"informative-arm": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_networks_that_have_learned_nothing_replicate_nothing(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["near-optimal-reward"] == verdicts["asks-once-then-exploits"] == "not replicated"
    assert verdicts["weights-frozen"] == "replicated"


def test_panels_hold_every_curve_and_every_pull(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["earnings", "pulls-trained", "pulls-thompson"]
    assert panels["earnings"].groupby("curve", sort=False).size().to_dict() == dict.fromkeys(CURVES.values(), 5)
    for name in ("pulls-trained", "pulls-thompson"):
        whole = panels[name].groupby(["subject", "pull"])["share"].sum()
        assert len(whole) == SUBJECTS * 5
        np.testing.assert_allclose(whole, 1)
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_three_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 3


def test_the_reward_reaches_the_network_as_the_observation_alone() -> None:
    for recipes in STUDY.presets.values():
        network = recipes["informative-arm"].network
        assert (network.reward_input, network.action_input, network.time_input) == (False, True, True)


def test_a_short_training_already_asks_more_often() -> None:
    recipe = STUDY.presets["fast"]["informative-arm"]
    short = TrainingConfiguration(**{**recipe.training.model_dump(), "updates": 250})
    network = train(recipe.make_task(), subjects=1, seed=100, network=recipe.network, training=short, quiet=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        measures = STUDY.evaluate({"informative-arm": freeze(network)}, 100, True).measures
    assert measures["reward.trained"] > 15 > measures["reward.untrained"]

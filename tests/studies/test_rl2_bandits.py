"""The study of Duan et al.'s bandits measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pfc_metarl.experiments.rl2_bandits.config import CORES, PRESETS, SETTINGS
from pfc_metarl.experiments.rl2_bandits.panels import FOLLOWED, LEARNERS
from pfc_metarl.experiments.rl2_bandits.published import PUBLISHED
from pfc_metarl.experiments.rl2_bandits.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES = 2, 100

# The settings that claims are about; here, 100 pulls are 30.
NAMES, PULLS = ("n10-k5", "n10-k10", "n100-k5", "n100-k10"), 30


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    recipes = STUDY.presets["fast"]
    agents = {f"{core}-{name}": freeze(untrained(recipes[f"{core}-{name}"])) for name in NAMES for core in CORES}
    with pytest.MonkeyPatch.context() as patch:
        for name, setting in SETTINGS.items():
            patch.setitem(SETTINGS, name, replace(setting, pulls=min(setting.pulls, PULLS), episodes=EPISODES))
        return STUDY.evaluate(agents, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged.pop("weights-frozen") == "replicated"
    assert set(judged.values()) == {"not replicated"}, "networks that have learned nothing earn what chance does"


def test_the_claims_ask_for_the_published_reward_less_one_percent() -> None:
    asked = {str(condition) for claim in STUDY.claims for condition in claim.conditions}
    assert "mean of reward.gru.n10-k5 at least 6.633" in asked
    assert "mean of reward.lstm.n100-k10 at least 82.665" in asked


def test_the_total_is_what_is_earned_on_average(evaluation: Evaluation) -> None:
    for name in NAMES:
        for learner in ("lstm", "thompson", "greedy"):
            earned = evaluation.recordings[f"{name}/{learner}"]["reward"].sum("step").values
            expected = evaluation.measures[f"reward.{learner}.{name}"].mean()
            assert abs(earned.mean() - expected) < 4.5 * earned.std() / np.sqrt(earned.size), (name, learner)


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    total, pulls = evaluation.panels["total"], evaluation.panels["pulls"]
    assert len(total) == len(NAMES) * len(LEARNERS)
    row = total.set_index(["pulls", "arms", "learner"]).loc[(PULLS, 10, "Gittins index")]
    assert row["published"] == 82.8
    assert row["low"] < row["reward"] < row["high"]
    assert len(pulls) == 2 * len(FOLLOWED) * PULLS
    assert pulls["reward"].between(0, 1).all()
    assert not any(table.isna().any(axis=None) for table in evaluation.panels.values())


def test_the_figure_has_a_panel_per_setting_and_one_per_course(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 2 * 2 + 2


def test_all_settings_of_the_table_can_be_trained() -> None:
    assert PUBLISHED.keys() == SETTINGS.keys()
    assert {f"{core}-{name}" for core in CORES for name in SETTINGS} == PRESETS["paper"].keys()
    assert {f"{core}-{name}" for core in CORES for name in SETTINGS if "n500" not in name} == PRESETS["fast"].keys()

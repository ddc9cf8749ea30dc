"""The study of the two-step task with reminders measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pfc_metarl.experiments.ritter2018_two_step import config, score
from pfc_metarl.experiments.ritter2018_two_step.config import BLOCK, CORES
from pfc_metarl.experiments.ritter2018_two_step.panels import BARS, CURVES, PARTS
from pfc_metarl.experiments.ritter2018_two_step.study import STUDY

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, EPISODES, TRIALS, STAGES = 2, 60, 20, 2
SMALL: dict[str, Any] = {**config.TASK, "trials": TRIALS}


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "TASK", SMALL)
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(score, "STAGE_EPISODES", 2)
        patch.setattr(score, "STAGES", STAGES)
        yield


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    agents: dict[str, FrozenAgent] = {}
    for label, recipe in STUDY.presets["fast"].items():
        agents[label] = freeze(untrained(replace(recipe, task_settings=SMALL)))
        for stage in range(1, STAGES):
            agents[f"{label}/stage-{stage}"] = freeze(untrained(recipe, 100 + stage))
    return STUDY.evaluate(agents, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_who_has_learned_nothing_follows_neither_trials_nor_cues(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"
    for name in ("more-reward", "uncued-reward"):
        assert judged[name] == "not replicated"
    for name in ("incremental-model-based", "episodic-model-based", "gate-closed", "keys-shuffled"):
        assert judged[name] != "replicated"


def test_a_perfect_memory_is_model_based_in_every_part_but_where_cues_tell_more(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    # Where the outcome comes back for certain it is all that counts.
    np.testing.assert_array_equal(measures["interaction.called-back.remembering"], 2)
    assert (measures["interaction.uncued.remembering"] > 1).all()
    assert (np.abs(measures["interaction.cued.remembering"]) < 0.3).all()
    # In so short an episode the good state has often stayed, so that a trial called back agrees with the belief.
    assert (np.abs(measures["interaction.called-back.forgetful"]) < 0.6).all()
    assert (measures["reward.cued.remembering"] > measures["reward.cued.forgetful"]).all()


def test_without_cues_nothing_is_recalled_that_a_gate_could_close(evaluation: Evaluation) -> None:
    for disturbed in ("gate-closed", "keys-shuffled"):
        for measure in ("reward.uncued", "interaction.uncued"):
            np.testing.assert_array_equal(
                evaluation.measures[f"{measure}.{disturbed}"], evaluation.measures[f"{measure}.episodic"]
            )


def test_the_populations_differ_in_their_memory_alone() -> None:
    for recipes in STUDY.presets.values():
        episodic, plain = (recipes[label] for label in ("episodic", "plain"))
        assert (episodic.task_settings, episodic.training) == (plain.task_settings, plain.training)
        assert episodic.network.model_copy(update={"core": "lstm"}) == plain.network


def test_every_stage_is_in_the_table_that_is_stored(evaluation: Evaluation) -> None:
    table = evaluation.tables["stages"]
    assert list(table) == ["core", "subject", "stage", "reward"]
    assert len(table) == len(CORES) * STAGES * SUBJECTS
    last = table[(table["core"] == "plain") & (table["stage"] == STAGES)]["reward"]
    both = (evaluation.measures["reward.uncued.plain"] + evaluation.measures["reward.cued.plain"]) / 2
    np.testing.assert_allclose(last, both)


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    tables = evaluation.panels
    assert list(tables) == [*(f"stay-{name}" for name in PARTS), "interactions", "rewards", "stages"]
    for name in PARTS:
        assert len(tables[f"stay-{name}"]) == 4 * SUBJECTS
    assert len(tables["interactions"]) == len(BARS) * SUBJECTS
    assert tables["stages"]["stage"].tolist() == 2 * list(range(1, STAGES + 1))
    for label in CURVES.values():
        own = tables["rewards"][tables["rewards"]["condition"] == label]
        np.testing.assert_allclose(own["trial"], np.arange(3, TRIALS, BLOCK))
    assert not any(table.isna().any(axis=None) for table in tables.values())


def test_the_figure_has_its_six_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 6

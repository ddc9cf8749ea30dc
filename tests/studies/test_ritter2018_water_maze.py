"""The study of the water maze measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pfc_metarl.experiments.ritter2018_water_maze import config, panels, score
from pfc_metarl.experiments.ritter2018_water_maze.config import EXPOSURES, SHOWN_EXPOSURES
from pfc_metarl.experiments.ritter2018_water_maze.panels import CONTROLS, NETWORKS
from pfc_metarl.experiments.ritter2018_water_maze.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.studies.study import Evaluation

SUBJECTS, SIDE = 2, 3

# Small enough for a test, with all exposures that are drawn.
SMALL: dict[str, Any] = {**config.TASK, "side": SIDE, "contexts": 2, "length": 16}


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "TASK", SMALL)
        patch.setattr(score, "EVALUATION_EPOCHS", 20)
        patch.setattr(panels, "SIDE", SIDE)
        yield


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    recipes = {label: replace(recipe, task_settings=SMALL) for label, recipe in STUDY.presets["fast"].items()}
    return STUDY.evaluate({label: freeze(untrained(recipe)) for label, recipe in recipes.items()}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_who_has_learned_nothing_remembers_nothing(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"
    assert judged["late-exposures"] == "not replicated"
    for name in ("second-exposure", "plain-keeps-nothing", "gate-closed", "keys-shuffled"):
        assert judged[name] != "replicated"


def test_the_populations_differ_in_their_memory_alone() -> None:
    for recipes in STUDY.presets.values():
        episodic, plain = (recipes[label] for label in ("episodic", "plain"))
        assert (episodic.task_settings, episodic.training) == (plain.task_settings, plain.training)
        assert episodic.network.model_copy(update={"core": "lstm"}) == plain.network


def test_paths_and_goals_are_those_of_the_recording(evaluation: Evaluation) -> None:
    recording, measures = evaluation.recordings["plain"], evaluation.measures
    for subject in range(SUBJECTS):
        own = recording.isel(subject=subject)
        first = own["exposure"].isel(step=0).values == 1
        reward = own["reward"].values[first]
        steps = np.where(reward.any(-1), reward.argmax(-1) + 1, SMALL["length"])
        assert measures["path.exposure-1.plain"][subject] == np.median(steps)
        assert measures["goals.exposure-1.plain"][subject] == pytest.approx(reward.sum(-1).mean())


def test_no_search_finds_the_goal_sooner_than_one_that_tries_every_cell_once(evaluation: Evaluation) -> None:
    # From its start to the other 8 cells, one by one: the goal is in any of them.
    np.testing.assert_array_equal(evaluation.measures["path.search"], np.median(np.arange(1, SIDE**2)))
    assert (evaluation.measures["path.late.shortest"] < evaluation.measures["path.search"]).all()
    assert (evaluation.measures["path.late.random"] > evaluation.measures["path.search"]).all()


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    tables = evaluation.panels
    assert list(tables) == ["paths", "controls", "goals", "swum"]
    for name, conditions in (("paths", NETWORKS), ("controls", CONTROLS), ("goals", NETWORKS)):
        for label in conditions.values():
            own = tables[name][tables[name]["condition"] == label]
            assert own["exposure"].tolist() == list(range(1, EXPOSURES + 1))
    assert not any(table.isna().any(axis=None) for table in tables.values())


def test_paths_that_are_shown_lead_cell_by_cell_to_the_goal_of_one_context(evaluation: Evaluation) -> None:
    swum = evaluation.panels["swum"]
    assert len(swum.groupby(["condition", "exposure"])) == len(NETWORKS) * len(SHOWN_EXPOSURES)
    assert len(swum[["goal_row", "goal_column"]].drop_duplicates()) == 1
    for _, path in swum.groupby(["condition", "exposure"]):
        assert path["step"].tolist() == list(range(len(path)))
        cells = path[["row", "column"]].to_numpy()
        assert (np.abs(np.diff(cells, axis=0)).sum(1) <= 1).all()
        at_goal = (cells == path[["goal_row", "goal_column"]].to_numpy()).all(1)
        assert not at_goal[:-1].any()
        assert at_goal[-1] or len(path) == SMALL["length"]
    starts = swum[swum["step"] == 0].pivot_table(index="exposure", columns="condition", values=["row", "column"])
    assert (starts.xs("episodic LSTM", axis=1, level=1) == starts.xs("plain LSTM", axis=1, level=1)).all(axis=None)


def test_the_figure_has_three_curves_and_six_paths(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 9

"""The study of barcode bandits measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from pfc_metarl.experiments.ritter2018_barcode_bandits import score
from pfc_metarl.experiments.ritter2018_barcode_bandits.config import SHOWN_EXPOSURES
from pfc_metarl.experiments.ritter2018_barcode_bandits.panels import CONTROLS, NETWORKS
from pfc_metarl.experiments.ritter2018_barcode_bandits.study import STUDY

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.analysis.recurrence import by_exposure
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit, BarcodeBanditConfiguration

SUBJECTS, EPOCHS = 2, 4

# Small enough for a test, and with all exposures that are drawn.
SMALL: dict[str, Any] = {"contexts": 3, "exposures": 6, "arms": 3, "pulls": 3, "bits": 10}
FLIPS = (0.1, 0.5)


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "TASK", SMALL)
        patch.setattr(score, "EVALUATION_EPOCHS", EPOCHS)
        patch.setattr(score, "FLIP_EPOCHS", 2)
        patch.setattr(score, "FLIPS", FLIPS)
        yield


@pytest.fixture(scope="module")
def agents(untrained: Callable[..., Population]) -> dict[str, FrozenAgent]:
    recipes = {label: replace(recipe, task_settings=SMALL) for label, recipe in STUDY.presets["fast"].items()}
    return {label: freeze(untrained(recipe)) for label, recipe in recipes.items()}


@pytest.fixture(scope="module")
def evaluation(agents: dict[str, FrozenAgent]) -> Evaluation:
    return STUDY.evaluate(agents, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_who_has_learned_nothing_remembers_nothing(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"
    assert judged["second-exposure"] != "replicated"
    assert judged["late-exposures"] == "not replicated"
    assert judged["plain-stays-flat"] != "replicated"


def test_the_populations_differ_in_their_memory_alone() -> None:
    for recipes in STUDY.presets.values():
        episodic, plain = (recipes[label] for label in ("episodic", "plain"))
        assert (episodic.task_settings, episodic.training) == (plain.task_settings, plain.training)
        assert episodic.network.model_copy(update={"core": "lstm"}) == plain.network


def test_more_slots_change_nothing_where_no_bit_is_flipped(agents: dict[str, FrozenAgent]) -> None:
    task = BarcodeBandit(BarcodeBanditConfiguration(**SMALL))
    few, many = agents["episodic"], agents["episodic"].with_slots(task.epoch)
    assert (few.population.configuration.memory_slots, many.population.configuration.memory_slots) == (10, 18)
    one, other = (record(agent, task, task.epoch, 3) for agent in (few, many))
    np.testing.assert_array_equal(one["hidden"], other["hidden"])


def test_rewards_by_exposure_are_means_of_their_episodes() -> None:
    exposure = [[1, 1, 2, 2], [1, 2, 1, 2]]
    reward = np.arange(16.0).reshape(2, 4, 2)
    recording = xr.Dataset(
        {
            "exposure": (("subject", "episode", "step"), np.repeat(np.array(exposure)[..., None], 2, axis=-1)),
            "reward": (("subject", "episode", "step"), reward),
        }
    )
    found = by_exposure(recording, recording["reward"])
    assert found.sel(exposure=1).values.tolist() == [[1, 2], [10, 11]]
    assert found.sel(exposure=2).values.tolist() == [[5, 6], [12, 13]]


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["exposures", "pulls", "controls", "flips", "gate"]
    for name, conditions in (("exposures", NETWORKS), ("controls", CONTROLS)):
        for label in conditions.values():
            own = panels[name][panels[name]["condition"] == label]
            assert own["exposure"].tolist() == list(range(1, SMALL["exposures"] + 1))
    assert panels["flips"]["share"].tolist() == list(FLIPS)
    assert len(panels["gate"]) == len(SHOWN_EXPOSURES) * SMALL["pulls"]
    assert panels["gate"]["gate"].between(0, 1).all()
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_five_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 5

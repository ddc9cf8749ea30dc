"""The study of reused networks trains, keeps and measures what its claims name, and draws what it measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pfc_metarl.experiments.fine_tune.config import PRESETS, recipes
from pfc_metarl.experiments.fine_tune.study import STUDY
from pfc_metarl.experiments.fine_tune.targets import TARGETS, WAYS

from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.learning_curves import LearningCurves
from pfc_metarl.studies.study import Evaluation

SUBJECTS, UPDATES, TRIALS = 2, 10, 3

# Points of the curves that are made up.
POINTS = 40

# Tasks that are learned here; curves of the others are made up.
LEARNED = ("volatile", "two-step")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curves")


@pytest.fixture(scope="module")
def trained(folder: Path) -> LearningCurves:
    tiny = TrainingConfiguration(updates=UPDATES, episodes=1)
    full = recipes(tiny, tiny)["curves"]
    short = {
        name: replace(full.targets[name], settings={**full.targets[name].settings, "trials": TRIALS})
        for name in LEARNED
    }
    source = replace(full.source, task_settings={**full.source.task_settings, "trials": TRIALS})
    recipe = replace(full, source=source, targets=short)
    return recipe.train(SUBJECTS, 100, folder, overwrite=False, device="cpu", quiet=True, label="curves")


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return STUDY.evaluate({"curves": made_up()}, 100, True)


def made_up(points: int = POINTS) -> LearningCurves:
    """Two subjects whose regret, or reward, goes from chance to its end in steps that are known."""
    curves, ends = {}, {"regret": 2.0, "reward": 40.0}
    # From scratch the criterion is reached at point 20, or 10 with everything tuned, and never on an untrained body.
    turn = {"scratch": 20, "all": 10, "inputs": 15, "heads": 25, "untrained-body": points}
    for target, new in TARGETS.items():
        for way in WAYS:
            curve = torch.full((SUBJECTS, points), new.chance)
            curve[:, turn[way] :] = ends[new.measure]
            curves[f"{target}/{way}"] = curve
    steps = dict.fromkeys(curves, tuple(800 * (point + 1) for point in range(points)))
    return LearningCurves(range(SUBJECTS), curves, steps, dict.fromkeys(["source", *curves], ("a", "b")))


def test_every_training_leaves_a_curve(trained: LearningCurves) -> None:
    assert set(trained.curves) == {f"{target}/{way}" for target in LEARNED for way in WAYS}
    assert trained.steps["volatile/heads"] == (UPDATES * TRIALS,)
    assert trained.steps["two-step/heads"] == (UPDATES * 2 * TRIALS,)


def test_all_ways_meet_the_same_new_problems_with_the_same_heads(folder: Path) -> None:
    """Wherever the body comes from: what differs is the body, and what may learn."""
    runs = [(folder / "volatile" / way / "configuration.json").read_text() for way in ("scratch", "untrained-body")]
    seeds = [line for run in runs for line in run.splitlines() if '"seed"' in line]
    assert seeds == ['  "seed": 1000100,'] * 2


def test_frozen_bodies_stay_what_they_were(trained: LearningCurves) -> None:
    source = trained.networks["source"]
    for target in LEARNED:
        same = {way: trained.networks[f"{target}/{way}"] == source for way in WAYS}
        assert same == {way: way in ("inputs", "heads") for way in WAYS}


def test_a_body_that_changed_is_told() -> None:
    curves = made_up()
    assert STUDY.evaluate({"curves": curves}, 1, True).measures["body.unchanged"].tolist() == [1.0, 1.0]
    curves.networks["medium/heads"] = ("a", "changed")
    assert STUDY.evaluate({"curves": curves}, 1, True).measures["body.unchanged"].tolist() == [1.0, 0.0]


def test_curves_are_kept_and_read_again(trained: LearningCurves, folder: Path) -> None:
    recipe = PRESETS["fast"]["curves"]
    found = recipe.load(folder / "network.safetensors")
    assert found.fingerprints() == trained.fingerprints()
    assert (found.steps, found.networks) == (trained.steps, trained.networks)
    one = found.select([1])
    assert one.fingerprints() == trained.fingerprints()[1:]
    assert one.networks["source"] == trained.networks["source"][1:]
    with pytest.raises(StoredFileError, match="no learning curves"):
        recipe.load(folder / "source" / "network.safetensors")


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["body-frozen"] == "replicated"


def test_steps_and_speed_of_known_curves() -> None:
    measures = STUDY.evaluate({"curves": made_up()}, 1, True).measures
    # Four points are averaged, and .8 of the way is reached with the last of the four.
    for target in TARGETS:
        assert measures[f"steps.scratch.{target}"].tolist() == [24 * 800] * SUBJECTS
        assert measures[f"steps.all.{target}"].tolist() == [14 * 800] * SUBJECTS
        np.testing.assert_allclose(measures[f"doublings.all.{target}"], np.log2(24 / 14))
        np.testing.assert_allclose(measures[f"all-minus-heads.{target}"], np.log2(29 / 14))
        assert measures[f"reached.untrained-body.{target}"].tolist() == [0.0] * SUBJECTS
        np.testing.assert_allclose(measures[f"doublings.untrained-body.{target}"], np.log2(24 / 40))
    np.testing.assert_allclose(measures["fall-per-change.all"], 0, atol=1e-12)


def test_the_fall_is_the_slope_over_changes() -> None:
    curves = made_up()
    for points, target in zip((0, 4, 4, 12, 28), TARGETS, strict=True):
        new = TARGETS[target]
        curve = torch.full((SUBJECTS, POINTS), new.chance)
        curve[:, points:] = curves.curves[f"{target}/all"][0, -1]
        curves.curves[f"{target}/all"] = curve
    measures = STUDY.evaluate({"curves": curves}, 1, True).measures
    # With four points in the mean they take 4, 8, 8, 16 and 32 points: one doubling is lost with each change.
    np.testing.assert_allclose(measures["fall-per-change.all"], 1)


@pytest.mark.parametrize("name", [name for name, new in TARGETS.items() if new.measure == "regret"])
def test_chance_is_what_random_choices_give(name: str) -> None:
    recording = record(RandomAgent(range(2)), TARGETS[name].make_task(), 2000, 100, ("regret",))
    regret = recording["regret"].sum("step").values
    assert abs(regret.mean() - TARGETS[name].chance) < 4 * regret.std() / regret.size**0.5


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["curves", "steps", "speed"]
    # Four points are in each mean.
    assert len(panels["curves"]) == len(TARGETS) * len(WAYS) * (POINTS - 3)
    assert len(panels["steps"]) == len(TARGETS) * len(WAYS) * SUBJECTS
    assert len(panels["speed"]) == len(TARGETS) * (len(WAYS) - 1) * SUBJECTS
    assert list(dict.fromkeys(panels["steps"]["task"])) == list(TARGETS)
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_seven_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == len(TARGETS) + 2

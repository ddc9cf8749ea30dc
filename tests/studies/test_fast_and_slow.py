"""The capstone lives courses, counts costs, measures what its claims name and draws what it measured."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from pfc_metarl.experiments.fast_and_slow import costs, score
from pfc_metarl.experiments.fast_and_slow.config import MAML, PRESETS
from pfc_metarl.experiments.fast_and_slow.panels import BY_ACTIVITY, LEARNERS
from pfc_metarl.experiments.fast_and_slow.recipe import OUTER, CoursesRecipe
from pfc_metarl.experiments.fast_and_slow.study import STUDY
from pfc_metarl.experiments.fast_and_slow.worlds import BLOCK, WORLDS

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.reference.barcode_bandit import LikeliestArmAgent
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.learning_curves import LearningCurves
from pfc_metarl.studies.reproduce import reproduce
from pfc_metarl.studies.study import Evaluation, Recipe

SUBJECTS, PULLS, ITERATIONS = 2, 2 * BLOCK, 1
OPTIONS = {"overwrite": False, "quiet": True, "label": "living"}

# Points of the courses that are made up.
POINTS = 20


@pytest.fixture(scope="module")
def recipe() -> CoursesRecipe:
    full = PRESETS["fast"]["courses"]
    assert isinstance(full, CoursesRecipe)
    maml = replace(full.maml, outer=OuterLoopConfiguration(iterations=ITERATIONS))
    tiny = TrainingConfiguration(updates=ITERATIONS, episodes=2)
    return replace(full, problems=2, pulls=PULLS, maml=maml, source=replace(full.source, training=tiny))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks") / "courses"


@pytest.fixture(scope="module")
def lived(recipe: CoursesRecipe, folder: Path) -> LearningCurves:
    return recipe.train(SUBJECTS, 100, folder, device="cpu", **OPTIONS)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", 4)
        patch.setattr(score, "EVALUATION_EPOCHS", 1)
        return STUDY.evaluate({"recurrent": freeze(newborn()), "courses": made_up()}, 100, True)


def newborn() -> Population:
    """Networks of the study's kind, before they learn anything."""
    recipe = PRESETS["fast"]["recurrent"]
    assert isinstance(recipe, Recipe)
    task, network = recipe.make_task(), recipe.network
    return Population.draw(network, input_size(task, network), task.actions, Streams(100, range(SUBJECTS)))


def made_up() -> LearningCurves:
    """Courses that leap from chance to what knowing the arm earns, after a known number of blocks."""
    leaps = {"maml": (4, 8), "fine-tune": (3, 12), "mfec": (POINTS, POINTS), "dqn": (9, 19)}
    curves = {}
    for label, leap in leaps.items():
        for (name, world), block in zip(WORLDS.items(), leap, strict=True):
            course = torch.full((SUBJECTS, POINTS), world.chance)
            course[:, block:] = world.good
            curves[f"{label}/{name}"] = course
    steps = dict.fromkeys(curves, tuple(range(BLOCK, BLOCK * POINTS + 1, BLOCK)))
    for label, lived in (("maml", 5000), ("recurrent", 7000)):
        curves[f"{label}/{OUTER}"], steps[f"{label}/{OUTER}"] = torch.zeros(SUBJECTS, 1), (lived,)
    return LearningCurves(range(SUBJECTS), curves, steps, {"source": ("a", "b"), "maml": ("c", "d")})


def test_every_learner_leaves_a_course_in_both_worlds(lived: LearningCurves) -> None:
    learners = [label for label in LEARNERS if label not in BY_ACTIVITY]
    outer = {f"{label}/{OUTER}" for label in ("maml", "recurrent")}
    assert set(lived.curves) == outer | {f"{label}/{world}" for label in learners for world in WORLDS}
    for name, course in lived.curves.items():
        if name not in outer:
            assert course.shape == (SUBJECTS, PULLS // BLOCK)
            assert 0 <= course.min() <= course.max() <= 1
            assert lived.steps[name] == (BLOCK, PULLS)


def test_the_outer_loop_is_counted_in_pulls(recipe: CoursesRecipe, lived: LearningCurves) -> None:
    """Forty problems, ten pulls before each of four gradient steps and after the last."""
    assert recipe.steps_per_iteration == 40 * 10 * (MAML.inner_steps + 1)
    assert lived.steps[f"maml/{OUTER}"] == (ITERATIONS * recipe.steps_per_iteration,)
    assert lived.steps[f"recurrent/{OUTER}"] == (ITERATIONS * 2 * 50,)


def test_courses_are_kept_and_read_again(recipe: CoursesRecipe, lived: LearningCurves, folder: Path) -> None:
    assert recipe.load(folder / "network.safetensors").fingerprints() == lived.fingerprints()
    again = recipe.train(SUBJECTS, 100, folder, device="cpu", **OPTIONS)
    assert again.fingerprints() == lived.fingerprints()


def test_courses_of_another_run_are_not_taken_for_these(
    recipe: CoursesRecipe, lived: LearningCurves, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "courses"
    shutil.copytree(folder, copy)
    lived.save(copy / "network.safetensors", {**recipe.describe(), "seed": 101, "subjects": [0]})
    with pytest.raises(StoredFileError, match=r"network.safetensors is of another run than configuration.json"):
        recipe.train(SUBJECTS, 100, copy, device="cpu", **OPTIONS)


def test_the_source_is_the_network_that_stands_beside(recipe: CoursesRecipe, folder: Path) -> None:
    """Trained by its own recipe before, or by this one; either way the same, and only once."""
    kept = recipe.load(folder / "network.safetensors")
    assert recipe.source.load(folder.parent / "recurrent" / "network.safetensors").fingerprints() == list(
        kept.networks["source"]
    )


def test_other_devices_are_refused(recipe: CoursesRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="leave out --device"):
        recipe.train(1, 100, tmp_path, device="cuda", **OPTIONS)
    # A whole study refuses before it trains the first of its populations, which a GPU could train.
    monkeypatch.setattr("pfc_metarl.studies.reproduce.usable_device", lambda device: None)
    with pytest.raises(ConfigurationError, match="leave out --device"):
        reproduce(STUDY.name, retrain=True, device="cuda", out=tmp_path / "all", quiet=True)
    assert not list((tmp_path / "all").glob("networks/*"))


def test_a_context_stays_for_life() -> None:
    task, uniform = WORLDS["inside"].one_context(pulls=1), torch.rand(3, 5, 30)
    first, later = (task.start_at(position, uniform) for position in (0, 123_456))
    assert torch.equal(first[0].good_arm, later[0].good_arm)
    assert torch.equal(first[1].observation, later[1].observation)
    assert first[0].good_arm.unique().numel() > 1


def test_new_contexts_have_nothing_in_common() -> None:
    task = WORLDS["outside"].new_contexts(pulls=3)
    recording = record(LikeliestArmAgent(task, 1), task, 300, 100, ("context", "good_arm", "arm_probability"))
    assert recording.sizes["episode"] == 300
    assert set(np.unique(recording["good_arm"])) == set(range(10))
    np.testing.assert_allclose(recording["arm_probability"].mean("arm"), WORLDS["outside"].chance, rtol=1e-6)


@pytest.mark.parametrize("world", WORLDS)
def test_pulling_the_likeliest_arm_is_bayes_optimal(world: str) -> None:
    """Dynamic programming over all counts: with three arms and six pulls no policy earns more."""
    good, other, arms = WORLDS[world].good, WORLDS[world].other, 3

    def posterior(won: tuple[int, ...], lost: tuple[int, ...]) -> np.ndarray:
        weight = [(good / other) ** w * ((1 - good) / (1 - other)) ** f for w, f in zip(won, lost, strict=True)]
        return np.array(weight) / np.sum(weight)

    @cache
    def value(won: tuple[int, ...], lost: tuple[int, ...], left: int, greedy: bool) -> float:
        if left == 0:
            return 0.0
        belief = posterior(won, lost)
        pays = other + (good - other) * belief
        tried = [int(belief.argmax())] if greedy else range(arms)
        more = [
            tuple(tuple(np.add(counts, np.eye(arms, dtype=int)[arm])) for counts in (won, lost)) for arm in range(arms)
        ]
        return max(
            pays[arm] * (1 + value(more[arm][0], lost, left - 1, greedy))
            + (1 - pays[arm]) * value(won, more[arm][1], left - 1, greedy)
            for arm in tried
        )

    start = (0,) * arms
    assert value(start, start, 6, True) == pytest.approx(value(start, start, 6, False), abs=1e-12)


def test_costs_are_counted_from_shapes() -> None:
    price = costs.costs(newborn(), {"maml": 123, "recurrent": 456}, pulls=500)
    # 10 bits, 10 actions and a reward enter 4 gates of 48 units; ten logits and a value leave,
    # and a twelfth column is never read.
    forward = (10 + 10 + 1 + 48) * 4 * 48 + 48 * 11
    # Weights with biases and an initial state, and the state.
    assert price["recurrent"] == costs.Cost(456, forward, forward + 4 * 48 + 11 + 2 * 48 + 2 * 48)
    assert (price["fine-tune"].operations, price["fine-tune"].outer) == (3 * forward, 456)
    # Five gates of 64 units, ten barcodes compared, and ten slots of key, state and time.
    gates = (10 + 10 + 1 + 64) * 5 * 64 + 64 * 11
    held = gates + 5 * 64 + 11 + 2 * 64 + 2 * 64 + 10 * (10 + 64 + 1)
    assert price["episodic"] == costs.Cost(12_000 * 80 * 10, gates + 10 * 10, held)
    policy = 10 * 16 + 16 * 10
    assert price["maml"] == costs.Cost(123, 4 * policy, 3 * (policy + 16 + 10) + 10 * 13)
    # A batch of 32 every fourth step, three passes each; weights held five times, and 500 steps of 23 numbers.
    q = 10 * 64 + 64 * 10
    assert price["dqn"] == costs.Cost(0, q + 3 * 32 / 4 * q, 5 * (q + 64 + 10) + 500 * 23)
    assert price["mfec"] == costs.Cost(0, 10 * 64 + 10 * 64, 10 * 64 + 10 * 68)


def test_pulls_to_criterion_and_their_comparison(evaluation: Evaluation) -> None:
    measures, inside = evaluation.measures, evaluation.measures["steps.recurrent.inside"]
    assert measures["steps.maml.inside"].tolist() == [50, 50]
    assert measures["steps.dqn.outside"].tolist() == [200, 200]
    assert measures["reached.dqn.outside"].tolist() == [1, 1]
    assert measures["steps.mfec.inside"].tolist() == [200, 200]
    assert measures["reached.mfec.inside"].tolist() == [0, 0]
    np.testing.assert_allclose(measures["degraded.maml"], np.log2(90 / 50))
    np.testing.assert_allclose(measures["behind.fine-tune"], np.log2(40 / inside))
    lost = np.log2(measures["steps.recurrent.outside"] / inside)
    np.testing.assert_allclose(measures["degrades-less.fine-tune"], lost - np.log2(130 / 40))


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name
    assert evaluation.measures["weights.unchanged"].tolist() == [1, 1]


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    assert {claim.judge(evaluation.measures).claim.name for claim in STUDY.claims} >= {"weights-frozen"}


def test_panels_and_summary_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["steps", *WORLDS, "again", "costs"]
    assert len(panels["steps"]) == len(LEARNERS) * len(WORLDS) * SUBJECTS
    assert len(panels["inside"]) == len(LEARNERS) * POINTS
    assert len(panels["again"]) == len(BY_ACTIVITY) * 2
    assert list(panels["costs"]["condition"]) == list(evaluation.tables["summary"]["learner"]) == [*LEARNERS.values()]
    assert not any(table.isna().any(axis=None) for table in panels.values())
    assert len(evaluation.recordings) == len(WORLDS) * len(BY_ACTIVITY)


def test_the_figure_has_its_seven_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 7

"""The study of sinusoids trains, keeps and tests its learners, and draws what it measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pfc_metarl.experiments.meta_supervised import score
from pfc_metarl.experiments.meta_supervised.config import LEARNERS, PRESETS, RATES, REPORTED, SHOTS, STEPS
from pfc_metarl.experiments.meta_supervised.study import STUDY

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.learners import GradientLearner
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration
from pfc_metarl.meta_gradient.sinusoids import Examples, SinusoidBatch
from pfc_metarl.studies.meta_recipe import MetaRecipe
from pfc_metarl.studies.study import Evaluation

SUBJECTS = 2


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    learners = {label: MetaLearners.draw(each, Streams(100, range(SUBJECTS))) for label, each in LEARNERS.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TEST_TASKS": 4, "TUNING_TASKS": 3, "QUERIES": 6}.items():
            patch.setattr(score, name, value)
        return STUDY.evaluate(learners, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["slow-weights-frozen"] == "replicated"
    assert judged["maml-learns-from-five"] == "not replicated", "these have learned nothing"


def test_the_same_slow_weights_learn_the_same_tasks_alike(evaluation: Evaluation) -> None:
    """MAML and its first-order form differ in training alone, and before the first step all see the same tasks."""
    measures = evaluation.measures
    for shots in SHOTS:
        for step in (0, *REPORTED):
            name = f"{shots}-shot.{step}-step"
            np.testing.assert_array_equal(measures[f"error.maml.{name}"], measures[f"error.first-order.{name}"])
        before = [measures[f"error.{label}.{shots}-shot.0-step"] for label in ("maml", "pretrained")]
        np.testing.assert_array_equal(*before)
    gain = measures["error.maml.10-shot.1-step"] - measures["error.maml.10-shot.10-step"]
    np.testing.assert_allclose(measures["gain.maml.10-shot"], gain)


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["steps", "examples", "task"]
    learners = len(LEARNERS) + 1
    assert len(panels["steps"]) == learners * len(SHOTS) * (STEPS + 1)
    assert panels["steps"]["published"].notna().sum() == 2 * len(REPORTED)
    published = panels["steps"].set_index(["learner", "shots", "step"]).loc[("MAML", 5, 10), "published"]
    assert published == 0.35
    lstm = panels["examples"].loc[panels["examples"]["learner"] == "LSTM"]
    assert lstm["shots"].tolist() == list(range(1, max(SHOTS) + 1))
    curves = panels["task"].groupby("curve").size()
    assert curves["seen"] == SHOTS[0]
    assert set(curves.drop("seen")) == {6}


def test_the_figure_has_its_six_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 6


def test_the_tuned_step_size_is_the_best_of_those_tried() -> None:
    learners = MetaLearners.draw(GradientLearner(), Streams(100, range(SUBJECTS)))
    support, query = SinusoidBatch(tasks=5, shots=5, queries=10).draw(Streams(100, range(SUBJECTS)), 0)
    # At a scale at which large steps diverge.
    support, query = (Examples(each.x, 10 * each.y) for each in (support, query))
    errors = []
    for rate in RATES:
        course = learners.learner.course(learners.weights, support, query.x, torch.full((SUBJECTS,), rate), STEPS)
        errors.append((course[:, :, -1] - query.y).square().mean((1, 2, 3)).numpy())
    assert not np.isfinite(errors).all()
    best = [
        min((error, rate) for error, rate in zip(own, RATES, strict=True) if error == error)[1]
        for own in zip(*errors, strict=True)
    ]
    found = score.tuned_rate(learners, learners.learner, support, query)
    np.testing.assert_allclose(found, best)


@pytest.mark.parametrize("label", list(LEARNERS))
def test_a_recipe_trains_keeps_and_reads_its_learners(label: str, tmp_path: Path) -> None:
    recipe = MetaRecipe(
        LEARNERS[label], SinusoidBatch(tasks=3, shots=4, queries=4), OuterLoopConfiguration(iterations=3)
    )
    options = {"overwrite": False, "quiet": True, "label": label}
    trained = recipe.train(SUBJECTS, 100, tmp_path, device="cpu", **options)
    assert recipe.load(tmp_path / "network.safetensors").fingerprints() == trained.fingerprints()
    assert recipe.describe()["outer"]["iterations"] == 3
    with pytest.raises(ConfigurationError, match="leave out --device"):
        recipe.train(SUBJECTS, 100, tmp_path, device="cuda", **options)


def test_the_paper_preset_is_the_published_one() -> None:
    maml = PRESETS["paper"]["maml"].describe()
    assert maml["batch"] == {"tasks": 25, "shots": 10, "queries": 10}
    assert maml["outer"] == {"iterations": 70_000, "learning_rate": 0.001, "final_learning_rate": 0.001}
    settings = {"hidden": [40, 40], "inner_steps": 1, "inner_rate": 0.01, "first_order": False}
    assert {name: maml["learner"][name] for name in settings} == settings

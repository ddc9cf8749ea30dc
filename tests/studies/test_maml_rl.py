"""The study of policy gradients lets its learners learn, measures what its claims name and draws it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pfc_metarl.experiments.maml_rl import score
from pfc_metarl.experiments.maml_rl.config import LEARNERS, PRESETS, PUBLISHED, STEPS, TASKS, TRIALS
from pfc_metarl.experiments.maml_rl.panels import STAGES
from pfc_metarl.experiments.maml_rl.study import STUDY

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.studies.study import Evaluation

SUBJECTS = 2


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    learners = {label: MetaLearners.draw(each, Streams(100, range(SUBJECTS))) for label, each in LEARNERS.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GOALS": 2, "GOAL_EPISODES": 3, "PROBLEMS": 12}.items():
            patch.setattr(score, name, value)
        return STUDY.evaluate(learners, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["slow-weights-frozen"] == "replicated"
    assert judged["maml-navigates"] == "not replicated", "these have learned nothing"


def test_the_same_problems_are_met_by_all(evaluation: Evaluation) -> None:
    """Late rewards of who has learned it show how good a problem's better arm is."""
    task = "two-armed-bandit"
    uniform = Streams(100, range(SUBJECTS), "evaluation").uniform("start", 0, (12, 2))
    better = np.maximum(uniform[..., 0], 1 - uniform[..., 0])
    for name in ("ideal", "recurrent"):
        earned = evaluation.recordings[f"{task}/{name}"]["reward"].isel(trial=slice(50, None)).mean("trial")
        assert np.corrcoef(better.ravel(), earned.values.ravel())[0, 1] > 0.8
    # Before any step MAML's policy knows nothing, after it something.
    assert evaluation.recordings[f"{task}/maml"]["reward"].sizes == {
        "subject": SUBJECTS,
        "problem": 12,
        "trial": TRIALS,
    }


def test_trials_are_counted_before_the_first_ten_at_the_level() -> None:
    reward = np.zeros((4, TRIALS))
    reward[0, 20:] = 1
    reward[1, ::2] = 1
    reward[2, 93:] = 1
    reward[3] = 1
    np.testing.assert_array_equal(score.trials_to(reward, 0.7), [17, TRIALS, 90, 0])
    np.testing.assert_array_equal(score.trials_to(reward, 0.5), [15, 0, 88, 0])


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["paths", "returns", *TASKS]
    assert list(dict.fromkeys(panels["paths"]["curve"])) == [*STAGES, "goal"]
    origin = panels["paths"].groupby("curve", sort=False).first().drop("goal")
    assert not origin.to_numpy().any()
    returns = panels["returns"].set_index(["condition", "step"])
    assert returns.loc[("MAML", 1), "published"] == PUBLISHED["maml"][1]
    for step in range(STEPS + 1):
        measured = evaluation.measures[f"return.maml.{step}-step"].mean()
        assert returns.loc[("MAML", step), "return"] == pytest.approx(measured)
    for task in TASKS:
        own = panels[task].loc[panels[task]["condition"] == "MAML"].set_index("trial")["reward"]
        assert own.index.tolist() == [*range(1, 11), *range(13, TRIALS, 5)]
        earned = evaluation.recordings[f"{task}/maml"]["reward"].mean(("subject", "problem"))
        assert own[13] == pytest.approx(float(earned[10:15].mean()))
        assert not panels[task].isna().any(axis=None)


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4


def test_a_recipe_trains_keeps_and_reads_its_learners(tmp_path: Path) -> None:
    recipe = PRESETS["fast"]["two-armed-bandit"]
    small = recipe.outer.model_copy(update={"iterations": 3})
    trained = type(recipe)(recipe.learner, recipe.batch, small).train(
        SUBJECTS, 100, tmp_path, overwrite=False, device="cpu", quiet=True, label="bandit"
    )
    assert recipe.load(tmp_path / "network.safetensors").fingerprints() == trained.fingerprints()
    assert recipe.load(tmp_path / "network.safetensors").learner == recipe.learner


def test_the_paper_preset_is_the_published_one() -> None:
    described = PRESETS["paper"]["navigation"].describe()
    settings = {"hidden": [100, 100], "inner_steps": 1, "inner_rate": 0.1}
    assert {name: described["learner"][name] for name in settings} == settings
    assert described["batch"] == {"problems": 20, "episodes": 20}
    assert described["outer"]["iterations"] == 500

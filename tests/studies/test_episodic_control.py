"""The study of episodic control keeps lives, measures in them what its claims name and draws what it measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pfc_metarl.experiments.episodic_control import score
from pfc_metarl.experiments.episodic_control.config import EPISODIC, KINDS, PRESETS, SUBJECTS, WORLDS
from pfc_metarl.experiments.episodic_control.lives import Lives
from pfc_metarl.experiments.episodic_control.panels import POINTS
from pfc_metarl.experiments.episodic_control.recipe import LifeRecipe
from pfc_metarl.experiments.episodic_control.study import STUDY
from pfc_metarl.experiments.episodic_control.tuning import TRIED

from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.store import write_tensors
from pfc_metarl.studies.study import Evaluation

FEW, STEPS = 2, 60


def short(recipe: LifeRecipe) -> LifeRecipe:
    """The same for a short life, in a small maze."""
    settings = {"side": 2, "mazes": 1, "length": 20} if recipe.world.task == "pixel-maze" else recipe.world.settings
    return replace(recipe, world=replace(recipe.world, steps=STEPS, settings=settings))


@pytest.fixture(scope="module")
def lives() -> dict[str, Lives]:
    return {label: short(recipe).live(Streams(100, range(FEW))) for label, recipe in PRESETS["fast"].items()}


@pytest.fixture(scope="module")
def evaluation(lives: dict[str, Lives]) -> Evaluation:
    worlds = {name: short(PRESETS["fast"][f"{name}-dqn"]).world for name in WORLDS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "WORLDS", {name: replace(world, window=20) for name, world in worlds.items()})
        return STUDY.evaluate(lives, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (FEW,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures) for claim in STUDY.claims}
    assert len(judged["dqns-level-in-a-fifth-maze"].held) == 3


def test_steps_are_counted_to_the_first_window_at_dqns_level() -> None:
    """Level .95 of DQN's last tenth, which is 1: the mean of the last 4 steps must be 1."""
    dqn = np.repeat([[0.0, 1.0]], [30, 10], axis=1)
    soon, never = np.repeat([[0.0, 1.0]], [3, 37], axis=1), np.tile([0.0, 1.0], 20)[None]
    found = score.steps_to_level({"dqn": dqn, "mfec": soon, "nec": never}, window=4)
    assert [found[kind][0].item() for kind in ("dqn", "mfec", "nec")] == [34, 7, 40]
    assert [found[kind][1].item() for kind in ("dqn", "mfec", "nec")] == [True, True, False]


def test_the_ratio_is_each_subjects_own(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    for world in WORLDS:
        for kind in EPISODIC:
            expected = measures[f"steps.{kind}.{world}"] / measures[f"steps.dqn.{world}"]
            np.testing.assert_allclose(measures[f"steps-over-dqn.{kind}.{world}"], expected)


def test_the_best_of_a_maze_is_one_reward_per_shortest_way() -> None:
    maze, blank = WORLDS["maze"].make(), Lives((0, 1), 100, np.zeros((2, 1), bool))
    distance = maze.truth(score.beginning(maze, blank))["distance"].values.numpy()
    rewarded = np.arange(1, 10 * distance.prod() + 1) % distance == 0
    np.testing.assert_allclose(score.share_of_best(maze, replace(blank, rewarded=rewarded)).mean(axis=1), 1.0)
    shares = score.share_of_best(WORLDS["chance"].make(), replace(blank, rewarded=np.array([[True, False]] * 2)))
    np.testing.assert_allclose(shares, [[1 / 0.9, 0]] * 2, rtol=1e-6)


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["curves", "steps", "picture"]
    assert len(panels["curves"]) == len(WORLDS) * len(KINDS) * POINTS
    assert set(panels["curves"]["steps"].groupby(panels["curves"]["world"]).max()) == {STEPS}
    assert len(panels["steps"]) == len(WORLDS) * len(KINDS) * FEW
    assert len(panels["picture"]) == 8 * 8
    assert panels["picture"][["goal", "subject"]].sum().tolist() == [1, 1]
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_recordings_hold_every_reward(evaluation: Evaluation) -> None:
    assert evaluation.recordings.keys() == PRESETS["fast"].keys()
    reward = evaluation.recordings["chance-nec"]["reward"]
    assert reward.dims == ("subject", "step")
    np.testing.assert_allclose(evaluation.measures["whole-life.nec.chance"], reward.mean("step") / 0.9, rtol=1e-6)


def test_the_figure_has_its_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 5


def test_a_life_is_kept_and_read_again(lives: dict[str, Lives], tmp_path: Path) -> None:
    recipe = short(PRESETS["fast"]["maze-mfec"])
    options = {"overwrite": False, "quiet": True, "label": "living"}
    trained = recipe.train(FEW, 100, tmp_path, device="cpu", **options)
    kept = recipe.load(tmp_path / "network.safetensors")
    np.testing.assert_array_equal(kept.rewarded, lives["maze-mfec"].rewarded)
    assert 0 < kept.rewarded.mean() < 1
    assert kept.fingerprints() == trained.fingerprints() != kept.select([1, 0]).fingerprints()
    np.testing.assert_array_equal(kept.select([1]).rewarded, kept.rewarded[1:])
    assert (kept.subjects, kept.seed, kept.select([1]).subjects) == ((0, 1), 100, (1,))
    assert recipe.train(FEW, 100, tmp_path, device="cpu", **options).fingerprints() == kept.fingerprints()
    with pytest.raises(ConfigurationError, match="leave out --device"):
        recipe.train(FEW, 100, tmp_path, device="cuda", **options)


def test_lives_of_another_run_are_not_taken_for_these(lives: dict[str, Lives], tmp_path: Path) -> None:
    recipe = short(PRESETS["fast"]["maze-mfec"])
    options: dict[str, Any] = {"overwrite": False, "device": "cpu", "quiet": True, "label": "living"}
    recipe.train(FEW, 100, tmp_path, **options)
    lives["maze-mfec"].save(tmp_path / "network.safetensors", {**recipe.describe(), "seed": 101, "subjects": [0, 1]})
    with pytest.raises(StoredFileError, match=r"network.safetensors is of another run than configuration.json"):
        recipe.train(FEW, 100, tmp_path, **options)


def test_rewards_that_do_not_fit_their_header_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    header = {"subjects": [0, 1], "seed": 1, "steps": 17, "origin": {}}
    write_tensors(path, {"rewarded": torch.zeros(2, 3, dtype=torch.uint8)}, header)
    assert Lives.load(path).rewarded.shape == (2, 17)
    for wrong in ({"steps": 25}, {"subjects": [0]}):
        write_tensors(path, {"rewarded": torch.zeros(2, 3, dtype=torch.uint8)}, header | wrong)
        with pytest.raises(StoredFileError, match="do not fit"):
            Lives.load(path)
    write_tensors(path, {}, {"network": {}})
    with pytest.raises(StoredFileError, match="no lives"):
        Lives.load(path)


@pytest.mark.parametrize("label", PRESETS["fast"])
def test_a_description_says_how_a_life_was_lived(label: str) -> None:
    recipe = PRESETS["fast"][label]
    described, world = recipe.describe(), WORLDS[label.split("-")[0]]
    assert described["steps"] == world.steps >= 6000
    assert described["settings"]["discount"] == world.discount
    assert described["task_settings"].items() >= world.settings.items()


def test_what_is_printed_in_the_papers_is_the_papers() -> None:
    settings = {label: recipe.configure().model_dump() for label, recipe in PRESETS["paper"].items()}
    assert settings["maze-mfec"]["neighbours"] == 50
    printed = {"neighbours": 50, "kernel_width": 1e-3, "horizon": 100, "update_every": 16, "batch": 32}
    assert settings["maze-nec"].items() >= printed.items()
    assert settings["maze-dqn"].items() >= {"update_every": 4, "batch": 32}.items()
    assert STUDY.subjects == SUBJECTS == 8


@pytest.mark.parametrize("kind", KINDS)
def test_the_settings_in_use_were_among_those_tried(kind: str) -> None:
    used = PRESETS["fast"][f"maze-{kind}"].configure().model_dump()
    assert all(used[name] in values for name, values in TRIED[kind].items())

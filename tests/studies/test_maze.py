"""The study of mazes measures what its claims name, draws what it measured, and shows it moving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from pfc_metarl.experiments.maze import score
from pfc_metarl.experiments.maze.config import EVALUATION_LENGTH, TASK, THIRD, VISITS
from pfc_metarl.experiments.maze.study import STUDY
from PIL import Image, ImageSequence

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.errors import OutputError
from pfc_metarl.figures.maze import REST
from pfc_metarl.figures.style import save_animation
from pfc_metarl.network.population import Population
from pfc_metarl.studies.results import write_evaluation
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.maze import Maze, MazeConfiguration
from pfc_metarl.tasks.maze_layout import walls_name

SUBJECTS, EPISODES = 2, 24

# Small mazes, where those who have learned nothing reach the goal often enough.
SMALL = {"side": 3, "mazes": 20, "maze_seed": 0}


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    network = untrained(STUDY.presets["fast"]["maze"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(score, "DECODING_SHUFFLES", 3)
        patch.setattr(score, "TASK", SMALL)
        patch.setattr(score, "SIDE", SMALL["side"])
        patch.setattr("pfc_metarl.experiments.maze.panels.SIDE", SMALL["side"])
        patch.setattr("pfc_metarl.experiments.maze.panels.FAR", 2)
        return STUDY.evaluate({"maze": freeze(network)}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_who_has_learned_nothing_has_no_use_of_memory(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures) for claim in STUDY.claims}
    assert judged["weights-frozen"].verdict == "replicated"
    assert judged["state-carries-the-maze"].verdict == "not replicated"
    assert judged["found-again-sooner"].verdict != "replicated"


def test_evaluation_is_in_mazes_that_training_never_has() -> None:
    training = STUDY.presets["fast"]["maze"].make_task()
    held_out = Maze(MazeConfiguration(**TASK, maze_set="held-out"))
    assert isinstance(training, Maze)
    assert len(training.walls) == len(held_out.walls) == 1000
    assert not {walls_name(maze) for maze in training.walls} & {walls_name(maze) for maze in held_out.walls}
    assert (score._task("held-out").walls == held_out.walls).all()


def test_goals_are_those_of_the_recording(evaluation: Evaluation) -> None:
    recording = evaluation.recordings["maze"]
    assert recording.sizes["step"] == EVALUATION_LENGTH
    np.testing.assert_allclose(evaluation.measures["goals.trained"], recording["reward"].values.sum(-1).mean(-1))
    arrived = recording["reward"].values.sum(-1) >= THIRD
    np.testing.assert_allclose(evaluation.measures["reached.third"], arrived.mean(-1))


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["visits", "goals", "known", "walls", "paths"]
    assert len(panels["visits"]) == 3 * VISITS
    assert len(panels["known"]) == 2 * VISITS
    assert len(panels["goals"]) == 4 * SUBJECTS
    for name in ("visits", "known"):
        assert sorted(set(panels[name]["visit"])) == list(range(1, VISITS + 1))
    third = panels["known"].set_index(["condition", "visit"]).loc[("from the state", THIRD), "share"]
    assert third == pytest.approx(evaluation.measures["known.third"].mean())
    paths = panels["paths"]
    assert list(dict.fromkeys(paths["visit"])) == [1, 2, 3]
    walls = np.zeros((7, 7), bool)
    walls[panels["walls"]["row"], panels["walls"]["column"]] = True
    ends = paths.groupby("visit")[["row", "column"]].agg(["first", "last"]).to_numpy()
    assert (ends == ends[0]).all(), "each visit leads from the start to the goal"
    for _, path in paths.groupby("visit"):
        cells = path[["row", "column"]].to_numpy()
        moved = np.diff(cells, axis=0)
        assert (np.abs(moved).sum(1) <= 1).all()
        between = (2 * cells[:-1] + 1 + moved)[np.abs(moved).sum(1) == 1]
        assert not walls[between[:, 0], between[:, 1]].any(), "nobody walks through walls"


def test_the_figure_has_its_five_panels(evaluation: Evaluation) -> None:
    figure = STUDY.plot(evaluation)
    assert len(figure.axes) == 5
    assert figure.axes[2].get_title().startswith("visit 1: ")
    assert figure.axes[3].get_title().startswith("visit 3: ")


def test_the_animation_shows_every_step(evaluation: Evaluation, tmp_path: Path) -> None:
    paths = evaluation.panels["paths"]
    kept = paths.loc[paths["step"] < 4, :]
    short = Evaluation({}, {**evaluation.panels, "paths": kept}, {})
    assert STUDY.animate is not None
    save_animation(STUDY.animate(short), tmp_path)
    with Image.open(tmp_path / "animation.gif") as image:
        shown = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    # Frames in which nothing changes may be stored as one that lasts.
    moving = len(kept)
    assert moving <= len(shown) <= moving + 2 * THIRD * (REST - 1)
    assert all((one != other).any() for one, other in pairwise(shown))


def test_an_animation_that_cannot_be_written_is_one_sentence(evaluation: Evaluation, tmp_path: Path) -> None:
    assert STUDY.animate is not None
    paths = evaluation.panels["paths"].head(2)
    short = Evaluation({}, {**evaluation.panels, "paths": paths}, {})
    with pytest.raises(OutputError, match=r"animation\.gif"):
        save_animation(STUDY.animate(short), tmp_path / "missing")


def test_the_animation_is_among_the_files(evaluation: Evaluation, tmp_path: Path) -> None:
    paths = evaluation.panels["paths"].head(3)
    kept = evaluation.recordings["maze"].isel(episode=slice(1), step=slice(5))
    short = Evaluation(evaluation.measures, {**evaluation.panels, "paths": paths}, {"maze": kept})
    write_evaluation(replace(STUDY, plot=lambda _: Figure(figsize=(1, 1))), short, tmp_path)
    assert {"animation.gif", "figure.png", "recording.nc"} <= {path.name for path in tmp_path.iterdir()}

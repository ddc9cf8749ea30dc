"""The study of Figure 6 measures what its claims name, over stages measured or stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pfc_metarl.experiments.fig6 import score
from pfc_metarl.experiments.fig6.config import STAGES, TRIALS
from pfc_metarl.experiments.fig6.study import STUDY
from PIL import Image

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.population import Population
from pfc_metarl.studies import stages
from pfc_metarl.studies.registry import find_study
from pfc_metarl.studies.reproduce import reproduce
from pfc_metarl.studies.study import Evaluation, Recipe

SUBJECTS = 2
EARLIER = [f"harlow/stage-{number}" for number in range(1, STAGES)]


@pytest.fixture(scope="module")
def networks(untrained: Callable[..., Population]) -> dict[str, Population]:
    recipe = STUDY.presets["fast"]["harlow"]
    return {name: untrained(recipe, seed) for seed, name in enumerate(["harlow", *EARLIER])}


@pytest.fixture(scope="module")
def evaluation(networks: dict[str, Population]) -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", 12)
        return STUDY.evaluate({name: freeze(network) for name, network in networks.items()}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["weights-frozen"] == "replicated"
    assert verdicts["one-shot"] == "not replicated", "nothing has been learned"


def test_every_stage_is_in_the_table_that_is_stored(evaluation: Evaluation) -> None:
    table = evaluation.tables["stages"]
    assert list(table) == ["subject", "stage", "trial", "performance"]
    assert len(table) == SUBJECTS * STAGES * TRIALS
    last = table[(table["stage"] == STAGES) & (table["trial"] == 1)]["performance"]
    np.testing.assert_allclose(last, evaluation.measures["performance.trial-1"])


def test_without_earlier_networks_their_stored_performance_is_read(
    networks: dict[str, Population], evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fig6").mkdir()
    evaluation.tables["stages"].to_csv(tmp_path / "fig6" / "stages.csv", index=False)
    monkeypatch.setattr(stages, "files", lambda _: tmp_path)
    monkeypatch.setattr(score, "EVALUATION_EPISODES", 12)
    again = STUDY.evaluate({"harlow": freeze(networks["harlow"])}, 100, True)
    pd.testing.assert_frame_equal(again.tables["stages"], evaluation.tables["stages"])
    one = STUDY.evaluate({"harlow": freeze(networks["harlow"].select([1]))}, 100, True)
    assert set(one.tables["stages"]["subject"]) == {1}


def test_the_figure_shows_frames_stages_and_subjects(evaluation: Evaluation) -> None:
    figure = STUDY.plot(evaluation)
    assert len(figure.axes) == 5
    assert len(evaluation.panels["6a"]) == 3 * 16 * 32
    assert len(figure.axes[3].lines) == STAGES + 1
    assert len(figure.axes[4].lines) == SUBJECTS + 2


def test_a_users_images_take_the_objects_place(tmp_path: Path) -> None:
    for number in range(4):
        Image.new("RGB", (20, 20), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
    with_stimuli = STUDY.with_stimuli
    assert with_stimuli is not None
    own = with_stimuli(tmp_path)
    for recipes in own.presets.values():
        recipe: Recipe = recipes["harlow"]
        task = recipe.make_task()
        assert len(task.objects) == 2
        assert float(task.objects[1, 0, 0, 0]) == pytest.approx(120 / 255)


def test_a_study_without_images_refuses_stimuli(tmp_path: Path) -> None:
    assert find_study("fig5").with_stimuli is None
    with pytest.raises(ConfigurationError, match="fig5 shows no images"):
        reproduce("fig5", stimuli=tmp_path, out=tmp_path / "out", quiet=True)
    with pytest.raises(ConfigurationError, match="no folder of stimuli"):
        reproduce("fig6", stimuli=tmp_path / "nowhere", out=tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()

"""From a study's name to its files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import image
from pfc_metarl.experiments.fig6.config import presets

from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.store import load_population, read_tensors
from pfc_metarl.studies.registry import STUDIES, bundled_networks, find_study, load
from pfc_metarl.studies.reproduce import Reproduction, reproduce
from pfc_metarl.studies.results import write_json
from pfc_metarl.studies.study import Recipe

FILES = {
    "figure.png",
    "figure.svg",
    "figure_data.csv",
    "claims.csv",
    "claims.json",
    "measures.csv",
    "recording.nc",
    "provenance.json",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    return reproduce("fig1", out=tmp_path_factory.mktemp("fig1"), quiet=True)


def test_it_writes_every_file(result: Reproduction) -> None:
    assert {path.name for path in result.folder.iterdir()} == FILES
    assert image.imread(result.folder / "figure.png").std() > 0.1, "the picture must not be blank"


def test_the_figure_data_hold_all_that_is_drawn(result: Reproduction) -> None:
    drawn = pd.read_csv(result.folder / "figure_data.csv", dtype={"panel": str})
    choices = drawn[drawn["panel"] == "1c"]
    assert len(choices) == 2 * 300 * 100
    curves = drawn[drawn["panel"] == "1d"]
    assert set(curves.groupby("curve").size()) == {100}
    assert curves["curve"].nunique() == 6
    assert drawn[drawn["panel"] == "1e"]["problem"].nunique() == 4
    assert len(drawn[drawn["panel"] == "1f"]) == 300


def test_the_drawn_regret_is_the_scored_regret(result: Reproduction) -> None:
    curves = result.evaluation.panels["1d"]
    last = curves[curves["trial"] == 100].set_index("curve")["regret"]
    measures = result.evaluation.measures
    assert last["meta-RL, independent arms"] == pytest.approx(measures["regret.independent.problem"].mean())
    assert last["Thompson sampling"] == pytest.approx(measures["regret.thompson.problem"].mean())


def test_every_measure_is_written_with_its_nulls(result: Reproduction) -> None:
    written = pd.read_csv(result.folder / "measures.csv").groupby("measure")["value"]
    assert set(written.groups) == set(result.evaluation.measures)
    assert {"ordering.shuffled", "ordering.untrained"} <= set(written.groups)
    for name, values in result.evaluation.measures.items():
        assert written.get_group(name).mean() == pytest.approx(values.mean(), rel=1e-4)


def test_claims_agree_between_table_csv_and_json(result: Reproduction) -> None:
    table = pd.read_csv(result.folder / "claims.csv", keep_default_na=False)
    entries = json.loads((result.folder / "claims.json").read_text())
    assert list(table["verdict"]) == list(result.claims["verdict"]) == [entry["verdict"] for entry in entries]
    assert len(table) == len(find_study("fig1").claims)


def test_the_bundled_networks_keep_their_verdicts(result: Reproduction) -> None:
    verdicts = result.claims.set_index("claim")["verdict"]
    for claim in (
        "uniform-regret",
        "correlated-regret",
        "order-of-algorithms",
        "state-carries-learning",
        "weights-frozen",
    ):
        assert verdicts[claim] == "replicated", claim


def test_the_recording_opens_with_groups_and_named_dimensions(result: Reproduction) -> None:
    with xr.open_datatree(result.folder / "recording.nc", engine="h5netcdf") as tree:
        payoffs = tree["correlated/payoffs"]
        assert payoffs["hidden"].dims == ("subject", "episode", "step", "unit")
        assert payoffs.sizes["episode"] == 300
        assert "independent/state-reset" in {node.path.removeprefix("/") for node in tree.leaves}


def test_provenance_names_the_bundled_weights(result: Reproduction) -> None:
    provenance = json.loads((result.folder / "provenance.json").read_text())
    assert provenance["weight_hashes"]["independent"] == load("fig1/independent").fingerprints()
    assert provenance["environment"]["versions"]["torch"]


@pytest.mark.parametrize("name", STUDIES)
def test_bundled_networks_were_made_by_the_fast_recipe(name: str) -> None:
    study = find_study(name)
    for label, recipe in study.presets["fast"].items():
        path = bundled_networks()[f"{name}/{label}"]
        assert len(recipe.load(path).subjects) == study.subjects
        if not isinstance(recipe, Recipe):
            described, origin = json.loads(json.dumps(recipe.describe())), read_tensors(path)[1]["origin"]
            assert described == {name: origin.get(name) for name in described}
            continue
        _, origin = load_population(path)
        task = recipe.make_task()
        # Settings that have come since stand at what they were before they came.
        assert TrainingConfiguration(**origin["training"]) == recipe.training
        assert NetworkConfiguration(**origin["network"]) == recipe.network.seeing(task)
        assert origin["task"].pop("name") == recipe.task
        assert type(task.configuration)(**origin["task"]) == task.configuration


def test_the_two_step_study_writes_every_file(tmp_path: Path) -> None:
    result = reproduce("fig5", subjects=2, out=tmp_path, quiet=True)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert set(result.evaluation.panels) == {"5c", "5e", "5f", "5g"}
    assert result.evaluation.measures["reward.trained"].min() > 0.69


def test_fewer_subjects_are_the_first_of_the_bundled(result: Reproduction, tmp_path: Path) -> None:
    few = reproduce("fig1", subjects=2, out=tmp_path, quiet=True)
    np.testing.assert_array_equal(
        few.evaluation.measures["regret.independent.problem"],
        result.evaluation.measures["regret.independent.problem"][:2],
    )


def test_load_refuses_what_is_not_there() -> None:
    with pytest.raises(StoredFileError, match="fig1/nothing"):
        load("fig1/nothing")


@pytest.mark.slow
def test_retraining_holds_the_time_limit_and_the_claims(tmp_path: Path) -> None:
    result = reproduce("fig1", retrain=True, seed=101, out=tmp_path, quiet=True)
    assert result.seconds < 6 * 60 + 60, "training 16 subjects may take 6 minutes on 2 cores, evaluation 1 more"
    assert (result.claims["verdict"] != "not replicated").sum() >= 7


@pytest.mark.slow
def test_every_study_is_trained_and_evaluated_within_an_hour(tmp_path: Path) -> None:
    seconds = {
        name: reproduce(name, retrain=True, seed=102, out=tmp_path / name, quiet=True).seconds for name in STUDIES
    }
    assert sum(seconds.values()) < 3600, f"on 2 cores, seconds by study: {seconds}"


def test_settings_that_name_a_folder_of_images_can_be_written(tmp_path: Path) -> None:
    settings = presets(tmp_path)["fast"]["harlow"].describe()
    write_json(settings, tmp_path / "settings.json")
    assert json.loads((tmp_path / "settings.json").read_text())["task_settings"]["stimuli"] == str(tmp_path)

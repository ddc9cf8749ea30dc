"""A study under interventions, beside its control."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.figures.beside import save_beside
from pfc_metarl.studies.reproduce import Reproduction, reproduce

LINES = ["lesion units=0.3", "silence-input channel=reward trials=50-"]
CONTROL = {
    "figure.png", "figure.svg", "figure_data.csv", "claims.csv", "claims.json", "measures.csv", "recording.nc",
    "provenance.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def shorter() -> Any:
    """Fig. 5's evaluation with a tenth of the episodes."""
    from pfc_metarl.experiments.fig5 import score

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", 30)
        patch.setattr(score, "ERROR_EPISODES", 5)
        patch.setattr(score, "SHUFFLES", 10)
        yield


@pytest.fixture(scope="module")
def plain(shorter: Any, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    return reproduce("fig5", subjects=2, out=tmp_path_factory.mktemp("plain"), quiet=True)


@pytest.fixture(scope="module")
def result(shorter: Any, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    return reproduce("fig5", subjects=2, intervene=LINES, out=tmp_path_factory.mktemp("fig5"), quiet=True)


def test_the_control_is_what_it_is_without_intervention(plain: Reproduction, result: Reproduction) -> None:
    for name in ("measures.csv", "claims.csv", "figure_data.csv", "figure.svg"):
        assert (result.folder / name).read_bytes() == (plain.folder / name).read_bytes(), name
    assert {path.name for path in plain.folder.iterdir()} == CONTROL
    assert plain.intervened is plain.comparison is None


def test_it_writes_both_and_both_beside_each_other(result: Reproduction) -> None:
    files = {path.name for path in result.folder.iterdir()}
    assert files == CONTROL | {"intervened", "comparison.png", "comparison.svg", "comparison.csv"}
    own = {path.name for path in (result.folder / "intervened").iterdir()}
    assert own == CONTROL - {"claims.json", "provenance.json"}
    assert "verdict" not in pd.read_csv(result.folder / "intervened" / "claims.csv")


def test_the_same_problems_are_met(result: Reproduction) -> None:
    control, intervened = (
        xr.open_datatree(folder / "recording.nc", engine="h5netcdf")["two-step"].to_dataset()
        for folder in (result.folder, result.folder / "intervened")
    )
    np.testing.assert_array_equal(control["good_state"].values[:, :, 0], intervened["good_state"].values[:, :, 0])
    assert not np.array_equal(control["value"].values, intervened["value"].values)
    assert intervened.attrs["interventions"] == LINES
    assert "interventions" not in control.attrs


def test_the_comparison_holds_the_measures_of_both_and_the_controls_verdicts(result: Reproduction) -> None:
    table = pd.read_csv(result.folder / "comparison.csv").set_index("measure")
    assert result.intervened is not None
    for name, row in table.iterrows():
        before, after = (each.measures[str(name)] for each in (result.evaluation, result.intervened))
        assert row["control_mean"] == pytest.approx(before.mean(), rel=1e-4)
        assert row["intervened_mean"] == pytest.approx(after.mean(), rel=1e-4)
        assert row["difference_mean"] == pytest.approx((after - before).mean(), rel=1e-3, abs=1e-6)
    verdicts = result.claims.set_index("claim")["verdict"]
    assert all(verdicts[row["claim"]] == row["verdict"] for _, row in table.iterrows())
    assert set(verdicts.index) == set(table["claim"])


def test_the_null_stays_intact(result: Reproduction) -> None:
    assert result.intervened is not None
    before, after = result.evaluation.measures, result.intervened.measures
    for name in before:
        same = np.array_equal(before[name], after[name])
        assert same if "untrained" in name else True, name
    assert not np.array_equal(before["reward.trained"], after["reward.trained"])


def test_provenance_names_the_interventions(plain: Reproduction, result: Reproduction) -> None:
    assert json.loads((result.folder / "provenance.json").read_text())["interventions"] == LINES
    assert "interventions" not in json.loads((plain.folder / "provenance.json").read_text())


def test_both_figures_are_shown_pixel_by_pixel_under_titles(result: Reproduction) -> None:
    single, both = (Image.open(result.folder / name) for name in ("figure.png", "comparison.png"))
    assert both.width == 2 * single.width
    assert single.height < both.height < single.height + 100
    drawing = ElementTree.parse(result.folder / "comparison.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert [child.text for child in drawing.findall(f"{space}text")] == ["control", "; ".join(LINES)]
    assert len(drawing.findall(f"{space}svg")) == 2


def test_figures_beside_each_other_have_the_same_axes(tmp_path: Path) -> None:
    figures = {name: Figure(figsize=(3, 2)) for name in ("a < b", "c")}
    panels = [figure.subplots(1, 2) for figure in figures.values()]
    panels[0][0].plot([0, 1], [0, 1])
    panels[1][0].plot([-1, 0.5], [0.2, 5])
    for each in panels:
        each[1].imshow(np.zeros((3, 4)))
    save_beside(figures, tmp_path, "both")
    assert panels[0][0].get_xlim() == panels[1][0].get_xlim() == pytest.approx((-1.075, 1.05))
    assert panels[0][1].get_ylim() == (2.5, -0.5), "an axis that runs backwards goes on doing so"
    assert re.search("a &lt; b", (tmp_path / "both.svg").read_text())


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for line, said in (("shift-error amount=1", "receive the reward itself"), ("lesion units=48", "units 0 to 47")):
        with pytest.raises(ConfigurationError, match=said):
            reproduce("fig5", intervene=[line], out=out, quiet=True)
        with pytest.raises(ConfigurationError, match=said):
            reproduce("fig5", intervene=[line], retrain=True, out=out, quiet=True)
    assert not out.exists()

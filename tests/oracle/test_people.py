"""Real people in three published data sets show what their studies found, read and analysed by our commands' code.

The data stand outside this project, whose licence they do not share; without them these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.base.statistics import interval
from pfc_metarl.recording.table import read_trials
from pfc_metarl.studies import people_measures as measures

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no published data in {DATA}")


@pytest.fixture(autouse=True)
def few_shuffles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "SHUFFLES", 20)


@pytest.fixture(scope="module")
def two_step() -> xr.Dataset:
    return read_trials(DATA / "human_two_step.csv.gz", "two-step", {"choice": "choice_1"})


def test_what_was_published_is_what_is_read(two_step: xr.Dataset) -> None:
    assert dict(two_step.sizes) == {"subject": 150, "episode": 1, "trial": 200}
    assert int((~two_step["valid"]).sum()) == 310
    foraging = read_trials(DATA / "human_matching.csv.gz", "foraging", {"session": "block"})
    assert dict(foraging.sizes) == {"subject": 104, "episode": 10, "trial": 90}
    assert int(foraging["valid"].sum()) == 82_864


def test_two_step_people_are_both_model_free_and_model_based(two_step: xr.Dataset) -> None:
    """Gillan et al. (2016), as Daw et al. (2011): staying falls in the order RC, RU, NU, NC."""
    found = measures.two_step_staying(two_step)
    null = measures.exchanged_outcomes(two_step, measures.two_step_staying, ("reward", "common"), 0)
    cells = ["rewarded common", "rewarded uncommon", "unrewarded uncommon", "unrewarded common"]
    staying = [float(found[f"stay, {cell}"].mean()) for cell in cells]
    np.testing.assert_allclose(staying, [0.888, 0.862, 0.776, 0.721], atol=0.002)
    for index in ("model-based index", "model-free index"):
        assert interval(found[index]).low > 0
        assert found[index].mean() > null[index][1]
        assert abs(sum(null[index])) < 0.06, "without the outcomes nothing is left"


def test_foraging_people_match_less_than_exactly() -> None:
    """Rutledge et al. (2009): choices follow rewards, and fall short of matching them."""
    trials = read_trials(DATA / "human_matching.csv.gz", "foraging", {"session": "block"})
    found, null = measures.matching(trials, 0)
    slope = interval(found["matching slope"])
    assert 0.2 < slope.low < slope.high < 0.35
    assert slope.low > null["matching slope"][1]


def test_learning_rates_are_higher_in_volatile_blocks() -> None:
    """Gagne et al. (2020), after Behrens et al. (2007)."""
    columns = {"outcome": "green_outcome", "magnitude_0": "blue_mag", "magnitude_1": "green_mag"}
    trials = read_trials(DATA / "human_volatility.csv.gz", "volatility", columns)
    found, null = measures.learning_rates(trials, 0)
    for name in ("learning rate, volatile - stable", "learning rate, higher when volatile"):
        assert found[name].mean() > null[name][1]

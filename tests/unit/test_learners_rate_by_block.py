"""Whether a rate changes from block to block is told as it was made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pfc_metarl.analysis.learners import RescorlaWagner, block_rates, fit
from pfc_metarl.analysis.learners.worlds import reversing
from pfc_metarl.base.errors import ConfigurationError, TableError

SUBJECTS, BLOCKS, SIZE, TRIALS = 2, 4, 5, 60


def lived(*rates: float) -> xr.Dataset:
    """Delta-rule learners whose blocks of episodes have these rates, one after the other."""
    payoff = reversing(SUBJECTS, SIZE, TRIALS, every=20)
    parts = []
    for seed, rate in enumerate(rates):
        own = pd.DataFrame({"learning_rate": [rate] * SUBJECTS, "inverse_temperature": 6.0})
        parts.append(RescorlaWagner(anticorrelated=True).simulate(own, payoff, seed))
    return xr.concat(parts, dim="episode")


@pytest.mark.parametrize("lapsing", [False, True])
def test_a_rate_that_changes_is_preferred_free_and_one_that_stays_is_not(lapsing: bool) -> None:
    changing = block_rates(lived(0.15, 0.7, 0.15, 0.7), SIZE, lapsing=lapsing)
    staying = block_rates(lived(0.3, 0.3, 0.3, 0.3), SIZE, lapsing=lapsing)
    assert (changing["bic_one"] > changing["bic_free"]).all()
    assert (staying["bic_one"] < staying["bic_free"]).all()
    rates = changing["learning_rate"].mean("subject").values
    np.testing.assert_allclose(rates, [0.15, 0.7, 0.15, 0.7], atol=0.15)
    np.testing.assert_allclose(staying["one_rate"], 0.3, atol=0.1)


def test_a_known_rate_explains_what_the_fitted_rate_explains() -> None:
    trials = lived(0.3, 0.3)
    free = fit(RescorlaWagner(anticorrelated=True), trials)
    for position, rate in enumerate(free["learning_rate"]):
        known = fit(RescorlaWagner(anticorrelated=True, rate=float(rate)), trials)
        assert known["log_likelihood"].iloc[position] == pytest.approx(free["log_likelihood"].iloc[position], abs=1e-4)
        assert known["inverse_temperature"].iloc[position] == pytest.approx(
            free["inverse_temperature"].iloc[position], rel=1e-2
        )
    assert "learning_rate" not in known


def test_the_bic_counts_parameters_and_choices_as_by_hand() -> None:
    trials = lived(0.3, 0.5)
    found = block_rates(trials, SIZE)
    apart = [trials.isel(episode=slice(start, start + SIZE)) for start in (0, SIZE)]
    likelihood = sum(fit(RescorlaWagner(anticorrelated=True), own, 6)["log_likelihood"].to_numpy() for own in apart)
    choices = 2 * SIZE * TRIALS
    np.testing.assert_allclose(found["bic_free"], 4 * np.log(choices) - 2 * likelihood, rtol=1e-5)
    common = RescorlaWagner(anticorrelated=True, rate=float(found["one_rate"][0]))
    likelihood = sum(fit(common, own)["log_likelihood"].iloc[0] for own in apart)
    assert float(found["bic_one"][0]) == pytest.approx(3 * np.log(choices) - 2 * likelihood, rel=1e-5)


def test_episodes_that_make_no_whole_blocks_are_refused() -> None:
    with pytest.raises(TableError, match="10 episodes make no whole blocks of 4"):
        block_rates(lived(0.3, 0.3), 4)


@pytest.mark.parametrize("settings", [{"rate": 0.0}, {"rate": 1.2}, {"rate": 0.5, "asymmetric": True}])
def test_a_rate_that_cannot_be_known_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="a known rate"):
        RescorlaWagner(**settings)

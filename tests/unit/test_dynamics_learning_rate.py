"""The effective learning rate of networks that learn at a known one, and of the bundled ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch
import xarray as xr
from scipy.special import logit

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.agents.reference import ThompsonAgent
from pfc_metarl.analysis.dynamics import (
    ClosedLoop,
    beta_learning_rate,
    effective_learning_rate,
    find_fixed_points,
    fit_readout,
    rate_by_trial,
)
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.figures.dynamics import draw_learning_rate
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration

BUNDLED = Path(__file__).parents[2] / "data" / "fig1" / "correlated.safetensors"
RATES = (0.2, 0.35)  # of the two arms
SMALL = 1e-3  # tanh is straight this near to zero
FIRST_AND_LAST = slice(0, 3), slice(40, 60)  # trials


def delta_rule() -> Population:
    """A GRU whose unit a moves towards the reward by its own rate when arm a was chosen, and keeps still otherwise."""
    configuration = NetworkConfiguration(core="gru", units=2, initial_state="zero", time_input=False)
    keep = logit(1 - np.array(RATES))
    weights = {
        "input_weight": np.zeros((3, 6)),
        "recurrent_weight": np.zeros((2, 6)),
        "input_bias": np.array([0, 0, 60, 60, 0, 0.0]),
        "recurrent_bias": np.zeros(6),
        "head_weight": np.array([[2 / SMALL, 0, 0, 0], [0, 2 / SMALL, 0, 0]]),
        "head_bias": np.zeros(4),
    }
    weights["input_weight"][[0, 1], [2, 3]] = keep - 60
    weights["input_weight"][2, 4:] = SMALL
    tensors = {name: torch.from_numpy(weight)[None] for name, weight in weights.items()}
    return Population(configuration, 3, 2, [0], tensors)


def plain_readout() -> xr.Dataset:
    return xr.Dataset(
        {
            "weight": (("subject", "unit", "arm"), np.eye(2)[None] / SMALL),
            "constant": (("subject", "arm"), np.zeros((1, 2))),
        }
    )


def values_between(low: float, high: float) -> xr.Dataset:
    value = np.random.default_rng(0).uniform(low, high, (1, 5, 7, 2))
    return xr.Dataset({"hidden": (("subject", "episode", "step", "unit"), SMALL * value)}, coords={"subject": [0]})


def test_a_network_that_follows_the_delta_rule_has_its_rate() -> None:
    recording = values_between(0.2, 0.8)
    found = effective_learning_rate(delta_rule(), recording, plain_readout())
    assert found["rate"].dims == ("subject", "episode", "step", "arm")
    for name in ("rate", "rate_reward", "rate_omission"):
        np.testing.assert_allclose(found[name], np.broadcast_to(RATES, found[name].shape), rtol=1e-5)
    # The policy's log odds are twice the difference of the values, whatever these are.
    np.testing.assert_allclose(found["log_odds"], 2 * found["rate"], rtol=1e-5)


def test_a_state_after_an_episodes_end_has_no_rate() -> None:
    recording = values_between(0.2, 0.8)
    lasted = np.arange(7) < np.array([7, 3, 1, 7, 2])[:, None]
    ended = recording.assign(valid=(("subject", "episode", "step"), lasted[None]))
    every, found = (effective_learning_rate(delta_rule(), each, plain_readout()) for each in (recording, ended))
    for name in every.data_vars:
        expected = np.where(lasted[None, ..., None], every[name], np.nan)
        np.testing.assert_array_equal(found[name], expected)


def test_an_error_near_zero_says_nothing_about_the_rate() -> None:
    found = effective_learning_rate(delta_rule(), values_between(0.95, 1.0), plain_readout())
    assert bool(found["rate_reward"].isnull().all())
    assert bool(found["rate_omission"].notnull().all())


def test_a_readout_finds_what_the_units_hold() -> None:
    generator = np.random.default_rng(1)
    axes = ("subject", "episode", "step")
    belief = generator.uniform(size=(2, 40, 10, 2))
    mix = generator.normal(size=(2, 2, 6))
    hidden = 3 + belief @ mix[:, None] + 0.01 * generator.normal(size=(2, 40, 10, 6))
    recording = xr.Dataset(
        {"hidden": ((*axes, "unit"), hidden), "believed_probability": ((*axes, "arm"), belief)},
        coords={"subject": [3, 5]},
    )
    readout = fit_readout(recording)
    read = (recording["hidden"] * readout["weight"]).sum("unit") + readout["constant"]
    np.testing.assert_allclose(read.transpose(*axes, "arm"), belief, atol=0.1)
    assert float(readout["explained"].min()) > 0.98
    shuffled = recording.assign(believed_probability=recording["believed_probability"].roll(episode=1))
    assert float(fit_readout(shuffled)["explained"].max()) < 0.05


@pytest.mark.parametrize("distribution", ["independent", "correlated"])
def test_the_ideal_observers_rate_is_that_of_its_belief(distribution: Any) -> None:
    task = Bandit(BanditConfiguration(trials=12, distribution=distribution))
    recording = record(ThompsonAgent(2), task, 20, seed=2)
    rate = beta_learning_rate(recording, shared=distribution == "correlated")
    belief = recording["believed_probability"].values
    chosen = recording["choice"].values[..., None].astype(int)
    before, after = (
        np.take_along_axis(part, chosen[..., :-1, :], -1) for part in (belief[..., :-1, :], belief[..., 1:, :])
    )
    own = np.take_along_axis(rate.values, chosen, -1)[..., :-1, :]
    outcome = recording["reward"].values[..., :-1, None]
    np.testing.assert_allclose(after - before, own * (outcome - before), atol=1e-6)


def test_rates_by_trial_average_everything_but_subjects() -> None:
    values = np.arange(24.0).reshape(2, 3, 2, 2)
    rates = xr.DataArray(values, dims=("subject", "episode", "step", "arm"))
    table = rate_by_trial({"networks": rates, "one": rates.isel(subject=[0])})
    own = table[table["learner"] == "networks"]
    assert own["trial"].tolist() == [1, 2]
    np.testing.assert_allclose(own["rate"], values.mean((0, 1, 3)))
    assert bool((own["low"] < own["rate"]).all())
    assert bool(table[table["learner"] == "one"]["low"].isna().all())


@pytest.fixture(scope="module")
def agents() -> dict[str, Any]:
    population = load_population(BUNDLED)[0].select([0, 1, 2])
    return {"trained": freeze(population), "untrained": untrained_like(population, 1)}


@pytest.fixture(scope="module")
def recordings(agents: dict[str, Any]) -> dict[str, xr.Dataset]:
    task = Bandit(BanditConfiguration(trials=100, distribution="correlated"))
    return {name: record(agent, task, 60, seed=3) for name, agent in agents.items()}


def test_the_bundled_networks_learn_less_from_each_further_outcome(
    agents: dict[str, Any], recordings: dict[str, xr.Dataset]
) -> None:
    rates = {}
    for name, agent in agents.items():
        measured = effective_learning_rate(agent.population, recordings[name], fit_readout(recordings[name]))
        rates[name] = measured["rate"].mean(("episode", "arm"))
        first, last = (measured["log_odds"].isel(step=part).mean() for part in FIRST_AND_LAST)
        assert bool(abs(first) > 2 * abs(last)) == (name == "trained")
    early, late = ({name: rate[:, part].mean("step") for name, rate in rates.items()} for part in FIRST_AND_LAST)
    # At the end nearly nothing is learned, and what is measured may be of either sign.
    assert bool((early["trained"] > 2 * abs(late["trained"])).all())
    assert float(abs(early["untrained"] / late["untrained"] - 1).max()) < 0.5


def test_fed_their_own_choices_the_bundled_networks_settle_on_either_arm(
    agents: dict[str, Any], recordings: dict[str, xr.Dataset]
) -> None:
    loop = ClosedLoop(payoff=(0.5, 0.5), step=50, horizon=100)
    for name, agent in agents.items():
        points = find_fixed_points(agent.population, loop, recordings[name], starts=12)
        fixed = points["kind"] == "fixed"
        assert float(points["residual"].where(fixed).max()) < 1e-6
        stable = (fixed & points["stable"]).sum("point").values.tolist()
        logits, _ = agent.population.heads(torch.from_numpy(points["hidden"].fillna(0).values).float())
        prefers = (logits[..., 0] - logits[..., 1]).numpy()[(fixed & points["stable"]).values]
        if name == "trained":
            # In 7 of all 8 subjects, and in 2 of these 3.
            assert sum(count >= 2 for count in stable) >= 2
            assert prefers.min() < -0.5
            assert prefers.max() > 0.5
        else:
            assert stable == [1, 1, 1]


def test_what_does_not_fit_is_refused(draw_population: Any) -> None:
    with pytest.raises(ConfigurationError, match="'believed_probability'"):
        fit_readout(values_between(0, 1))
    errors = draw_population(core="gru", critic="separate", reward_signal="error", subjects=1, units=2)
    with pytest.raises(ConfigurationError, match="prediction errors"):
        effective_learning_rate(errors, values_between(0, 1), plain_readout())


def test_the_curves_are_drawn() -> None:
    mpl.use("agg")
    from matplotlib import pyplot as plt

    rates = xr.DataArray(np.random.default_rng(0).random((3, 4)), dims=("subject", "step"))
    figure, axes = plt.subplots()
    draw_learning_rate(axes, rate_by_trial({"networks": rates}), {"networks": "black"})
    assert next(line.get_label() for line in axes.get_lines()) == "networks"
    plt.close(figure)

"""Reference learners earn in barcode bandits what independent simulations say."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.agents.reference.barcode_bandit import LikeliestArmAgent, RememberingArmAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.barcode_bandit import BarcodeBandit, BarcodeBanditConfiguration

SUBJECTS, EPOCHS = 2, 20

# Printed to two decimals: mean of a first exposure, its first and its last pull; a known arm; random pulls.
FIRST, FIRST_PULL, LAST_PULL, KNOWN, RANDOM = 0.44, 0.18, 0.70, 0.90, 0.18
ROUNDING = 0.005


def play(agent: Agent, task: BarcodeBandit) -> xr.Dataset:
    needed = ("exposure", "arm_probability", "good_arm", "believed_good_arm")
    return record(agent, task, task.epoch * EPOCHS, 5, needed)


def expected(recording: xr.Dataset) -> xr.DataArray:
    """Probability that each pull pays, which is less noisy than what it paid."""
    return recording["arm_probability"].isel(arm=recording["choice"].astype(int))


def assert_mean(values: Float[np.ndarray, " episode"], mean: float, rounding: float = ROUNDING) -> None:
    error = values.std() / len(values) ** 0.5
    assert abs(values.mean() - mean) < 3 * error + rounding, values.mean()


@pytest.fixture(scope="module")
def task() -> BarcodeBandit:
    return BarcodeBandit()


@pytest.fixture(scope="module")
def forgetful(task: BarcodeBandit) -> xr.Dataset:
    return play(LikeliestArmAgent(task, SUBJECTS), task)


@pytest.fixture(scope="module")
def remembering(task: BarcodeBandit) -> xr.Dataset:
    return play(RememberingArmAgent(task, SUBJECTS), task)


def test_without_memory_every_exposure_is_a_first_one(forgetful: xr.Dataset) -> None:
    paid = expected(forgetful)
    for exposure in (1, 2, 10):
        own = paid.values[(forgetful["exposure"] == exposure).values[..., 0]]
        assert_mean(own.mean(-1), FIRST)
        assert_mean(own[:, 0], FIRST_PULL)
        assert_mean(own[:, -1], LAST_PULL)


def test_the_belief_of_the_task_is_what_this_learner_follows(forgetful: xr.Dataset) -> None:
    chosen = forgetful["believed_good_arm"].isel(arm=forgetful["choice"].astype(int))
    np.testing.assert_allclose(chosen, forgetful["believed_good_arm"].max("arm"), rtol=1e-5)


def test_the_belief_is_calibrated(forgetful: xr.Dataset) -> None:
    believed = forgetful["believed_good_arm"].values
    good = forgetful["good_arm"].values[..., None] == np.arange(10)
    for low in np.arange(0, 1, 0.1):
        inside = (believed >= low) & (believed < low + 0.1)
        if inside.sum() > 2000:
            assert abs(good[inside].mean() - believed[inside].mean()) < 0.02


def test_a_perfect_memory_goes_on_where_it_left(remembering: xr.Dataset) -> None:
    """As one long episode of a bandit without contexts would, in which every tenth outcome is hidden."""
    paid, exposure = expected(remembering), remembering["exposure"].values[..., 0]
    own = simulated_exposures(4, 10)
    for number in range(1, 5):
        assert_mean(paid.values[exposure == number].mean(-1), own[number - 1].mean(), rounding=0.003)
    assert_mean(paid.values[exposure >= 5].mean(-1), KNOWN)


def simulated_exposures(exposures: int, pulls: int) -> Float[np.ndarray, "exposure pull"]:
    """Probability that each pull pays, for Bayes' rule written down another way: by products of likelihoods."""
    generator, episodes = np.random.default_rng(0), 20_000
    good = generator.integers(10, size=episodes)
    posterior = np.full((episodes, 10), 0.1)
    paid = np.empty((exposures, pulls))
    for place in np.ndindex(paid.shape):
        # Ties are broken at random.
        choice = (posterior.round(9) + 1e-10 * generator.random(posterior.shape)).argmax(-1)
        probability = np.where(choice == good, 0.9, 0.1)
        paid[place] = probability.mean()
        if place[1] < pulls - 1:
            outcome = generator.random(episodes) < probability
            is_choice = choice[:, None] == np.arange(10)
            pays = np.where(is_choice, 0.9, 0.1)
            posterior *= np.where(outcome[:, None], pays, 1 - pays)
            posterior /= posterior.sum(-1, keepdims=True)
    return paid


def test_random_pulls_earn_chance(task: BarcodeBandit) -> None:
    paid = expected(play(RandomAgent(SUBJECTS, arms=10), task)).values
    assert_mean(paid.reshape(-1, 10).mean(-1), RANDOM)


def test_a_learner_refuses_other_rules(task: BarcodeBandit) -> None:
    other = BarcodeBandit(BarcodeBanditConfiguration(good_probability=0.8))
    for agent in (LikeliestArmAgent(task, 1), RememberingArmAgent(task, 1)):
        agent.refuse_unfit(BarcodeBandit(BarcodeBanditConfiguration(flip_probability=0.2)))
        for unfit in (other, Bandit()):
            with pytest.raises(ConfigurationError, match="other rules"):
                agent.refuse_unfit(unfit)

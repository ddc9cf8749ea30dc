"""Beliefs on the carousel are those of enumerating all its courses, and the ideal observer earns what they allow."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import torch
import xarray as xr

from pfc_metarl.agents.reference.carousel import LikeliestOnCarouselAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.carousel import Carousel, CarouselConfiguration

SUBJECTS, EPISODES = 2, 1000
RULES = CarouselConfiguration(arms=3, trials=5, good_probability=0.8, other_probability=0.1, switch_probability=0.3)


def enumerated(rules: CarouselConfiguration, choices: list[int], rewards: list[int]) -> np.ndarray:
    """Probability of each order and good arm after these outcomes, summed over every course that leads there."""
    cycles = [(0, *rest) for rest in permutations(range(1, rules.arms))]
    weight = np.zeros((len(cycles), rules.arms))
    for (order, cycle), first in product(enumerate(cycles), range(rules.arms)):
        for hand_overs in product((False, True), repeat=len(choices)):
            place, probability = cycle.index(first), 1.0
            for choice, reward, moves in zip(choices, rewards, hand_overs, strict=True):
                pays = rules.good_probability if cycle[place] == choice else rules.other_probability
                probability *= pays if reward else 1 - pays
                probability *= rules.switch_probability if moves else 1 - rules.switch_probability
                place = (place + moves) % rules.arms
            weight[order, cycle[place]] += probability
    return weight / weight.sum()


@pytest.mark.parametrize("arms", [3, 4])
def test_the_belief_is_that_of_enumeration(arms: int) -> None:
    rules = RULES.model_copy(update={"arms": arms})
    generator = np.random.default_rng(arms)
    choice, reward = generator.integers(arms, size=(1, 4, 5)), generator.integers(2, size=(1, 4, 5))
    joint = Carousel(rules).joint_belief(torch.from_numpy(choice), torch.from_numpy(reward).double()).numpy()
    for episode, step in product(range(4), range(5)):
        past = slice(0, step)
        expected = enumerated(rules, choice[0, episode, past].tolist(), reward[0, episode, past].tolist())
        np.testing.assert_allclose(joint[0, episode, step], expected, atol=1e-6)


@pytest.fixture(scope="module")
def played() -> xr.Dataset:
    task = Carousel()
    agent = LikeliestOnCarouselAgent(task, SUBJECTS)
    return record(agent, task, EPISODES, 3, ("regret", "order", "good_arm", "believed_order", "believed_good_arm"))


def test_it_follows_the_belief_of_the_task(played: xr.Dataset) -> None:
    chosen = played["believed_good_arm"].isel(arm=played["choice"].astype(int))
    np.testing.assert_allclose(chosen, played["believed_good_arm"].max("arm"), atol=1e-5)


@pytest.mark.parametrize(("belief", "truth"), [("believed_good_arm", "good_arm"), ("believed_order", "order")])
def test_beliefs_are_calibrated(played: xr.Dataset, belief: str, truth: str) -> None:
    believed = played[belief].values
    hit = played[truth].values[..., None] == np.arange(believed.shape[-1])
    for low in np.arange(0, 1, 0.2):
        inside = (believed >= low) & (believed < low + 0.2)
        assert abs(hit[inside].mean() - believed[inside].mean()) < 0.03


def test_its_regret_is_that_of_an_independent_simulation(played: xr.Dataset) -> None:
    """24,000 episodes of a simulation in numpy: .43 per trial in the first five, .228 in the last twenty of 60."""
    for trials, expected in ((slice(5), 0.43), (slice(40, None), 0.228)):
        by_episode = played["regret"].isel(step=trials).mean("step").values.ravel()
        error = by_episode.std() / len(by_episode) ** 0.5
        assert abs(by_episode.mean() - expected) < 3 * error + 0.005


def test_it_goes_on_from_what_is_recalled() -> None:
    task = Carousel(CarouselConfiguration(switch_probability=0.0, trials=3))
    known = torch.zeros(1, 2, *task.successor.shape)
    known[:, 0, :, 2], known[:, 1, 4, 1] = 1 / 6, 1.0
    agent = LikeliestOnCarouselAgent(task, 1, known)
    played = record(agent, task, 5, 3, ())
    assert played["choice"].isel(step=0).values.tolist() == [[2, 1, 2, 1, 2]]


def test_it_refuses_other_rules_but_not_another_length() -> None:
    agent = LikeliestOnCarouselAgent(Carousel(), SUBJECTS)
    record(agent, Carousel(CarouselConfiguration(trials=2)), 1)
    for other in (Carousel(CarouselConfiguration(switch_probability=0.1)), Bandit()):
        with pytest.raises(ConfigurationError, match="knows other rules"):
            record(agent, other, 1)

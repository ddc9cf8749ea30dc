"""Reference learners earn in the episodic two-step task what independent simulations and sums say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.agents.reference.episodic_two_step import EpisodicTwoStepAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepConfiguration
from pfc_metarl.tasks.two_step import TwoStep

SUBJECTS, EPISODES, TRIALS = 2, 250, 200

# Per trial of 100 without cues, printed to three decimals.
KNOWING, BAYES, RANDOM = 0.820, 0.703, 0.500
ROUNDING = 0.0005


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def task() -> EpisodicTwoStep:
    """Twice as long as the paper's: its first half has as many trials as the numbers above are about."""
    return EpisodicTwoStep(EpisodicTwoStepConfiguration(trials=TRIALS))


def play(agent: Agent, task: EpisodicTwoStep) -> xr.Dataset:
    return record(agent, task, EPISODES, 5, ("reward_probability", "good_state", "believed_b", "cued", "regret"))


@pytest.fixture(scope="module")
def remembering(task: EpisodicTwoStep) -> xr.Dataset:
    return play(EpisodicTwoStepAgent(task, SUBJECTS), task)


@pytest.fixture(scope="module")
def forgetful(task: EpisodicTwoStep) -> xr.Dataset:
    return play(EpisodicTwoStepAgent(task, SUBJECTS, remembers=False), task)


def half(recording: xr.Dataset, second: bool, name: str = "reward") -> Float[np.ndarray, " episode"]:
    """Mean over the trials of one half, episode by episode; rewards and choices belong to stage 1."""
    values = recording[name].values[..., ::2].astype(float)
    half = values.shape[-1] // 2
    return values[..., half:].mean(-1).ravel() if second else values[..., :half].mean(-1).ravel()


def assert_mean(values: Float[np.ndarray, " episode"], mean: float, rounding: float = ROUNDING) -> None:
    error = values.std() / len(values) ** 0.5
    assert abs(values.mean() - mean) < 3 * error + rounding, values.mean()


def test_without_cues_the_bayes_filter_earns_its_worth(remembering: xr.Dataset) -> None:
    assert_mean(half(remembering, second=False), BAYES)


def test_without_cues_knowing_the_good_state_earns_its_worth(remembering: xr.Dataset) -> None:
    """What was earned and what was lost by not knowing add up to it."""
    assert_mean(half(remembering, second=False) + half(remembering, second=False, name="regret"), KNOWING, 0.002)


def test_random_choices_earn_chance(task: EpisodicTwoStep) -> None:
    assert_mean(half(play(RandomAgent(SUBJECTS, arms=2), task), second=False), RANDOM)


def test_remembering_pays_where_there_are_cues_and_only_there(remembering: xr.Dataset, forgetful: xr.Dataset) -> None:
    np.testing.assert_array_equal(half(remembering, second=False), half(forgetful, second=False))
    with_memory, without = simulated_cued(remembers=True), simulated_cued(remembers=False)
    assert with_memory > without + 0.1
    assert_mean(half(remembering, second=True), with_memory, rounding=0.006)
    assert_mean(half(forgetful, second=True), without, rounding=0.006)


def simulated_cued(remembers: bool, episodes: int = 500) -> float:
    """Mean reward of cued trials, one episode and trial after the other, written down another way."""
    generator = np.random.default_rng(0)
    earned = []
    for _ in range(episodes):
        good, b, past = generator.random() < 0.5, 0.5, []
        calls = [*generator.permutation(50), *generator.permutation(np.arange(50, 100))]
        for trial in range(TRIALS):
            there, back = past[calls[trial - 100]] if trial >= 100 else (None, False)
            value = {state: 0.1 + 0.8 * (b if state else 1 - b) for state in (False, True)}
            if remembers and there is not None:
                value[there] = float(back)
            better = value[True] - value[False]
            right = generator.random() < 0.5 if abs(better) < 1e-9 else better > 0
            at_b = bool(right) == (generator.random() < 0.9)
            if there is not None and at_b == there:
                paid = back
            else:
                paid = generator.random() < (0.9 if at_b == good else 0.1)
                likely = 0.9 if paid == at_b else 0.1
                b = b * likely / (b * likely + (1 - b) * (1 - likely))
            past.append((at_b, paid))
            b, good = b * 0.9 + (1 - b) * 0.1, good != (generator.random() < 0.1)
            if trial >= 100:
                earned.append(paid)
    return float(np.mean(earned))


def test_the_belief_is_calibrated(remembering: xr.Dataset) -> None:
    believed, good = (remembering[name].values[..., ::2].ravel() for name in ("believed_b", "good_state"))
    for low in np.arange(0, 1, 0.1):
        inside = (believed >= low) & (believed < low + 0.1)
        if inside.sum() > 2000:
            assert abs(good[inside].mean() - believed[inside].mean()) < 0.02


def test_a_learner_refuses_other_rules(task: EpisodicTwoStep) -> None:
    for unfit in (TwoStep(), EpisodicTwoStep()):
        with pytest.raises(ConfigurationError, match="other rules"):
            EpisodicTwoStepAgent(task, 1).refuse_unfit(unfit)

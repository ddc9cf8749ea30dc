"""The peers do what they are compared for, where they are installed."""

from __future__ import annotations

import sys

import pytest

from benchmarks.contenders.work import Size
from benchmarks.peers import find_peer


def test_an_installed_peer_is_named_with_its_version() -> None:
    import torch

    peer = find_peer(["torch"])
    assert peer is not None
    assert peer.python == sys.executable
    assert str(peer) == f"torch {torch.__version__.partition('+')[0]}" or str(peer) == f"torch {torch.__version__}"


def test_a_peer_that_is_not_installed_is_not_found() -> None:
    assert find_peer(["a-package-that-nobody-has"], [sys.executable]) is None


def test_gymnax_a2c_learns_a_little() -> None:
    pytest.importorskip("gymnax", reason="the peer gymnax is not installed (extra 'peers')")
    from benchmarks.contenders.gymnax_a2c import GymnaxA2C

    learner = GymnaxA2C(episodes=32, trials=20, learning_rate=0.01)
    rewards = [float(learner.update()) for _ in range(100)]
    # One arm pays .9, the other .1.
    assert sum(rewards[:5]) / 5 == pytest.approx(0.5, abs=0.06)
    assert sum(rewards[-10:]) / 10 > 0.6


def test_gymnax_episodes_are_not_cut_short() -> None:
    pytest.importorskip("gymnax", reason="the peer gymnax is not installed (extra 'peers')")
    import jax

    from benchmarks.contenders.gymnax_a2c import GymnaxA2C

    learner = GymnaxA2C(episodes=2, trials=7)
    logits, value, action, reward = learner._episode(learner.trained.weights, jax.random.key(1))
    assert logits.shape == (7, 2)
    assert value.shape == action.shape == reward.shape == (7,)


def test_recurrent_ppo_learns_from_whole_episodes() -> None:
    pytest.importorskip("sb3_contrib", reason="the peer sb3-contrib is not installed (extra 'peers')")
    from benchmarks.contenders import recurrent_ppo

    work = recurrent_ppo.make(Size(subjects=1, episodes=4, trials=5, cores=1))
    work.run()
    assert work.amount == 20


def test_bandits_of_the_vector_environment_pay_as_they_say() -> None:
    pytest.importorskip("sb3_contrib", reason="the peer sb3-contrib is not installed (extra 'peers')")
    import numpy as np

    from benchmarks.contenders.recurrent_ppo import BanditVecEnv

    bandits = BanditVecEnv(environments=3, trials=2)
    assert not bandits.reset().any()
    bandits.payoff = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    observation, reward, ended, _ = bandits.step(np.array([0, 1, 1]))
    np.testing.assert_array_equal(reward, [1, 0, 1])
    np.testing.assert_allclose(observation, [[1, 0, 1, 0.5], [0, 1, 0, 0.5], [0, 1, 1, 0.5]])
    assert not ended.any()
    observation, _, ended, notes = bandits.step(np.array([0, 0, 0]))
    assert ended.all()
    assert not observation.any()
    np.testing.assert_allclose(notes[2]["terminal_observation"], [1, 0, 0, 1])

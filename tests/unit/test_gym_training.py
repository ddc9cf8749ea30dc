"""Our tasks under stable-baselines3's RecurrentPPO."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.env_checker import check_env

import pfc_metarl.gym
from pfc_metarl.tasks.registry import TASKS

SMALL = {"n_steps": 60, "batch_size": 60, "n_epochs": 2, "policy_kwargs": {"lstm_hidden_size": 8, "net_arch": []}}


@pytest.mark.parametrize("name", TASKS)
# The checker would have images as such and not as the flat vector that the network receives; policies take both.
@pytest.mark.filterwarnings("error")
def test_every_task_passes_the_trainers_own_checker(name: str) -> None:
    check_env(gymnasium.make(pfc_metarl.gym.environment_id(name)).unwrapped)


@pytest.mark.parametrize(
    ("name", "settings"), [("TwoArmedBandit", {"trials": 10}), ("Foraging", {"trials": 6, "minimum_trials": 2})]
)
def test_recurrent_ppo_trains_and_acts(name: str, settings: dict[str, Any]) -> None:
    environment = gymnasium.make(f"pfc_metarl/{name}-v0", **settings)
    learner = RecurrentPPO("MlpLstmPolicy", environment, seed=1, **SMALL)
    before = {key: value.clone() for key, value in learner.policy.state_dict().items()}
    learner.learn(240)
    changed = [key for key, value in learner.policy.state_dict().items() if not value.equal(before[key])]
    assert {"lstm_actor.weight_hh_l0", "action_net.weight", "value_net.weight"} <= set(changed)
    received, _ = environment.reset(seed=2)
    state, began = None, True
    for _ in range(5):
        action, state = learner.predict(received, state, episode_start=np.array([began]))
        received, _, began, _, _ = environment.step(action)
        assert received in environment.observation_space


@pytest.mark.filterwarnings("ignore:.*render_mode='rgb_array' that is not in the possible render_modes")
def test_the_name_of_an_environment_is_enough() -> None:
    learner = RecurrentPPO("MlpLstmPolicy", "pfc_metarl/TwoArmedBandit-v0", **SMALL)
    assert learner.observation_space.shape == (4,)

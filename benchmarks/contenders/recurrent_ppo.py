"""The peer that most people have installed: sb3-contrib's RecurrentPPO."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv

from benchmarks.contenders.work import Size, Work
from benchmarks.setting import ACTIONS, DISCOUNT, ENTROPY_COEFFICIENT, INPUTS, LEARNING_RATE, UNITS, VALUE_COEFFICIENT


class BanditVecEnv(VecEnv):
    """All bandits in one array, so that the peer does not wait for Python loops over environments.

    The observation is previous action (one-hot), previous reward and time.
    """

    def __init__(self, environments: int, trials: int) -> None:
        space = gym.spaces.Box(0.0, 1.0, (INPUTS,), np.float32)
        super().__init__(environments, space, gym.spaces.Discrete(ACTIONS))
        self.trials = trials
        self.random = np.random.default_rng(0)
        self.rows = np.arange(environments)

    def reset(self) -> np.ndarray:
        self.trial = 0
        self.payoff = self.random.random((self.num_envs, ACTIONS))
        return np.zeros((self.num_envs, INPUTS), np.float32)

    def step_async(self, actions: np.ndarray) -> None:
        self.chosen = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        reward = (self.random.random(self.num_envs) < self.payoff[self.rows, self.chosen]).astype(np.float32)
        self.trial += 1
        ended = np.full(self.num_envs, self.trial == self.trials)
        observation = np.zeros((self.num_envs, INPUTS), np.float32)
        observation[self.rows, self.chosen] = 1.0
        observation[:, ACTIONS], observation[:, ACTIONS + 1] = reward, self.trial / self.trials
        notes: list[dict[str, Any]] = [{} for _ in self.rows]
        if self.trial == self.trials:
            for note, last in zip(notes, observation, strict=True):
                note["terminal_observation"] = last
            observation = self.reset()
        return observation, reward, ended, notes

    def close(self) -> None:
        return

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError(f"a bandit has no attribute '{attr_name}' to set")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        raise NotImplementedError(f"a bandit has no method '{method_name}'")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


def make(size: Size) -> Work:
    """Train one network on as many environments as all subjects have episodes; one pass over each rollout."""
    torch.set_num_threads(size.cores)
    environments = size.subjects * size.episodes
    model = RecurrentPPO(
        "MlpLstmPolicy",
        BanditVecEnv(environments, size.trials),
        learning_rate=LEARNING_RATE,
        n_steps=size.trials,
        batch_size=size.steps,
        n_epochs=1,
        gamma=DISCOUNT,
        ent_coef=ENTROPY_COEFFICIENT,
        vf_coef=VALUE_COEFFICIENT,
        policy_kwargs={
            "lstm_hidden_size": UNITS,
            "shared_lstm": True,
            "enable_critic_lstm": False,
            "net_arch": [],
        },
        device=size.device,
        seed=0,
    )
    # Without a folder of its own in the system's temporary one.
    model.set_logger(Logger(folder=None, output_formats=[]))

    def learn() -> None:
        model.learn(size.steps, reset_num_timesteps=False)

    return Work(learn, size.steps)

"""The JAX peer: recurrent A2C on gymnax's Bernoulli bandit, everything under one ``jit``.

Written after the idea of gymnax's own example, ``examples/03_meta_a2c.ipynb``: an episode is a scan over
steps, a batch is a ``vmap`` over episodes, and one compiled function does rollout, gradient and update. It
trains one network; several subjects count as so many more episodes of it.
"""

# The type checker need not have the peers.
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any, NamedTuple

import flax.linen as nn
import gymnax
import jax
import jax.numpy as jnp
import optax

from benchmarks.contenders.work import Size, Work
from benchmarks.setting import ACTIONS, DISCOUNT, ENTROPY_COEFFICIENT, LEARNING_RATE, UNITS, VALUE_COEFFICIENT

ENVIRONMENT = "BernoulliBandit-misc"


class ActorCritic(nn.Module):
    """LSTM with two linear heads, for one step of one episode."""

    @nn.compact
    def __call__(self, carry: Any, observation: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        carry, hidden = nn.OptimizedLSTMCell(UNITS)(carry, observation)
        return carry, nn.Dense(ACTIONS)(hidden), nn.Dense(1)(hidden)[0]


class Trained(NamedTuple):
    """What an update changes."""

    weights: Any
    optimiser: Any
    key: jax.Array


class GymnaxA2C:
    """Advantage actor-critic of one network.

    Parameters
    ----------
    episodes : per update.
    trials : steps of an episode.
    learning_rate : of RMSProp.
    """

    def __init__(self, episodes: int, trials: int, learning_rate: float = LEARNING_RATE) -> None:
        self.episodes, self.trials = episodes, trials
        self.environment, parameters = gymnax.make(ENVIRONMENT)
        self.parameters = parameters.replace(max_steps_in_episode=trials + 1, t_max=trials)
        self.network = ActorCritic()
        self.optimiser = optax.rmsprop(learning_rate)
        self.rest = (jnp.zeros(UNITS), jnp.zeros(UNITS))
        key = jax.random.key(0)
        observation, _ = self.environment.reset(key, self.parameters)
        weights = self.network.init(key, self.rest, observation)
        self.trained = Trained(weights, self.optimiser.init(weights), key)
        self._update = jax.jit(self._learn)

    def update(self) -> jax.Array:
        """Live one batch of episodes and learn from it; return the mean reward per trial, when all is computed."""
        self.trained, reward = jax.block_until_ready(self._update(self.trained))
        return reward

    def _learn(self, trained: Trained) -> tuple[Trained, jax.Array]:
        key, own = jax.random.split(trained.key)
        gradient, reward = jax.grad(self._loss, has_aux=True)(trained.weights, jax.random.split(own, self.episodes))
        change, optimiser = self.optimiser.update(gradient, trained.optimiser, trained.weights)
        return Trained(optax.apply_updates(trained.weights, change), optimiser, key), reward

    def _loss(self, weights: Any, keys: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Loss summed over trials and averaged over episodes, and the mean reward per trial."""
        logits, value, action, reward = jax.vmap(self._episode, in_axes=(None, 0))(weights, keys)
        _, returns = jax.lax.scan(
            lambda following, now: (now + DISCOUNT * following,) * 2, jnp.zeros(self.episodes), reward.T, reverse=True
        )
        advantage = returns.T - value
        log_policy = jax.nn.log_softmax(logits)
        log_chosen = jnp.take_along_axis(log_policy, action[..., None], axis=-1)[..., 0]
        entropy = -(jnp.exp(log_policy) * log_policy).sum(axis=-1)
        loss = (
            -log_chosen * jax.lax.stop_gradient(advantage)
            + VALUE_COEFFICIENT * 0.5 * advantage**2
            - ENTROPY_COEFFICIENT * entropy
        )
        return loss.sum() / self.episodes, reward.mean()

    def _episode(self, weights: Any, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
        """Logits, value, action and reward of every step of one episode."""
        key, start = jax.random.split(key)
        observation, state = self.environment.reset(start, self.parameters)

        def step(carried: Any, key: jax.Array) -> tuple[Any, tuple[jax.Array, ...]]:
            observation, state, carry = carried
            choice, world = jax.random.split(key)
            carry, logits, value = self.network.apply(weights, carry, observation)
            action = jax.random.categorical(choice, logits)
            observation, state, reward, *_ = self.environment.step(world, state, action, self.parameters)
            return (observation, state, carry), (logits, value, action, reward.astype(jnp.float32))

        _, rows = jax.lax.scan(step, (observation, state, self.rest), jax.random.split(key, self.trials))
        return rows


def make(size: Size) -> Work:
    """Train one network on as many episodes as all subjects have together; XLA takes the cores that it wants."""
    return Work(GymnaxA2C(size.subjects * size.episodes, size.trials).update, size.steps)

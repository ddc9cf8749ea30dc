"""What every contender trains: the same task, the same network, the same learning rule."""

from __future__ import annotations

# Bernoulli bandit with two arms; the LSTM of Wang et al. (2018).
TRIALS = 100
UNITS = 48
ACTIONS = 2

# Previous action (one-hot), previous reward and time.
INPUTS = ACTIONS + 2

DISCOUNT = 0.9
VALUE_COEFFICIENT = 0.05
ENTROPY_COEFFICIENT = 0.05
LEARNING_RATE = 7e-4

# Subjects x episodes per update.
SIZES = ((1, 64), (8, 64), (32, 32))

# On a GPU there is room for more.
CUDA_SIZES = ((8, 64), (1024, 64))

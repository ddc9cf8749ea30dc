"""What is learned, by whom and from how many examples, as data."""

from __future__ import annotations

from pfc_metarl.meta_gradient.outer_loop import OuterLoopConfiguration

# Each subject lives in worlds of its own and learns in each from this many training sets of every size.
SUBJECTS = 8
DRAWS = 8
EXAMPLES = (6, 12, 24, 48, 96, 192)

# Standard deviation of the noise on every y.
NOISE = 0.3

# Mean squared distance from the true function that counts as learned: a ninth of the noise's variance.
CRITERION = 0.01

# Predictions are compared with the truth at this many places, evenly spaced.
POINTS = 101

# Units of the neural networks' hidden layer.
HIDDEN_UNITS = (4, 16, 64)

# Gradient descent of the neural networks, on all examples at once.
DESCENT = OuterLoopConfiguration(iterations=400, learning_rate=0.05, final_learning_rate=0.0)

# Number of examples at which bias and variance are compared.
COMPARED = 24

"""What one step of training costs at least."""

from __future__ import annotations

from benchmarks.setting import ACTIONS, INPUTS, UNITS


def operations_per_step(inputs: int = INPUTS, units: int = UNITS, actions: int = ACTIONS) -> int:
    """Multiplications and additions of one environment step, forward and backward.

    The backward pass costs two products of the size of each forward one: the gradient of
    the inputs and that of the weights.
    """
    forward = 2 * ((inputs + units) * 4 * units + units * (actions + 1))
    return 3 * forward


def bytes_per_step(inputs: int = INPUTS, units: int = UNITS, actions: int = ACTIONS) -> int:
    """Least traffic of one environment step with memory, float32: what is too large for any cache.

    What the backward pass needs is written once and read once: input and hidden state, gates, cell, outputs. The
    gates' gradients are written and read once more, for the product that gives the weights' gradient.
    """
    kept = inputs + units + 4 * units + units + actions + 1
    return 4 * 2 * (kept + 4 * units)

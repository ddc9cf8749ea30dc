"""One step and one backward pass of a core with its heads, compiled for this machine's processor.

Products and element-wise work take turns on one subject's rows, so that these and its weights stay in cache. All
arrays are float32 and in C order; activity is a tuple of ``joined``, ``gates``, ``cell`` and ``recalled``, whose shapes
are those of ``Trace``.
"""

from __future__ import annotations

from typing import Any, NamedTuple, no_type_check

import numpy as np

from pfc_metarl.base.kernels import kernel, wide_vectors
from pfc_metarl.network.core import RecurrentCore
from pfc_metarl.network.fast.elements import ELEMENTS, Elements

# Steps whose weight gradient is taken in one product: few enough for their rows to be in cache still, and where that
# leaves any, few enough for OpenBLAS to read the rows where they lie. It copies operands of larger products first.
STRETCH, UNCOPIED = 10, 1_000_000


@kernel
@no_type_check
def _read_out(joined, head_columns, bias, output):
    """Both heads; each column is one product of two rows."""
    wide_vectors()
    columns, units = head_columns.shape
    inputs = joined.shape[1] - units
    for episode in range(output.shape[0]):
        hidden, said = joined[episode, inputs:], output[episode]
        for column in range(columns):
            weight, total = head_columns[column], bias[column]
            for unit in range(units):
                total += hidden[unit] * weight[unit]
            said[column] = total


@kernel
@no_type_check
def _through_heads(output_gradient, head_columns, hidden_gradient, bias_gradient):
    """Add what reaches hidden states and the heads' biases from the outputs, four columns at a time."""
    wide_vectors()
    for episode in range(hidden_gradient.shape[0]):
        slopes, total = output_gradient[episode], hidden_gradient[episode]
        for first in range(0, head_columns.shape[0], 4):
            a, b, c, d = slopes[first], slopes[first + 1], slopes[first + 2], slopes[first + 3]
            from_a, from_b = head_columns[first], head_columns[first + 1]
            from_c, from_d = head_columns[first + 2], head_columns[first + 3]
            for unit in range(total.shape[0]):
                total[unit] += a * from_a[unit] + b * from_b[unit] + c * from_c[unit] + d * from_d[unit]
        for column in range(slopes.shape[0]):
            bias_gradient[column] += slopes[column]


class Passes(NamedTuple):
    """A core's two passes, for one subject's weights and for those of all.

    Attributes
    ----------
    forward : advance one subject one step on the input written before; (its place in the activity, time, weights,
        activity, what it says at this step). Weights are those of ``KernelWeights.forward``.
    backward : go back through its steps, last to first; (its place in the activity, transposed recurrent weights,
        transposed head weights, activity, gradient of its outputs, six gradients). The gradients must be zero: of
        weight, bias, head weight (transposed) and head bias; at the end the last two are what the products and what
        the core itself send to the initial state. ``gates`` then holds the gradients of all drives.
    forward_all, backward_all : the same for every subject.
    """

    forward: Any
    backward: Any
    forward_all: Any
    backward_all: Any


def _passes(elements: Elements) -> Passes:
    """Make the passes of a core, given what it does between its products."""
    activate, differentiate = elements

    @kernel
    @no_type_check
    def forward(place, time, weights, activity, said):
        weight, bias, head_columns, head_bias = weights
        joined, gates = activity[0], activity[1]
        np.dot(joined[place, time], weight, gates[place, time])
        activate(place, time, bias, activity)
        _read_out(joined[place, time + 1], head_columns, head_bias, said)

    @kernel
    @no_type_check
    def backward(place, recurrent, head_columns, activity, output_gradient, gradients):
        to_weight, to_bias, to_head, to_head_bias, to_hidden, carried = gradients
        own, slopes = activity[0][place], activity[1][place]
        rows, episodes, width = own.shape
        columns, outputs, inputs = slopes.shape[2], output_gradient.shape[2], width - to_hidden.shape[1]
        uncopied = UNCOPIED // (episodes * width * columns)
        stretch = uncopied if 0 < uncopied < STRETCH else STRETCH
        part, head_part = np.empty_like(to_weight), np.empty((outputs, width), np.float32)
        end = rows - 1
        for time in range(rows - 2, -1, -1):
            _through_heads(output_gradient[time], head_columns, to_hidden, to_head_bias)
            differentiate(place, time, activity, to_hidden, carried, to_bias)
            np.dot(slopes[time], recurrent, to_hidden)
            if end - time == stretch or time == 0:
                many = (end - time) * episodes
                received, left = own[time:end].reshape((many, width)), own[time + 1 : end + 1].reshape((many, width))
                np.dot(received.T, slopes[time:end].reshape((many, columns)), part)
                to_weight += part
                said = output_gradient[time:end].reshape((many, outputs))
                np.dot(said.T, left, head_part)
                to_head += head_part[:, inputs:]
                end = time

    @kernel
    @no_type_check
    def forward_all(time, weights, activity, output):
        weight, bias, head_columns, head_bias = weights
        for subject in range(output.shape[0]):
            own = weight[subject], bias[subject], head_columns[subject], head_bias[subject]
            forward(subject, time, own, activity, output[subject, time])

    @kernel
    @no_type_check
    def backward_all(recurrent, head_columns, activity, output_gradient, gradients):
        weight, bias, head, head_bias, hidden, carried = gradients
        for subject in range(output_gradient.shape[0]):
            own = (
                weight[subject], bias[subject], head[subject], head_bias[subject], hidden[subject], carried[subject]
            )  # fmt: skip
            backward(subject, recurrent[subject], head_columns[subject], activity, output_gradient[subject], own)

    return Passes(forward, backward, forward_all, backward_all)


PASSES: dict[type[RecurrentCore], Passes] = {core: _passes(elements) for core, elements in ELEMENTS.items()}

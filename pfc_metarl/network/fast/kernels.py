"""One step and one backward pass of a core with its heads, compiled for this machine's processor.

Each kernel does one subject after the other, so that its weights and the rows of the step stay in
cache, and products and element-wise work take turns on the same rows. All arrays are float32 and in
C order; shapes are those of ``Trace``. They tell which core it is: ``recalled`` is None in all but
the one that recalls, ``cell`` where there is none, and the plain network has a single gate. What
None rules out is not compiled.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from pfc_metarl.base.kernels import kernel
from pfc_metarl.network.fast.elements import (
    activate_gru,
    activate_lstm,
    activate_recalling,
    activate_vanilla,
    differentiate_gru,
    differentiate_lstm,
    differentiate_recalling,
    differentiate_vanilla,
)

# Steps whose weight gradient is taken in one product: few enough for their rows to be in cache still, and where that
# leaves any, few enough for OpenBLAS to read the rows where they lie. It copies operands of larger products first.
STRETCH, UNCOPIED = 10, 1_000_000


@kernel
@no_type_check
def _read_out(joined, head_columns, bias, output):
    """Both heads; each column is one product of two rows."""
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
def step(time, weight, bias, head_columns, head_bias, joined, gates, cell, recalled, output):
    """Advance every subject one step on the input written before; ``head_columns`` is transposed."""
    for subject in range(joined.shape[0]):
        drives, own = gates[subject, time], bias[subject]
        received, after = joined[subject, time], joined[subject, time + 1]
        np.dot(received, weight[subject], drives)
        if recalled is not None:
            before, formed = cell[subject, time], cell[subject, time + 1]
            activate_recalling(drives, own, before, recalled[subject, time], formed, after)
        elif cell is not None:
            before, formed = cell[subject, time], cell[subject, time + 1]
            activate_lstm(drives, own, before, before, formed, after)
        elif drives.shape[1] > head_columns.shape[2]:
            activate_gru(drives, own, received, after)
        else:
            activate_vanilla(drives, own, after)
        _read_out(after, head_columns[subject], head_bias[subject], output[subject, time])


@kernel
@no_type_check
def _through_heads(output_gradient, head_columns, hidden_gradient, bias_gradient):
    """Add what reaches hidden states and the heads' biases from the outputs, four columns at a time."""
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


@kernel
@no_type_check
def backward(
    recurrent, head_columns, joined, gates, cell, recalled, output_gradient,
    weight_gradient, bias_gradient, head_gradient, head_bias_gradient, hidden_gradient, carried,
):  # fmt: skip
    """Go back through every subject's steps, last to first.

    ``recurrent``, ``head_columns`` and ``head_gradient`` are transposed. The six gradients must be zero; at the end
    the last two are what the products and what the core itself send to the initial state, and ``gates`` holds the
    gradients of all drives.
    """
    subjects, rows, episodes, width = joined.shape
    units, columns, outputs = hidden_gradient.shape[2], gates.shape[3], output_gradient.shape[3]
    inputs = width - units
    uncopied = UNCOPIED // (episodes * width * columns)
    stretch = uncopied if 0 < uncopied < STRETCH else STRETCH
    part, head_part = np.empty_like(weight_gradient[0]), np.empty((outputs, width), np.float32)
    for subject in range(subjects):
        own, slopes = joined[subject], gates[subject]
        to_hidden, kept, to_bias = hidden_gradient[subject], carried[subject], bias_gradient[subject]
        # Under names of their own: adding to an indexed array takes two seconds longer to compile.
        to_weight, to_head = weight_gradient[subject], head_gradient[subject]
        end = rows - 1
        for time in range(rows - 2, -1, -1):
            _through_heads(
                output_gradient[subject, time], head_columns[subject], to_hidden, head_bias_gradient[subject]
            )
            gate, after = slopes[time], own[time + 1]
            if recalled is not None:
                before, given = cell[subject, time], recalled[subject, time]
                differentiate_recalling(gate, before, given, after, to_hidden, kept, to_bias)
            elif cell is not None:
                before = cell[subject, time]
                differentiate_lstm(gate, before, before, after, to_hidden, kept, to_bias)
            elif columns > units:
                differentiate_gru(gate, own[time], to_hidden, kept, to_bias)
            else:
                differentiate_vanilla(gate, after, to_hidden, to_bias)
            np.dot(gate, recurrent[subject], to_hidden)
            if end - time == stretch or time == 0:
                many = (end - time) * episodes
                received, left = own[time:end].reshape((many, width)), own[time + 1 : end + 1].reshape((many, width))
                np.dot(received.T, slopes[time:end].reshape((many, columns)), part)
                to_weight += part
                said = output_gradient[subject, time:end].reshape((many, outputs))
                np.dot(said.T, left, head_part)
                to_head += head_part[:, inputs:]
                end = time

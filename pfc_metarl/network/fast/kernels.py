"""One step and one backward pass of a core with its heads, compiled for this machine's processor.

Each kernel does one subject after the other, so that its weights and the rows of the step stay in
cache, and products and element-wise work take turns on the same rows. All arrays are float32 and in
C order; shapes are those of ``Trace``. They tell which core it is: ``recalled`` is empty in all but
the one that recalls, ``cell`` where there is none, and the plain network has a single gate.
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

# Steps whose weight gradient is taken in one product: few enough for their rows to be in cache still.
STRETCH = 10


@kernel
@no_type_check
def _read_out(joined, weight, bias, output):
    """Both heads, four columns at a time: they fill one vector register."""
    units = weight.shape[0]
    inputs = joined.shape[1] - units
    for episode in range(output.shape[0]):
        hidden, columns = joined[episode, inputs:], output[episode]
        for first in range(0, weight.shape[1], 4):
            a, b, c, d = bias[first], bias[first + 1], bias[first + 2], bias[first + 3]
            for unit in range(units):
                activity, own = hidden[unit], weight[unit, first : first + 4]
                a += activity * own[0]
                b += activity * own[1]
                c += activity * own[2]
                d += activity * own[3]
            columns[first], columns[first + 1], columns[first + 2], columns[first + 3] = a, b, c, d


@kernel
@no_type_check
def step(time, weight, bias, head_weight, head_bias, joined, gates, cell, recalled, output):
    """Advance every subject one step on the input written before."""
    for subject in range(joined.shape[0]):
        drives, own, cells = gates[subject, time], bias[subject], cell[subject]
        received, after = joined[subject, time], joined[subject, time + 1]
        np.dot(received, weight[subject], drives)
        if recalled.size:
            activate_recalling(drives, own, cells[time], recalled[subject, time], cells[time + 1], after)
        elif cell.size:
            activate_lstm(drives, own, cells[time], cells[time], cells[time + 1], after)
        elif gates.shape[3] > cell.shape[3]:
            activate_gru(drives, own, received, after)
        else:
            activate_vanilla(drives, own, after)
        _read_out(after, head_weight[subject], head_bias[subject], output[subject, time])


@kernel
@no_type_check
def _through_heads(output_gradient, head_columns, hidden, hidden_gradient, weight_gradient, bias_gradient):
    """Add what reaches hidden states and heads from their outputs, four columns at a time."""
    for episode in range(hidden.shape[0]):
        slopes, activity, total = output_gradient[episode], hidden[episode], hidden_gradient[episode]
        for first in range(0, head_columns.shape[0], 4):
            a, b, c, d = slopes[first], slopes[first + 1], slopes[first + 2], slopes[first + 3]
            from_a, from_b = head_columns[first], head_columns[first + 1]
            from_c, from_d = head_columns[first + 2], head_columns[first + 3]
            to_a, to_b = weight_gradient[first], weight_gradient[first + 1]
            to_c, to_d = weight_gradient[first + 2], weight_gradient[first + 3]
            for unit in range(total.shape[0]):
                total[unit] += a * from_a[unit] + b * from_b[unit] + c * from_c[unit] + d * from_d[unit]
                to_a[unit] += a * activity[unit]
                to_b[unit] += b * activity[unit]
                to_c[unit] += c * activity[unit]
                to_d[unit] += d * activity[unit]
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
    inputs = width - cell.shape[3]
    part = np.empty_like(weight_gradient[0])
    for subject in range(subjects):
        own, slopes, cells = joined[subject], gates[subject], cell[subject]
        to_hidden, kept, to_bias = hidden_gradient[subject], carried[subject], bias_gradient[subject]
        end = rows - 1
        for time in range(rows - 2, -1, -1):
            _through_heads(
                output_gradient[subject, time], head_columns[subject], own[time + 1, :, inputs:],
                to_hidden, head_gradient[subject], head_bias_gradient[subject],
            )  # fmt: skip
            gate = slopes[time]
            if recalled.size:
                stored = recalled[subject, time]
                differentiate_recalling(gate, cells[time], stored, cells[time + 1], to_hidden, kept, to_bias)
            elif cell.size:
                differentiate_lstm(gate, cells[time], cells[time], cells[time + 1], to_hidden, kept, to_bias)
            elif gates.shape[3] > cell.shape[3]:
                differentiate_gru(gate, own[time], to_hidden, kept, to_bias)
            else:
                differentiate_vanilla(gate, own[time + 1], to_hidden, to_bias)
            np.dot(gate, recurrent[subject], to_hidden)
            if end - time == STRETCH or time == 0:
                many = (end - time) * episodes
                received = own[time:end].reshape((many, width))
                np.dot(received.T, slopes[time:end].reshape((many, slopes.shape[2])), part)
                weight_gradient[subject] += part
                end = time

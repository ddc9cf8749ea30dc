"""One step and one backward pass of the LSTM with its heads, compiled for this machine's processor.

Each kernel does one subject after the other, so that its weights and the rows of the step stay in
cache, and products and element-wise work take turns on the same rows. All arrays are float32 and in
C order; shapes are those of ``LSTMTrace``. Inner loops run over rows of a single gate: only such
loops become vector instructions.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.arithmetic import sigmoid, tanh

# Steps whose weight gradient is taken in one product: few enough for their rows to be in cache still.
STRETCH = 10


def _activation(recalling: bool) -> Any:
    """Make the kernel that forms the state, for a core that recalls or for one that does not."""

    @kernel
    @no_type_check
    def activate(gates, bias, previous_cell, recalled, cell, joined):
        """Turn linear drives into gates, in place; write the new cell and hidden states."""
        units = cell.shape[1]
        inputs, sigmoids = joined.shape[1] - units, gates.shape[1] - units
        for episode in range(gates.shape[0]):
            row = gates[episode]
            for column in range(sigmoids):
                row[column] = sigmoid(row[column] + bias[column])
            input_gate, forget_gate, output_gate = row[:units], row[units : 2 * units], row[2 * units : 3 * units]
            candidate, candidate_bias = row[sigmoids:], bias[sigmoids:]
            old, new, hidden = previous_cell[episode], cell[episode], joined[episode, inputs:]
            if recalling:
                reinstatement_gate, stored = row[3 * units : 4 * units], recalled[episode]
            for unit in range(units):
                candidate[unit] = tanh(candidate[unit] + candidate_bias[unit])
                new[unit] = forget_gate[unit] * old[unit] + input_gate[unit] * candidate[unit]
                if recalling:
                    new[unit] += reinstatement_gate[unit] * stored[unit]
                hidden[unit] = output_gate[unit] * tanh(new[unit])

    return activate


_ACTIVATE, _ACTIVATE_RECALLING = _activation(False), _activation(True)


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
    """Advance every subject one step on the input written before; ``recalled`` is empty where nothing is recalled."""
    for subject in range(joined.shape[0]):
        drives, before, after = gates[subject, time], cell[subject, time], cell[subject, time + 1]
        np.dot(joined[subject, time], weight[subject], drives)
        if recalled.size:
            stored = recalled[subject, time]
            _ACTIVATE_RECALLING(drives, bias[subject], before, stored, after, joined[subject, time + 1])
        else:
            _ACTIVATE(drives, bias[subject], before, before, after, joined[subject, time + 1])
        _read_out(joined[subject, time + 1], head_weight[subject], head_bias[subject], output[subject, time])


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


def _differentiation(recalling: bool) -> Any:
    """Make the kernel that goes back through a state, for a core that recalls or for one that does not."""

    @kernel
    @no_type_check
    def differentiate(gates, previous_cell, recalled, cell, hidden_gradient, cell_gradient, bias_gradient):
        """Replace gates by the gradients of their drives, and carry the cell's gradient one step back.

        The equations are those of ``LSTMTrace.backward``.
        """
        one, units = FLOAT(1), cell.shape[1]
        for episode in range(gates.shape[0]):
            row = gates[episode]
            input_gate, forget_gate = row[:units], row[units : 2 * units]
            output_gate, candidate = row[2 * units : 3 * units], row[row.shape[0] - units :]
            old, new = previous_cell[episode], cell[episode]
            hidden, carried = hidden_gradient[episode], cell_gradient[episode]
            if recalling:
                reinstatement_gate, stored = row[3 * units : 4 * units], recalled[episode]
            for unit in range(units):
                i, f, o, candid = input_gate[unit], forget_gate[unit], output_gate[unit], candidate[unit]
                squashed = tanh(new[unit])
                through_output = hidden[unit] * o
                to_cell = carried[unit] + through_output * (one - squashed * squashed)
                output_gate[unit] = through_output * squashed * (one - o)
                input_gate[unit] = to_cell * i * candid * (one - i)
                candidate[unit] = to_cell * i * (one - candid * candid)
                forget_gate[unit] = to_cell * f * old[unit] * (one - f)
                carried[unit] = to_cell * f
                if recalling:
                    reinstated = reinstatement_gate[unit]
                    reinstatement_gate[unit] = to_cell * reinstated * stored[unit] * (one - reinstated)
            for column in range(row.shape[0]):
                bias_gradient[column] += row[column]

    return differentiate


_DIFFERENTIATE, _DIFFERENTIATE_RECALLING = _differentiation(False), _differentiation(True)


@kernel
@no_type_check
def backward(
    recurrent, head_columns, joined, gates, cell, recalled, output_gradient,
    weight_gradient, bias_gradient, head_gradient, head_bias_gradient, hidden_gradient, cell_gradient,
):  # fmt: skip
    """Go back through every subject's steps, last to first.

    ``recurrent``, ``head_columns`` and ``head_gradient`` are transposed. The six gradients must be zero; at
    the end the last two are those of the initial state, and ``gates`` holds the gradients of all drives.
    """
    subjects, rows, episodes, width = joined.shape
    inputs = width - cell.shape[3]
    part = np.empty_like(weight_gradient[0])
    for subject in range(subjects):
        own, slopes, cells = joined[subject], gates[subject], cell[subject]
        to_hidden, to_cell = hidden_gradient[subject], cell_gradient[subject]
        end = rows - 1
        for time in range(rows - 2, -1, -1):
            _through_heads(
                output_gradient[subject, time], head_columns[subject], own[time + 1, :, inputs:],
                to_hidden, head_gradient[subject], head_bias_gradient[subject],
            )  # fmt: skip
            before, after = cells[time], cells[time + 1]
            if recalled.size:
                stored = recalled[subject, time]
                _DIFFERENTIATE_RECALLING(
                    slopes[time], before, stored, after, to_hidden, to_cell, bias_gradient[subject]
                )
            else:
                _DIFFERENTIATE(slopes[time], before, before, after, to_hidden, to_cell, bias_gradient[subject])
            np.dot(slopes[time], recurrent[subject], to_hidden)
            if end - time == STRETCH or time == 0:
                many = (end - time) * episodes
                received = own[time:end].reshape((many, width))
                np.dot(received.T, slopes[time:end].reshape((many, slopes.shape[2])), part)
                weight_gradient[subject] += part
                end = time

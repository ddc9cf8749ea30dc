"""What each core does between its products, forward and back, as kernels; the equations are those of ``equations.py``.

Each works on one subject's step. ``activate`` turns linear drives into gates, in place, and writes the state after the
step; ``differentiate`` replaces gates by the gradients of their drives, and takes what is carried past them one step
back. Inner loops run over rows of a single gate: only such loops become vector instructions.
"""

from __future__ import annotations

from typing import Any, no_type_check

from pfc_metarl.base.kernels import FLOAT, kernel
from pfc_metarl.network.fast.arithmetic import sigmoid, tanh


def _activation(recalling: bool) -> Any:
    """Make the kernel that forms the state, for a core that recalls or for one that does not."""

    @kernel
    @no_type_check
    def activate(gates, bias, previous_cell, recalled, cell, joined):
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


activate_lstm, activate_recalling = _activation(False), _activation(True)


def _differentiation(recalling: bool) -> Any:
    """Make the kernel that goes back through a state, for a core that recalls or for one that does not."""

    @kernel
    @no_type_check
    def differentiate(gates, previous_cell, recalled, joined_after, hidden_gradient, cell_gradient, bias_gradient):
        one, units = FLOAT(1), previous_cell.shape[1]
        inputs = joined_after.shape[1] - units
        for episode in range(gates.shape[0]):
            row = gates[episode]
            input_gate, forget_gate = row[:units], row[units : 2 * units]
            output_gate, candidate = row[2 * units : 3 * units], row[row.shape[0] - units :]
            old, activity = previous_cell[episode], joined_after[episode, inputs:]
            hidden, carried = hidden_gradient[episode], cell_gradient[episode]
            if recalling:
                reinstatement_gate, stored = row[3 * units : 4 * units], recalled[episode]
            for unit in range(units):
                i, f, o, candid = input_gate[unit], forget_gate[unit], output_gate[unit], candidate[unit]
                # The cell's tanh, since a division is less work; a sigmoid here is never below the least normal number.
                squashed = activity[unit] / o
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


differentiate_lstm, differentiate_recalling = _differentiation(False), _differentiation(True)


@kernel
@no_type_check
def activate_gru(gates, bias, joined, joined_after):
    """Of the candidate its drive from the hidden state stays, since the way back needs it."""
    one, units = FLOAT(1), gates.shape[1] // 4
    inputs = joined.shape[1] - units
    candidate_bias, hidden_bias = bias[2 * units : 3 * units], bias[3 * units :]
    for episode in range(gates.shape[0]):
        row = gates[episode]
        for column in range(2 * units):
            row[column] = sigmoid(row[column] + bias[column])
        reset, update = row[:units], row[units : 2 * units]
        candidate, from_hidden = row[2 * units : 3 * units], row[3 * units :]
        old, new = joined[episode, inputs:], joined_after[episode, inputs:]
        for unit in range(units):
            z = update[unit]
            from_hidden[unit] += hidden_bias[unit]
            candidate[unit] = tanh(candidate[unit] + candidate_bias[unit] + reset[unit] * from_hidden[unit])
            new[unit] = (one - z) * candidate[unit] + z * old[unit]


@kernel
@no_type_check
def differentiate_gru(gates, joined, hidden_gradient, carried, bias_gradient):
    one, units = FLOAT(1), gates.shape[1] // 4
    inputs = joined.shape[1] - units
    for episode in range(gates.shape[0]):
        row, old = gates[episode], joined[episode, inputs:]
        reset, update = row[:units], row[units : 2 * units]
        candidate, from_hidden = row[2 * units : 3 * units], row[3 * units :]
        hidden, kept = hidden_gradient[episode], carried[episode]
        for unit in range(units):
            r, z, n, drive = reset[unit], update[unit], candidate[unit], from_hidden[unit]
            total = hidden[unit] + kept[unit]
            to_candidate = total * (one - z) * (one - n * n)
            to_drive = to_candidate * r
            update[unit] = total * z * (old[unit] - n) * (one - z)
            reset[unit] = to_drive * drive * (one - r)
            candidate[unit], from_hidden[unit] = to_candidate, to_drive
            kept[unit] = total * z
        for column in range(row.shape[0]):
            bias_gradient[column] += row[column]


@kernel
@no_type_check
def activate_vanilla(gates, bias, joined_after):
    units = gates.shape[1]
    for episode in range(gates.shape[0]):
        row, hidden = gates[episode], joined_after[episode, joined_after.shape[1] - units :]
        for unit in range(units):
            hidden[unit] = tanh(row[unit] + bias[unit])


@kernel
@no_type_check
def differentiate_vanilla(gates, joined_after, hidden_gradient, bias_gradient):
    units = gates.shape[1]
    for episode in range(gates.shape[0]):
        row, hidden = gates[episode], joined_after[episode, joined_after.shape[1] - units :]
        reaching = hidden_gradient[episode]
        for unit in range(units):
            row[unit] = reaching[unit] * (FLOAT(1) - hidden[unit] * hidden[unit])
            bias_gradient[unit] += row[unit]

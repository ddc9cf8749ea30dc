"""What each core does between its products, forward and back, as kernels; the equations are those of ``equations.py``.

Each works on one step of one subject, given its place in the activity: a tuple of ``joined``, ``gates``, ``cell`` and
``recalled``, as in ``Trace``; what a core lacks is empty. ``activate`` turns linear drives into gates, in place, and
writes the state after the step; ``differentiate`` replaces gates by the gradients of their drives, and takes what is
carried past them one step back. Inner loops run over rows of a single gate: only such loops become vector instructions.
"""

from __future__ import annotations

from typing import Any, NamedTuple, no_type_check

from pfc_metarl.base.kernels import FLOAT, kernel, wide_vectors
from pfc_metarl.network.core import GRU, LSTM, EpisodicLSTM, RecurrentCore, VanillaRNN
from pfc_metarl.network.fast.arithmetic import sigmoid, tanh


class Elements(NamedTuple):
    """A core's two kernels."""

    activate: Any
    differentiate: Any


def _lstm(recalling: bool) -> Elements:
    """Make the kernels of a core with a cell, which recalls or does not."""

    @kernel
    @no_type_check
    def activate(place, time, bias, activity):
        wide_vectors()
        joined, gates, cell, recalled = activity
        units = cell.shape[3]
        inputs, sigmoids = joined.shape[3] - units, gates.shape[3] - units
        for episode in range(gates.shape[2]):
            row = gates[place, time, episode]
            for column in range(sigmoids):
                row[column] = sigmoid(row[column] + bias[column])
            input_gate, forget_gate, output_gate = row[:units], row[units : 2 * units], row[2 * units : 3 * units]
            candidate, candidate_bias = row[sigmoids:], bias[sigmoids:]
            old, new = cell[place, time, episode], cell[place, time + 1, episode]
            hidden = joined[place, time + 1, episode, inputs:]
            if recalling:
                reinstatement_gate, stored = row[3 * units : 4 * units], recalled[place, time, episode]
            for unit in range(units):
                candidate[unit] = tanh(candidate[unit] + candidate_bias[unit])
                new[unit] = forget_gate[unit] * old[unit] + input_gate[unit] * candidate[unit]
                if recalling:
                    new[unit] += reinstatement_gate[unit] * stored[unit]
                hidden[unit] = output_gate[unit] * tanh(new[unit])

    @kernel
    @no_type_check
    def differentiate(place, time, activity, hidden_gradient, cell_gradient, bias_gradient):
        wide_vectors()
        joined, gates, cell, recalled = activity
        one, units = FLOAT(1), cell.shape[3]
        inputs = joined.shape[3] - units
        for episode in range(gates.shape[2]):
            row = gates[place, time, episode]
            input_gate, forget_gate = row[:units], row[units : 2 * units]
            output_gate, candidate = row[2 * units : 3 * units], row[row.shape[0] - units :]
            old, activity_after = cell[place, time, episode], joined[place, time + 1, episode, inputs:]
            hidden, carried = hidden_gradient[episode], cell_gradient[episode]
            if recalling:
                reinstatement_gate, stored = row[3 * units : 4 * units], recalled[place, time, episode]
            for unit in range(units):
                i, f, o, candid = input_gate[unit], forget_gate[unit], output_gate[unit], candidate[unit]
                # The cell's tanh, since a division is less work; a sigmoid here is never below the least normal number.
                squashed = activity_after[unit] / o
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

    return Elements(activate, differentiate)


@kernel
@no_type_check
def _activate_gru(place, time, bias, activity):
    """Of the candidate its drive from the hidden state stays, since the way back needs it."""
    wide_vectors()
    joined, gates = activity[0], activity[1]
    one, units = FLOAT(1), gates.shape[3] // 4
    inputs = joined.shape[3] - units
    candidate_bias, hidden_bias = bias[2 * units : 3 * units], bias[3 * units :]
    for episode in range(gates.shape[2]):
        row = gates[place, time, episode]
        for column in range(2 * units):
            row[column] = sigmoid(row[column] + bias[column])
        reset, update = row[:units], row[units : 2 * units]
        candidate, from_hidden = row[2 * units : 3 * units], row[3 * units :]
        old, new = joined[place, time, episode, inputs:], joined[place, time + 1, episode, inputs:]
        for unit in range(units):
            z = update[unit]
            from_hidden[unit] += hidden_bias[unit]
            candidate[unit] = tanh(candidate[unit] + candidate_bias[unit] + reset[unit] * from_hidden[unit])
            new[unit] = (one - z) * candidate[unit] + z * old[unit]


@kernel
@no_type_check
def _differentiate_gru(place, time, activity, hidden_gradient, carried, bias_gradient):
    wide_vectors()
    joined, gates = activity[0], activity[1]
    one, units = FLOAT(1), gates.shape[3] // 4
    inputs = joined.shape[3] - units
    for episode in range(gates.shape[2]):
        row, old = gates[place, time, episode], joined[place, time, episode, inputs:]
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
def _activate_vanilla(place, time, bias, activity):
    wide_vectors()
    joined, gates = activity[0], activity[1]
    units = gates.shape[3]
    inputs = joined.shape[3] - units
    for episode in range(gates.shape[2]):
        row, hidden = gates[place, time, episode], joined[place, time + 1, episode, inputs:]
        for unit in range(units):
            hidden[unit] = tanh(row[unit] + bias[unit])


@kernel
@no_type_check
def _differentiate_vanilla(place, time, activity, hidden_gradient, carried, bias_gradient):
    """Nothing is carried past the drives."""
    wide_vectors()
    joined, gates = activity[0], activity[1]
    units = gates.shape[3]
    inputs = joined.shape[3] - units
    for episode in range(gates.shape[2]):
        row, hidden = gates[place, time, episode], joined[place, time + 1, episode, inputs:]
        reaching = hidden_gradient[episode]
        for unit in range(units):
            row[unit] = reaching[unit] * (FLOAT(1) - hidden[unit] * hidden[unit])
            bias_gradient[unit] += row[unit]


ELEMENTS: dict[type[RecurrentCore], Elements] = {
    LSTM: _lstm(recalling=False),
    EpisodicLSTM: _lstm(recalling=True),
    GRU: Elements(_activate_gru, _differentiate_gru),
    VanillaRNN: Elements(_activate_vanilla, _differentiate_vanilla),
}

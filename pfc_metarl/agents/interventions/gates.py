"""Interventions on the gates of a recurrent core."""

from __future__ import annotations

from dataclasses import dataclass, field

from pfc_metarl.agents.interventions.intervention import Moment
from pfc_metarl.agents.interventions.units import OnUnits
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.core import Gates
from pfc_metarl.network.population import Population


@dataclass(frozen=True)
class ScaleGate(OnUnits):
    """A gate is opened less or more than the network would.

    Parameters
    ----------
    gate : name, of an LSTM "input", "forget", "output" or "candidate"; see ``RecurrentCore.gate_names``.
    factor : by which it is multiplied; 0 blocks it.
    """

    gate: str
    factor: float

    def on_gates(self, gates: Gates, moment: Moment) -> Gates:
        population = moment.population
        place = population.core.gate_names.index(self.gate)
        scaled = self.in_its_units(gates[place] * self.factor, gates[place], population)
        return (*gates[:place], scaled, *gates[place + 1 :])

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        known = population.core.gate_names
        if self.gate not in known:
            core = population.configuration.core
            raise ConfigurationError(f"a core of kind {core} has no gate '{self.gate}': there is {', '.join(known)}")


@dataclass(frozen=True)
class BlockGate(ScaleGate):
    """A gate stays shut: the same as scaling it by 0."""

    factor: float = field(default=0.0, init=False)

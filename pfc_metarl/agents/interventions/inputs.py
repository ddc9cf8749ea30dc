"""Interventions on the channels through which a network receives observation, action, reward and time."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.interventions.exchange import Exchange
from pfc_metarl.agents.interventions.intervention import Intervention, Moment
from pfc_metarl.agents.interventions.selection import Numbers, among, least
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.inputs import input_channels
from pfc_metarl.network.population import Population

Received = Float[Tensor, "subject episode input"]


@dataclass(frozen=True)
class OnInput(Intervention):
    """Acts on one channel of the input vector, or on some entries of it.

    An image is what the encoder makes of it; the reward is its prediction error where the network receives that.

    Parameters
    ----------
    channel : "observation", "action", "reward" or "time".
    entries : of the channel, from 0; all by default.
    """

    channel: str
    entries: Numbers | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        among(0, self.entries)

    def columns(self, population: Population) -> list[int]:
        """Places in the network's input vector."""
        place = input_channels(population.configuration, population.inputs, population.actions)[self.channel]
        return [column for entry, column in enumerate(place) if among(entry, self.entries)]

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        channels = input_channels(population.configuration, population.inputs, population.actions)
        if self.channel not in channels:
            raise ConfigurationError(f"the network has no input channel '{self.channel}': it has {', '.join(channels)}")
        last = len(channels[self.channel]) - 1
        if self.entries is not None and least(self.entries) > last:
            raise ConfigurationError(f"'{self}' means no entry of channel {self.channel}: it has entries 0 to {last}")


@dataclass(frozen=True)
class ReplaceInput(OnInput):
    """A channel always carries the same value.

    Parameters
    ----------
    value : in each of its entries.
    """

    value: float

    def on_input(self, received: Received, moment: Moment) -> Received:
        changed = received.clone()
        changed[..., self.columns(moment.population)] = self.value
        return changed


@dataclass(frozen=True)
class SilenceInput(ReplaceInput):
    """A channel carries zeros (Wang et al. 2016: without the reward choice falls to chance)."""

    value: float = field(default=0.0, init=False)


@dataclass(frozen=True)
class ShuffleInput(Exchange, OnInput):
    """A channel carries what another episode of the same subject receives in it, always the same episode.

    Its statistics and their course over the episode stay; what it has to do with this episode is gone.
    """

    def on_input(self, received: Received, moment: Moment) -> Received:
        columns, changed = self.columns(moment.population), received.clone()
        changed[..., columns] = self.of_partners(received[..., columns], moment)
        return changed

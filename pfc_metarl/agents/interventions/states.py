"""Interventions on the hidden state as a whole: reset, swap, transplant, freeze."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from pfc_metarl.agents.interventions.exchange import Exchange
from pfc_metarl.agents.interventions.intervention import Intervention, Moment
from pfc_metarl.agents.interventions.selection import among
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.reading import unreadable
from pfc_metarl.network.core import State
from pfc_metarl.network.population import Population


@dataclass(frozen=True)
class ResetState(Intervention):
    """The state is set back to that of the episode's start before each chosen step.

    The inputs stay: the network still receives its last action and reward.

    Parameters
    ----------
    paid : only in episodes in which the last action earned exactly this much, such as 1 at every goal of a maze;
        always by default.
    """

    paid: float | None = None

    def on_state(self, state: State, moment: Moment) -> State:
        if self.paid is None:
            return moment.initial()
        assert moment.senses is not None, "a state is received in at a step"
        there = (moment.senses.previous_reward == self.paid)[..., None]
        return tuple(torch.where(there, first, own) for first, own in zip(moment.initial(), state, strict=True))


@dataclass(frozen=True)
class SwapState(Exchange):
    """Before each chosen step every episode gets the state of another episode of the same subject."""

    def on_state(self, state: State, moment: Moment) -> State:
        return tuple(self.of_partners(part, moment) for part in state)


@dataclass(frozen=True)
class FreezeState(Intervention):
    """The state stays as it is through the chosen steps, whatever is received."""

    def on_activity(self, state: State, moment: Moment) -> State:
        return state if moment.before is None else moment.before


@dataclass(frozen=True)
class TransplantState(Intervention):
    """Before each chosen step the policy network gets the state of a donor.

    Subject by subject and episode by episode, in the order in which recordings keep them: epoch after epoch. A donor of
    fewer episodes is used again from its first.

    Parameters
    ----------
    donor : recording that holds the state (``hidden`` and, of an LSTM, ``cell``), or the file that it is in.
    donor_step : the state that the donor was in after this step. By default the one after the step before the
        chosen one, so that the donor's past takes the place of the subject's own; at step 0 there is none yet.
    group : name of the recording, where the file holds several.
    """

    donor: xr.Dataset | Path | str
    donor_step: int | None = None
    group: str | None = None

    @cached_property
    def states(self) -> xr.Dataset:
        """What the donor's recording holds of the state, in memory."""
        if isinstance(self.donor, xr.Dataset):
            return self.donor
        try:
            with xr.open_dataset(self.donor, engine="h5netcdf", group=self.group) as recording:
                return recording[[name for name in recording.data_vars if "unit" in recording[name].dims]].load()
        except (OSError, KeyError, ValueError) as error:
            raise StoredFileError(f"donor {unreadable(self.donor, error, self.group)}") from None

    def on_state(self, state: State, moment: Moment) -> State:
        assert moment.senses is not None, "a state is received in at a step"
        step = moment.senses.step - 1 if self.donor_step is None else self.donor_step
        if moment.critic or step < 0:
            return state
        if step >= self.states.sizes["step"]:
            raise ConfigurationError(f"'{self}': the donor has steps 0 to {self.states.sizes['step'] - 1}, not {step}")
        # Those that are stepped together stand at one place of their epochs, and a recording has all places in order.
        episodes = np.arange(state[0].shape[1]) * moment.senses.epoch + moment.position
        episodes %= self.states.sizes["episode"]
        # A subject that the donor lacks is one that is not concerned.
        donor = self.states.isel(step=step, episode=episodes).reindex(subject=list(moment.population.subjects))
        names = moment.population.core.state_names
        parts = (donor[name].transpose("subject", "episode", "unit").values for name in names)
        return tuple(torch.from_numpy(part).to(own) for part, own in zip(parts, state, strict=True))

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        missing = [name for name in population.core.state_names if name not in self.states]
        if missing:
            raise ConfigurationError(f"the donor's recording holds no '{missing[0]}': record it with all variables")
        units, own = self.states.sizes["unit"], population.configuration.units
        if units != own:
            raise ConfigurationError(f"the donor has {units} units and the network {own}: take one of the same size")
        concerned = [subject for subject in population.subjects if among(subject, self.subjects)]
        absent = sorted(set(concerned) - set(self.states["subject"].values.tolist()))
        if absent:
            raise ConfigurationError(f"the donor lacks subject {absent[0]}: choose others with subjects=")

"""Perturbations of a frozen network, composable and one line each."""

from __future__ import annotations

from abc import ABC
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.core import State
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Senses


class Intervention(ABC):  # noqa: B024  (every hook has a meaningful default: leave things as they are)
    """Changes what a network receives or the state it receives it in."""

    def on_senses(self, senses: Senses) -> Senses:
        """Return what the network is to receive instead."""
        return senses

    def on_state(self, state: State, senses: Senses, population: Population) -> State:
        """Return the state in which the network is to receive it; called for a separate critic too."""
        del senses, population
        return state

    def on_activity(self, state: State, population: Population) -> State:
        """Return the state that follows instead, before anything is read from it."""
        del population
        return state

    def on_error(self, error: Float[Tensor, "subject episode"], senses: Senses) -> Float[Tensor, "subject episode"]:
        """Return the prediction error that the policy network is to receive instead, where it receives one."""
        del senses
        return error


class SilenceReward(Intervention):
    """The previous reward always arrives as zero (Wang et al. 2016: choice falls to chance)."""

    def on_senses(self, senses: Senses) -> Senses:
        return replace(senses, previous_reward=torch.zeros_like(senses.previous_reward))


class SilenceAction(Intervention):
    """The previous action always arrives as zeros."""

    def on_senses(self, senses: Senses) -> Senses:
        return replace(senses, previous_action=torch.zeros_like(senses.previous_action))


class ResetState(Intervention):
    """The recurrent state is set back to the episode's initial state before every step.

    The inputs stay: the network still receives its last action and reward.
    """

    def on_state(self, state: State, senses: Senses, population: Population) -> State:
        return population.initial_state(state[0].shape[1])


class Lesion(Intervention):
    """A random share of the recurrent units falls silent: nothing hears them any more.

    Which units is drawn once per subject. Shares of the same seed are nested: a larger lesion
    contains the smaller one.

    Parameters
    ----------
    units : share of the units, from 0 to 1.
    seed : of the draw.
    """

    def __init__(self, units: float, seed: int = 0) -> None:
        if not 0 <= units <= 1:
            raise ConfigurationError(f"units is {units}: give the share of lesioned units, from 0 to 1")
        self.units = units
        self.seed = seed

    def on_activity(self, state: State, population: Population) -> State:
        hidden, *rest = state
        return (hidden * self._spared(population)[:, None], *rest)

    def _spared(self, population: Population) -> Float[Tensor, "subject unit"]:
        """1 for every unit that is left, 0 for the others."""
        rank = _rank(self.seed, population.subjects, population.configuration.units).to(population.device)
        return (rank >= round(self.units * rank.shape[-1])).float()


@lru_cache(maxsize=32)
def _rank(seed: int, subjects: tuple[int, ...], units: int) -> Int[Tensor, "subject unit"]:
    """The order in which each subject loses its units; asked for at every step, so it is drawn once and kept."""
    generators = Streams(seed, subjects, "evaluation").generators("lesion")
    return torch.from_numpy(np.stack([generator.permutation(units) for generator in generators]))

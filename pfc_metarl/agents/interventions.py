"""Perturbations of a frozen network, composable and one line each."""

from __future__ import annotations

from abc import ABC
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

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

"""Dopamine raised or lowered at chosen events, as light does it in an animal.

References
----------
Wang et al. (2018), Simulation 6 and Fig. 7; Stopper et al. (2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import LEFT, RIGHT

# Tells from what has just been sensed in which episodes the event happened.
Event = Callable[[Senses], Bool[Tensor, "subject episode"]]


@dataclass(frozen=True)
class LeverPaid:
    """A lever, left or right, was pressed and paid exactly this much.

    Where an invalid response costs something, "paid 0" is an omitted reward and nothing else.
    """

    reward: float

    def __call__(self, senses: Senses) -> Bool[Tensor, "subject episode"]:
        pressed = senses.previous_action[..., [LEFT, RIGHT]].sum(dim=-1) > 0
        return pressed & (senses.previous_reward == self.reward)


@dataclass(frozen=True)
class ShiftError(Intervention):
    """Adds ``amount`` to the prediction error that the policy network receives, whenever the event has happened.

    A negative amount blocks phasic dopamine, a positive one triggers it. The critic goes on
    receiving the true reward.
    """

    amount: float
    event: Event

    def on_error(self, error: Float[Tensor, "subject episode"], senses: Senses) -> Float[Tensor, "subject episode"]:
        return error + self.amount * self.event(senses)

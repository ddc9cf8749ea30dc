"""Dopamine raised or lowered at chosen events, as light does it in an animal.

References
----------
Wang et al. (2018), Simulation 6 and Fig. 7; Stopper et al. (2014).
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.agents.interventions.intervention import Intervention, Moment
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import LEFT, RIGHT


def lever_paid(senses: Senses, reward: float) -> Bool[Tensor, "subject episode"]:
    """Whether a lever, left or right, was pressed and paid exactly this much.

    Where an invalid response costs something, "paid 0" is an omitted reward and nothing else.
    """
    pressed = senses.previous_action[..., [LEFT, RIGHT]].sum(dim=-1) > 0
    return pressed & (senses.previous_reward == reward)


@dataclass(frozen=True)
class ShiftError(Intervention):
    """Adds to the prediction error that the policy network receives; the critic goes on receiving the true reward.

    Parameters
    ----------
    amount : a negative one blocks phasic dopamine, a positive one triggers it.
    paid : only where a lever, left or right, has just paid exactly this much; always by default.
    """

    amount: float
    paid: float | None = None

    def on_error(self, error: Float[Tensor, "subject episode"], moment: Moment) -> Float[Tensor, "subject episode"]:
        if self.paid is None:
            return error + self.amount
        assert moment.senses is not None, "an error belongs to a step"
        return error + self.amount * lever_paid(moment.senses, self.paid)

    def refuse_network(self, population: Population) -> None:
        super().refuse_network(population)
        if population.configuration.reward_signal != "error":
            raise ConfigurationError(
                "shift-error needs networks that receive their prediction error, as those of fig7 do: these receive "
                "the reward itself, which replace-input can change"
            )

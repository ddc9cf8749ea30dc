"""The family of tasks: ten arms of which one is good, in a context never met before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from pfc_metarl.tasks.barcode_bandit import BarcodeBandit, BarcodeBanditConfiguration, BarcodeBanditState
from pfc_metarl.tasks.task import TimeStep

ARMS = 10

# A problem's reward is averaged over blocks of so many pulls, an episode of the paper and of the episodic networks.
BLOCK = 10

# No life is as long: its problem stays the same.
FOR_LIFE = 1_000_000_000


class OneContext(BarcodeBandit):
    """Barcode bandits in which all of a life is spent in the same context, episode after episode."""

    def __init__(self, configuration: BarcodeBanditConfiguration) -> None:
        super().__init__(configuration)
        self.epoch = FOR_LIFE

    def start_at(
        self, position: int, uniform: Float[Tensor, "subject episode draw"]
    ) -> tuple[BarcodeBanditState, TimeStep]:
        del position
        return super().start_at(0, uniform)


@dataclass(frozen=True)
class World:
    """Bandits of one contrast.

    Attributes
    ----------
    name : in words.
    good, other : probability that the good arm pays, and that any other does.
    """

    name: str
    good: float
    other: float

    @property
    def chance(self) -> float:
        """Reward per pull of arms at random."""
        return (self.good + (ARMS - 1) * self.other) / ARMS

    def settings(self, pulls: int, exposures: int = 1) -> dict[str, Any]:
        """Settings of the task, in episodes of so many pulls."""
        payoffs = {"good_probability": self.good, "other_probability": self.other}
        return {"contexts": ARMS, "arms": ARMS, "pulls": pulls, "exposures": exposures, **payoffs}

    def one_context(self, pulls: int) -> OneContext:
        """Make the task of a life in one context, in episodes of so many pulls."""
        return OneContext(BarcodeBanditConfiguration(**self.settings(pulls)))

    def new_contexts(self, pulls: int) -> BarcodeBandit:
        """Make the task in which every episode is spent in a context of its own."""
        task = BarcodeBandit(BarcodeBanditConfiguration(**self.settings(pulls)))
        # An epoch ends with its first episode, so that nothing comes back.
        task.epoch = 1
        return task

    def recurring(self, exposures: int) -> BarcodeBandit:
        """Make the task in which ten contexts are met so often, ten pulls at a time, in a random order."""
        return BarcodeBandit(BarcodeBanditConfiguration(**self.settings(BLOCK, exposures)))


# Outside, an arm that paid is not known to be good, and one that did not pay is not known to be poor: what was
# learned about the worlds inside, "stay with what paid", is wrong there. With payoffs reversed (.1 and .9) nine arms
# of ten would be good, and every learner at the criterion from the start.
WORLDS = {
    "inside": World("inside: .9 and .1", 0.9, 0.1),
    "outside": World("outside: .6 and .3", 0.6, 0.3),
}

"""Reference learners for the episodic two-step task, with a perfect memory of its trials or with none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.episodic_two_step import EpisodicTwoStep
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import STAGE_1


@dataclass(frozen=True)
class Trial:
    """What stage 2 showed: the context, whether the second-stage state was B, and whether it paid."""

    context: Float[Tensor, "subject episode bit"]
    at_b: Bool[Tensor, "subject episode"]
    paid: Bool[Tensor, "subject episode"]


@dataclass(frozen=True)
class Recollection:
    """What such a learner knows.

    Attributes
    ----------
    believed_b : probability that B is the good state.
    cue : shown in the present trial.
    trials : those of this episode, in order.
    """

    believed_b: Float[Tensor, "subject episode"]
    cue: Float[Tensor, "subject episode bit"] | None = None
    trials: tuple[Trial, ...] = ()


class EpisodicTwoStepAgent(Agent):
    """Know the rules, filter which state is good, remember trials, and choose what is likelier to pay now.

    An outcome drawn anew tells as much about both states, so there is nothing to explore but on cued trials: there
    one that comes back tells nothing, for which this learner gives nothing up.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.
    remembers : false for a learner that takes no notice of cues in its choices.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not the episodic two-step task with the same rules.
    """

    def __init__(self, task: EpisodicTwoStep, subjects: Sequence[int] | int, remembers: bool = True) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.task = task
        self.remembers = remembers

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not (isinstance(task, EpisodicTwoStep) and task.configuration == self.task.configuration):
            raise ConfigurationError("this learner knows other rules: make it with the task that it is to play")

    def begin(self, episodes: int) -> Recollection:
        return Recollection(torch.full((len(self.subjects), episodes), 0.5, dtype=torch.float64))

    def respond(self, memory: Recollection, senses: Senses, uniform: Tensor) -> Response:
        bits = self.task.configuration.bits
        if senses.phases[senses.step % len(senses.phases)] == STAGE_1:
            cue = senses.observation[..., :bits]
            worth = self._worth(memory, cue)
            return Response(choose_highest(worth, uniform[..., 0]), replace(memory, cue=cue))
        context, at_b = senses.observation[..., bits : 2 * bits], senses.observation[..., -1] > 0
        trial = Trial(context, at_b, senses.previous_reward > 0)
        memory = Recollection(self._learned(memory, trial), trials=(*memory.trials, trial))
        return Response(torch.zeros_like(at_b, dtype=torch.int64), memory)

    def _worth(
        self, memory: Recollection, cue: Float[Tensor, "subject episode bit"]
    ) -> Float[Tensor, "subject episode side"]:
        """Probability that left and right pay."""
        rules = self.task.configuration
        b_pays = memory.believed_b * rules.reward_probability + (1 - memory.believed_b) * (1 - rules.reward_probability)
        pays = torch.stack([1 - b_pays, b_pays], dim=-1)
        for trial in memory.trials if self.remembers else ():
            there = torch.stack([~trial.at_b, trial.at_b], dim=-1) & (trial.context == cue).all(-1, keepdim=True)
            pays = torch.where(there, trial.paid[..., None].to(pays), pays)
        # Equal but for rounding is equal.
        return (rules.common * pays + (1 - rules.common) * pays.flip(-1)).round(decimals=9)

    def _learned(self, memory: Recollection, trial: Trial) -> Float[Tensor, "subject episode"]:
        """Bayes' rule on an outcome that was drawn anew, and then perhaps good and bad swap."""
        rules = self.task.configuration
        high, hazard = rules.reward_probability, rules.switch_probability
        # B pays with the high probability if it is good; A then pays with the low one.
        if_b = torch.where(trial.paid == trial.at_b, high, 1 - high).to(memory.believed_b)
        b_good, a_good = memory.believed_b * if_b, (1 - memory.believed_b) * (1 - if_b)
        returned = (trial.context == memory.cue).all(dim=-1)
        believed = torch.where(returned, memory.believed_b, b_good / (b_good + a_good))
        return believed * (1 - hazard) + (1 - believed) * hazard

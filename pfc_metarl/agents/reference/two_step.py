"""The best there is in the two-step task: Bayes' rule over which second-stage state is good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import STAGE_1, STAGE_2, TwoStep


@dataclass(frozen=True)
class Filtered:
    """What the learner remembers.

    Attributes
    ----------
    believed_b : probability that B is the good state.
    at_b : whether the last second-stage state was B.
    """

    believed_b: Float[Tensor, "subject episode"]
    at_b: Bool[Tensor, "subject episode"]


class TwoStepOptimalAgent(Agent):
    """Know the task's rules, filter which state is good, and choose what is likelier to pay.

    Nothing is gained by exploring: the good state pays with p and the other with 1 - p, so that an outcome
    tells as much about both, whichever is visited. So the choice that earns most now is the best.

    Parameters
    ----------
    task : whose rules it knows.
    subjects : index of each subject, or how many there are.

    Raises
    ------
    ConfigurationError
        When playing, if the task is not the two-step task with the same rules.

    References
    ----------
    Miller, Botvinick & Brody (2017), on the task; Wang et al. (2018), Simulation 4.
    """

    def __init__(self, task: TwoStep, subjects: Sequence[int] | int) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.task = task

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not (isinstance(task, TwoStep) and task.configuration == self.task.configuration):
            raise ConfigurationError("this learner knows other rules: make it with the task that it is to play")

    def begin(self, episodes: int) -> Filtered:
        shape = (len(self.subjects), episodes)
        return Filtered(torch.full(shape, 0.5, dtype=torch.float64), torch.zeros(shape, dtype=torch.bool))

    def respond(self, memory: Filtered, senses: Senses, uniform: Tensor) -> Response:
        place = senses.step % len(senses.phases)
        if senses.step and not place:
            memory = Filtered(self._learned(memory, senses.previous_reward > 0), memory.at_b)
        action = torch.full(memory.at_b.shape, CENTRE)
        if senses.phases[place] == STAGE_1:
            action = choose_highest(self._worth(memory.believed_b), uniform[..., 0])
        elif senses.phases[place] == STAGE_2:
            memory = Filtered(memory.believed_b, senses.observation[..., -1] > 0)
        return Response(action, memory)

    def _worth(self, believed_b: Float[Tensor, "subject episode"]) -> Float[Tensor, "subject episode side"]:
        """Probability that left and right pay."""
        rules = self.task.configuration
        high = rules.reward_probability
        leads_to_good = rules.common * believed_b + (1 - rules.common) * (1 - believed_b)
        right = leads_to_good * high + (1 - leads_to_good) * (1 - high)
        return torch.stack([1 - right, right], dim=-1)

    def _learned(self, memory: Filtered, paid: Bool[Tensor, "subject episode"]) -> Float[Tensor, "subject episode"]:
        """Bayes' rule on a trial's outcome, and then perhaps good and bad swap."""
        rules = self.task.configuration
        high, hazard = rules.reward_probability, rules.switch_probability
        # B pays with the high probability if it is good; A then pays with the low one.
        if_b = torch.where(paid == memory.at_b, high, 1 - high).to(memory.believed_b)
        b_good, a_good = memory.believed_b * if_b, (1 - memory.believed_b) * (1 - if_b)
        believed = b_good / (b_good + a_good)
        return believed * (1 - hazard) + (1 - believed) * hazard

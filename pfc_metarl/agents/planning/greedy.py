"""Planners that take their best guess for the truth: greedy, epsilon-greedy, and random for comparison."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.planning.experience import Experience, Prior
from pfc_metarl.agents.planning.planner import Plan, Planner
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.planning import optimal_action_values


class RandomPlanner(Planner):
    """Every action is always as likely: the level of no learning."""

    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        del uniform
        return torch.zeros_like(experience.choices)[:, :, None].expand(-1, -1, horizon, -1, -1)


class GreedyPlanner(Planner):
    """Plan in the posterior's mean, and never explore on purpose.

    References
    ----------
    Duan et al. (2016), section 3.2, who speak of the MAP estimate. The code behind those learners, TabulaRL of
    Osband & Van Roy (2016), calls the posterior's mean so.
    """

    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        del uniform
        return optimal_action_values(experience.mean_reward, experience.mean_transition, horizon)


class EpsilonGreedyPlanner(GreedyPlanner):
    """Take any action at random with a fixed probability, and otherwise the best in the posterior's mean.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    prior : what it believes of worlds beforehand; the truth, if not given.
    exploration : epsilon, the probability of a random action, from 0 to 1.

    References
    ----------
    Duan et al. (2016), section 3.2.
    """

    choice_draws = 2

    def __init__(self, subjects: Sequence[int] | int, prior: Prior | None = None, exploration: float = 0.1) -> None:
        super().__init__(subjects, prior)
        if not 0 <= exploration <= 1:
            raise ConfigurationError(f"exploration is {exploration}: epsilon is a probability, from 0 to 1")
        self.exploration = exploration

    def preference(
        self, plan: Float[Tensor, "subject episode action"], uniform: Tensor
    ) -> Float[Tensor, "subject episode action"]:
        # Where all scores are equal, every action is as likely.
        return torch.where(uniform < self.exploration, 0.0, plan)

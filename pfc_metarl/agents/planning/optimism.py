"""Planners that are optimistic about what they know little of: an exploration bonus, and upper confidence bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.planning.experience import Experience, Prior
from pfc_metarl.agents.planning.planner import Plan, Planner
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.planning import (
    ActionValue,
    StateValue,
    backward_induction,
    expected_value,
    optimal_action_values,
)

# Probability with which the confidence bounds of UCRL2 may fail.
RISK = 0.05


class BonusPlanner(Planner):
    r"""Plan in the posterior's mean with a bonus for what was rarely tried, :math:`\beta / (1 + n(s, a))`.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    prior : what it believes of worlds beforehand; the truth, if not given.
    bonus : beta, at least 0, in units of reward.

    References
    ----------
    Kolter & Ng (2009), ICML, "Near-Bayesian exploration in polynomial time": Bayesian exploration bonus (BEB).
    """

    def __init__(self, subjects: Sequence[int] | int, prior: Prior | None = None, bonus: float = 1.0) -> None:
        super().__init__(subjects, prior)
        if not bonus >= 0:
            raise ConfigurationError(f"bonus is {bonus}: an exploration bonus is 0 or more")
        self.bonus = bonus

    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        del uniform
        reward = experience.mean_reward + self.bonus / (1 + experience.choices)
        return optimal_action_values(reward, experience.mean_transition, horizon)


class UpperConfidencePlanner(Planner):
    r"""Plan in the best world that is plausible, by extended value iteration (UCRL2) over a trial.

    Mean rewards may exceed their estimate by :math:`c \sqrt{7 \ln(2 S A t / \rho) / (2 n)}`, and transitions may
    differ from theirs, in the sum of absolute differences, by :math:`c \sqrt{14 S \ln(2 A t / \rho) / n}`, with n the
    times that the action was taken in the state, at least 1, t the number of steps so far and :math:`\rho = .05`.
    Estimates are the posterior's, from the priors. With c = 1 the bounds are those of the theorem, which hardly
    narrow in so few trials; Duan et al. tuned their learners, so c is the setting.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    prior : what it believes of worlds beforehand; the truth, if not given.
    confidence : c, at least 0.

    References
    ----------
    Jaksch, Ortner & Auer (2010), JMLR 11:1563, Figs. 1 and 2, equations 3 and 4.
    """

    def __init__(self, subjects: Sequence[int] | int, prior: Prior | None = None, confidence: float = 1.0) -> None:
        super().__init__(subjects, prior)
        if not confidence >= 0:
            raise ConfigurationError(f"confidence is {confidence}: the width of confidence bounds is 0 or more")
        self.confidence = confidence

    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        del uniform
        tried = experience.choices.clamp(min=1)
        step = max(1.0, float(experience.choices[0, 0].sum()))
        logarithm = math.log(2 * self.prior.actions * step / RISK)
        width = self.confidence * (7 * (logarithm + math.log(self.prior.states)) / (2 * tried)).sqrt()
        distance = self.confidence * (14 * self.prior.states * logarithm / tried).sqrt()

        def expect(value: StateValue) -> ActionValue:
            return expected_value(optimistic_transition(experience.mean_transition, distance, value), value)

        return backward_induction(experience.mean_reward + width, expect, horizon)


def optimistic_transition(
    transition: Float[Tensor, "*batch state action following"],
    distance: Float[Tensor, "*batch state action"],
    value: Float[Tensor, "*batch following"],
) -> Float[Tensor, "*batch state action following"]:
    """Move as much probability as allowed to the most valuable state, taken from the least valuable ones.

    Parameters
    ----------
    transition : estimated probabilities.
    distance : the largest allowed sum of absolute differences from them.
    value : of each following state.

    References
    ----------
    Jaksch, Ortner & Auer (2010), Fig. 2.
    """
    order = value.argsort(dim=-1)[..., None, None, :].expand_as(transition)
    rising = transition.gather(-1, order)
    best = (rising[..., -1] + distance / 2).clamp(max=1)
    # From the best state down, each keeps its probability as long as all together stay within 1.
    others = rising[..., :-1].flip(-1)
    room = (1 - best)[..., None] - (others.cumsum(dim=-1) - others)
    kept = torch.minimum(others, room.clamp(min=0)).flip(-1)
    return torch.empty_like(transition).scatter_(-1, order, torch.cat([kept, best[..., None]], dim=-1))

"""Rules that need no table: random, win-stay-lose-shift, greedy, epsilon-greedy and upper confidence bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses


class RandomAgent(CountingAgent):
    """Every arm is always as likely: the level of no learning."""

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses, uniform
        return torch.zeros_like(counts.successes)


class WinStayLoseShiftAgent(CountingAgent):
    """Repeat an arm that paid; leave one that did not, for any of the others at random.

    References
    ----------
    Robbins (1952), Bulletin of the American Mathematical Society 58:527.
    """

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del counts, uniform
        # The last arm stands above the others after a win, below them after a loss.
        return senses.previous_action * (2 * senses.previous_reward - 1)[..., None]


class GreedyAgent(CountingAgent):
    """Take the arm with the highest posterior mean under a uniform prior, and never explore on purpose."""

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses, uniform
        return counts.posterior_mean


class EpsilonGreedyAgent(CountingAgent):
    """Take any arm at random with a fixed probability, and otherwise the one with the highest posterior mean.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.
    exploration : epsilon, the probability of a random arm, from 0 to 1.

    References
    ----------
    Compared with networks in Duan et al. (2016), section 3.1.
    """

    choice_draws = 2

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2, exploration: float = 0.1) -> None:
        super().__init__(subjects, arms)
        if not 0 <= exploration <= 1:
            raise ConfigurationError(f"exploration is {exploration}: epsilon is a probability, from 0 to 1")
        self.exploration = exploration

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses
        # Where all scores are equal, every arm is as likely.
        return torch.where(uniform < self.exploration, 0.0, counts.posterior_mean)


class UpperConfidenceAgent(CountingAgent):
    r"""Upper confidence bound: take the highest :math:`\bar r_a + \sqrt{\chi \ln t / n_a}`, each arm once first.

    n_a counts the choices of arm a, of which it paid the fraction r_a; t counts all choices so far.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.
    exploration : chi, at least 0. 2 is UCB1; 1 is the value of Wang et al. (2016).

    References
    ----------
    Auer, Cesa-Bianchi & Fischer (2002), Machine Learning 47:235, UCB1. Wang et al. (2016), section 3.1.
    """

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2, exploration: float = 1.0) -> None:
        super().__init__(subjects, arms)
        if not exploration >= 0:
            raise ConfigurationError(f"exploration is {exploration}: the UCB bonus needs a factor of 0 or more")
        self.exploration = exploration

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses, uniform
        chosen = counts.choices
        # Before the first choice there is no logarithm, but then no bonus counts either.
        trial = chosen.sum(dim=-1, keepdim=True).clamp(min=1)
        bonus = (self.exploration * trial.log() / chosen).sqrt()
        return torch.where(chosen == 0, math.inf, counts.successes / chosen + bonus)


class PriorUpperConfidenceAgent(CountingAgent):
    r"""Upper confidence bound that begins with one success and one failure of every arm.

    The highest :math:`\hat\mu_a + c \sqrt{2 \ln t / T_a}` is taken, with the posterior mean for
    :math:`\hat\mu_a`, the number of outcomes T_a, those two among them, and the present choice's number t.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.
    exploration : c, at least 0.

    References
    ----------
    Duan et al. (2016), section 3.1, "UCB1"; they tuned c for every number of arms and choices.
    """

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2, exploration: float = 0.2) -> None:
        super().__init__(subjects, arms)
        if not exploration >= 0:
            raise ConfigurationError(f"exploration is {exploration}: the UCB bonus needs a factor of 0 or more")
        self.exploration = exploration

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del uniform
        present = math.log(senses.step + 1)
        return counts.posterior_mean + self.exploration * (2 * present / (2 + counts.choices)).sqrt()
